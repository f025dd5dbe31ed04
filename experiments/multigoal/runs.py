"""The measurements: the learners of a sweep, trained as one program, and where they go."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.multigoal.sweep import DISCOUNT, Sweep, make_world
from maxent_tf import draws
from maxent_tf.environments.multi_goal import GOALS
from maxent_tf.optimizers import Adam
from maxent_tf.seeds import as_seed
from maxent_tf.training import rollout
from maxent_tf.types import Transition

Arrays = dict[str, np.ndarray]

# The entry in place of a goal, where an episode was truncated before it reached one.
NONE = -1


class Paths(NamedTuple):
    """The first episode in every environment.

    Attributes:
      position: [T + 1, ..., 2], the positions from the start on; after the end of the episode the
        position stays.
      goal: [...], int, the index of the goal that was reached, or `NONE`.
      total_reward: [...], the undiscounted sum of the episode's rewards.
    """

    position: np.ndarray
    goal: np.ndarray
    total_reward: np.ndarray


def first_episodes(trajectory: Transition) -> Paths:
    """Cuts a trajectory at the first end of an episode in every environment.

    Args:
      trajectory: The trajectory, with fields [T, ...], in which an episode ends in every
        environment.
    """
    start, moved, terminated, truncated = (
        np.asarray(x)
        for x in (
            trajectory.observation[:1],
            trajectory.next_observation,
            trajectory.terminated,
            trajectory.truncated,
        )
    )
    last = np.argmax(terminated | truncated, axis=0)
    times = np.arange(len(moved) + 1).reshape(-1, *[1] * last.ndim)
    held = np.minimum(times, last + 1)[..., None]
    position = np.take_along_axis(np.concatenate([start, moved]), held, axis=0)
    arrived = np.take_along_axis(terminated, last[None], axis=0)[0]
    distance = np.sum((position[-1][..., None, :] - GOALS) ** 2, axis=-1)
    running = times[:-1] <= last
    return Paths(
        position,
        np.where(arrived, np.argmin(distance, axis=-1), NONE),
        np.sum(running * np.asarray(trajectory.reward), axis=0),
    )


def make_learner(sweep: Sweep) -> mx.learners.SQL | mx.learners.SAC:
    """Returns the learners of a sweep, of batch shape [alphas, seeds]."""
    spec, shape = make_world(sweep.costs).spec, (len(sweep.alphas), sweep.seeds)
    shared: dict[str, Any] = {
        "hidden_sizes": sweep.hidden_sizes,
        "critic_optimizer": Adam(sweep.learning_rate),
        "discount": DISCOUNT,
        "tau": sweep.tau,
        "alpha": np.asarray(sweep.alphas, np.float32)[:, None],
        "batch_size": sweep.batch_size,
        "replay_capacity": sweep.steps,
        "learning_starts": sweep.learning_starts,
    }
    actor = Adam(sweep.learning_rate)
    if sweep.learner == "sac":
        return mx.learners.SAC(
            spec, mx.learners.SACConfig(actor_optimizer=actor, **shared), batch_shape=shape
        )
    config = mx.learners.SQLConfig(
        sampler_optimizer=actor,
        num_particles=sweep.num_particles,
        num_value_samples=sweep.num_particles,
        **shared,
    )
    return mx.learners.SQL(spec, config, batch_shape=shape)


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep and follows their policies.

    Args:
      sweep: The constants.
      progress: Whether to show a progress bar.

    Returns:
      "goal", [alphas, seeds, rollouts], the goal that each rollout reached, or `NONE`; "return",
      [alphas, seeds, rollouts], the undiscounted sum of the rewards of each rollout; and, of the
      first learner at each temperature, "position", [alphas, 31, drawn, 2], its paths; "q",
      [alphas, resolution, resolution], the values of its critic at the origin, with the second
      dimension of the action first; "action", [alphas, rollouts, 2], draws of its policy there.
    """
    world, learner = make_world(sweep.costs), make_learner(sweep)
    train_seed, world_seed, walk_seed, draw_seed = tf.unstack(draws.split(as_seed(sweep.seed), 4))
    result = mx.train(learner, world, sweep.steps, seed=train_seed, records=1, progress=progress)

    @tf.function(autograph=False)
    def walk() -> Transition:
        worlds = rollout.begin(learner, world, sweep.rollouts, world_seed)
        whole = mx.learners.OnPolicy(world.max_episode_steps)
        return rollout.collect(
            learner, result.state, world, worlds, whole, walk_seed, walk_seed, tf.constant(0)
        )[1]

    paths = first_episodes(walk())
    origin = tf.zeros([*learner.batch_shape, 1, 2])
    actions = learner.policy(result.state, origin).sample(sweep.rollouts, seed=draw_seed)
    return {
        "goal": paths.goal,
        "return": paths.total_reward,
        "position": np.moveaxis(paths.position[:, :, 0, : sweep.drawn], 0, 1),
        "q": critic_at_origin(learner, result.state, sweep.resolution),
        "action": np.moveaxis(actions.numpy()[:, :, 0, 0], 0, 1),
    }


def critic_at_origin(
    learner: mx.learners.SQL | mx.learners.SAC, state: Any, resolution: int
) -> np.ndarray:
    """Returns the critic of the first learner at each temperature, over actions at the origin.

    The actions are in [-1, 1]^2.

    Returns:
      [alphas, resolution, resolution], with the second dimension of the action first, as in a
      picture.
    """
    side = np.linspace(-1, 1, resolution, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    shape, count = learner.batch_shape, len(grid)
    action = tf.broadcast_to(grid, [*shape, count, 2])
    if isinstance(learner, mx.learners.SQL):
        q = learner.q(state, tf.zeros([*shape, 1, 2]), action[..., None, :, :])[..., 0, :]
    else:
        q = learner.q(state, tf.zeros([*shape, count, 2]), action)
    return q[:, 0].numpy().reshape(-1, resolution, resolution)
