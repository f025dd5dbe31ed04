"""The command `record`: a film of a run's policy."""

from __future__ import annotations

import functools
import pathlib

from maxent_tf import policies
from maxent_tf.checks import as_integer
from maxent_tf.cli import runs
from maxent_tf.cli.command import call
from maxent_tf.cli.environments import rendered_id
from maxent_tf.cli.extras import require


def record(
    run: pathlib.Path,
    /,
    *,
    episodes: int = 1,
    sampled: bool = False,
    seed: int = 0,
    output: pathlib.Path | None = None,
) -> None:
    """Film the policy that a run has stored, in its Gymnasium environment.

    An in-graph environment is filmed in the environment of Gymnasium that it follows, if there is
    one. The films are MP4 files, one for each episode.

    Args:
      run: The folder of the run.
      episodes: The number of episodes.
      sampled: Draw the actions, instead of taking the greedy ones.
      seed: The seed of the first episode; later ones count on.
      output: The folder for the films; None for videos in the folder of the run. Films of the same
        seeds that are there are replaced.
    """
    as_integer("episodes", episodes)
    env_id = rendered_id(runs.read_settings(run).env)
    runs.read_evaluation(run)  # the policy is stored when the run has ended
    for module in ("moviepy", "pygame"):
        require(module, "video")
    import gymnasium

    folder = run / "videos" if output is None else output
    env = gymnasium.wrappers.RecordVideo(
        gymnasium.make(env_id, render_mode="rgb_array"),
        str(folder),
        episode_trigger=lambda _: True,
        name_prefix=f"seed-{seed}-{'sampled' if sampled else 'greedy'}",
    )
    policy = policies.load(run / runs.POLICY, env)
    for episode in range(episodes):
        observation, _ = env.reset(seed=seed + episode)
        policy.reset()
        done, step, total = False, 0, 0.0
        while not done:
            action = policy(observation, seed=[seed + episode, step] if sampled else None)
            observation, reward, terminated, truncated, _ = env.step(action)
            done, step, total = terminated or truncated, step + 1, total + float(reward)
        print(f"episode {episode}: {step} steps, return {total:.4g}")
    env.close()
    print(f"wrote {folder}")


main = functools.partial(call, record)
