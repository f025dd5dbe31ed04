"""Training: one function for in-graph environments and for Gymnasium's."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Mapping
from typing import Any

from maxent_tf.learners import Learner
from maxent_tf.training.callback import Callback
from maxent_tf.training.result import TrainResult
from maxent_tf.training.trainer import Trainer


def train(
    learner: Learner,
    env: Any,
    num_steps: int,
    seed: Any = 0,
    *,
    num_envs: int = 1,
    compile: str = "auto",
    records: int = 100,
    progress: bool = False,
    log_dir: str | pathlib.Path | None = None,
    state: Any = None,
    normalize_observation: bool = False,
    normalize_reward: bool = False,
    callback: Callback | None = None,
    max_seconds: float = math.inf,
    checkpoint_dir: str | pathlib.Path | None = None,
    checkpoint_every: int = 1,
    eval_every: int | None = None,
    eval_episodes: int = 10,
    eval_env: Any = None,
    env_kwargs: Mapping[str, Any] | None = None,
) -> TrainResult:
    """Trains a learner, or a batch of learners, on an environment.

    On an environment of this package, acting and learning run together in one compiled program. A
    Gymnasium environment runs on the host, with one or two compiled calls for each step.

    With a `checkpoint_dir`, training can be resumed: the same call goes on from the last checkpoint
    of an interrupted run, and trains further if `num_steps` is larger now. On in-graph environments
    and the CPU, the resumed run then gives the same numbers, to the bit, as an uninterrupted run.
    Gymnasium environments start new episodes; learners, optimisers, temperatures and the replay
    buffer are as they were.

    Args:
      learner: The learner to train. With batch shape `P`, every learner has its own environments.
      env: One of `maxent_tf.environments`, or of Gymnasium an id, an environment, a function that
        makes an environment, or a vector environment of exactly (number of learners x `num_envs`)
        environments, in any autoreset mode. If more than one environment is needed, they are made
        by the id or the function, or again from the `spec` of the environment, which knows its
        wrappers, but not what was changed in it later.
      num_steps: The number of steps that each learner takes, over all its environments. It is
        rounded up to whole iterations. One iteration of an on-policy learner is a rollout of all
        environments; one of an off-policy learner is a step of all environments.
      seed: An integer, or a seed of shape [2], int32. On a CPU, the same seed gives the same
        numbers, to the bit.
      num_envs: The number of parallel environments of each learner.
      compile: How programs are compiled: "xla", "graph", "eager", or "auto" for the mode that was
        measured to be the fastest.
      records: The number of points of history to keep, evenly spaced.
      progress: Whether to show a progress bar, which needs tqdm, with as many of the most important
        metrics as the terminal has room for.
      log_dir: The directory for TensorBoard scalars, averaged over learners, which need
        TensorBoard, and for `metrics.csv`, with the metrics of every learner; None writes neither.
        The scalars are grouped: "rollout/episode_return", "train/entropy", "time/...". The file
        `config.json` describes the run. A directory with the records of another run is refused.
        A run that resumes from its `checkpoint_dir` goes on in its own `log_dir`.
      state: The state of the learners to start from, or a result that has it; None draws a fresh
        state. Optimisers, temperatures, schedules and running statistics go on from the state. The
        replay buffer, the random steps of `learning_starts`, the schedule of `Priorities.beta`, the
        history and the count of steps begin anew: a `checkpoint_dir` keeps these, too. The parts,
        shapes and dtypes of the state must be those of the learner's own. What no shape shows, such
        as the activation function, cannot be compared (`load` compares the whole configuration of a
        checkpoint).
      normalize_observation: Whether learners receive observations minus their running mean, divided
        by their running standard deviation. Each `Box` of a dict is normalised by itself. See
        `Normalized`.
      normalize_reward: Whether learners receive rewards divided by the running standard deviation
        of the return, discounted by the learner's own discount factor. See `Normalized`.
      callback: A function that is called at every record with the number of steps of each learner,
        the record's metrics by name, [*P] each, and the state of the learners. It returns "stop" to
        end training there, None, a mapping of further metrics by name (finite numbers, or arrays
        of shape [*P], which become part of the record), or a `SetAlpha`, with which the learners go
        on at another temperature. TensorBoard has a metric whose name has a "/" under just this
        name.
      max_seconds: The duration of this call, in seconds, after which training ends at the next
        record.
      checkpoint_dir: The directory of the checkpoints; None keeps no checkpoints. If it holds a
        checkpoint that can be read, the newest one is loaded first, and `state` is ignored.
      checkpoint_every: The number of steps of each learner between checkpoints, rounded up to whole
        records. There is always a checkpoint at the end.
      eval_every: The number of steps of each learner between evaluations, each of which takes place
        at the next record; None for no evaluations. An evaluation plays whole episodes of the
        greedy policy and as many of the sampled one, in environments of its own and from seeds of
        its own: training gives the same numbers with it, to the bit, as without.
      eval_episodes: The number of episodes of each learner and kind.
      eval_env: The environment to evaluate in, as for `evaluate`; None makes others like `env`,
        which is possible unless `env` is a vector environment, or one without a `spec`.
      env_kwargs: The arguments with which a Gymnasium id, or a function, makes an environment.

    Returns:
      The final state and the history, see `TrainResult`.

    Raises:
      TypeError: If `learner` is not a learner, or `env` not an environment.
      ValueError: If the environment or the state does not fit the learner, or an argument is out of
        range; if `log_dir` holds the records of another run; if a Gymnasium environment returns
        NaN, infinity, another shape or a discrete value outside of its space; or if a vector
        environment lacks final observations or is reset by another run.
      RuntimeError: If a Gymnasium environment raises an error.
      NonFiniteError: If a loss, a gradient or a parameter becomes NaN or infinite.
      CheckpointError: If a checkpoint cannot be written, none can be read, another run writes to
        `checkpoint_dir`, or the checkpoints in it are of another run.
    """
    trainer = Trainer(
        learner,
        env,
        seed,
        num_envs=num_envs,
        compile=compile,
        state=state,
        normalize_observation=normalize_observation,
        normalize_reward=normalize_reward,
        checkpoint_dir=checkpoint_dir,
        env_kwargs=env_kwargs,
    )
    with trainer:
        return trainer.run(
            num_steps,
            records=records,
            progress=progress,
            log_dir=log_dir,
            callback=callback,
            max_seconds=max_seconds,
            checkpoint_every=checkpoint_every,
            eval_every=eval_every,
            eval_episodes=eval_episodes,
            eval_env=eval_env,
        )
