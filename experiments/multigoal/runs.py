"""The measurements: the learners of a sweep, trained as one program, and where they go."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.frame import Arrays
from experiments.learning import configure, train
from experiments.multigoal.sweep import DISCOUNT, Sweep, make_world
from maxent_tf import draws
from maxent_tf.environments.multi_goal import GOALS
from maxent_tf.seeds import as_seed
from maxent_tf.training import rollout
from maxent_tf.types import Transition

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
    steps = tf.nest.map_structure(np.asarray, trajectory)
    last = np.argmax(steps.terminated | steps.truncated, axis=0)
    times = np.arange(len(steps.reward) + 1).reshape(-1, *[1] * last.ndim)
    held = np.minimum(times, last + 1)[..., None]
    positions = np.concatenate([steps.observation[:1], steps.next_observation])
    position = np.take_along_axis(positions, held, axis=0)
    arrived = np.take_along_axis(steps.terminated, last[None], axis=0)[0]
    distance = np.sum((position[-1][..., None, :] - GOALS) ** 2, axis=-1)
    running = times[:-1] <= last
    return Paths(
        position,
        np.where(arrived, np.argmin(distance, axis=-1), NONE),
        np.sum(running * steps.reward, axis=0),
    )


def make_learner(sweep: Sweep) -> mx.learners.SQL | mx.learners.SAC:
    """Returns the learners of a sweep, of batch shape [alphas, seeds]."""
    spec, shape = make_world(sweep.costs).spec, (len(sweep.alphas), sweep.seeds)
    alpha = np.asarray(sweep.alphas, np.float32)[:, None]
    own: dict[str, Any] = {"discount": DISCOUNT, "alpha": alpha}
    if sweep.learner == "sac":
        return mx.learners.SAC(spec, configure(mx.learners.SACConfig, sweep, **own), shape)
    config = configure(mx.learners.SQLConfig, sweep, num_value_samples=sweep.num_particles, **own)
    return mx.learners.SQL(spec, config, shape)


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep and follows their policies.

    Returns:
      "goal", [alphas, seeds, rollouts], the goal that each rollout reached, or `NONE`; "return",
      [alphas, seeds, rollouts], the undiscounted sum of the rewards of each rollout; and, of the
      first learner at each temperature, "position", [alphas, 31, drawn, 2], its paths; "q",
      [alphas, resolution, resolution], the values of its critic at the origin, with the second
      dimension of the action first; "action", [alphas, rollouts, 2], draws of its policy there.
    """
    world, learner = make_world(sweep.costs), make_learner(sweep)
    train_seed, world_seed, walk_seed, draw_seed = tf.unstack(draws.split(as_seed(sweep.seed), 4))
    result = train(learner, world, sweep, progress, seed=train_seed, records=1)

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
