"""Acting in batches of worlds, with the reset that follows an episode's end."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeGuard, cast

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.environments import Environment
from maxent_tf.learners import ExploringLearner, Learner, OffPolicy
from maxent_tf.specs import Box, EnvironmentSpec, MultiDiscrete, Spec
from maxent_tf.types import Transition


class Episodes(NamedTuple):
    """What the episodes that ended add up to, each [*P], float32.

    Attributes:
      count: how many ended.
      total_return: the sum of their undiscounted returns.
      total_length: the sum of their lengths, in steps.
    """

    count: tf.Tensor
    total_return: tf.Tensor
    total_length: tf.Tensor


def no_episodes(learners: tuple[int, ...]) -> Episodes:
    """Returns the sums over no episodes, for learners of batch shape `learners`."""
    zeros = tf.zeros(learners)
    return Episodes(zeros, zeros, zeros)


class RolloutState(NamedTuple):
    """Where a batch of worlds is between two steps.

    Attributes:
      world: the worlds' state, [*P, B, ...].
      observation: [*P, B, *O], or a dict of such.
      episode_return: [*P, B], float32, the undiscounted return of the episode so far.
      episode_length: [*P, B], float32, its steps so far.
    """

    world: Any
    observation: Any
    episode_return: tf.Tensor
    episode_length: tf.Tensor


def is_in_graph(env: Any) -> TypeGuard[Environment]:
    """Whether `env` is a world in TensorFlow. Gymnasium's have attributes of the same names."""
    return isinstance(getattr(env, "spec", None), EnvironmentSpec)


def begin(env: Environment, batch_shape: tuple[int, ...], seed: tf.Tensor) -> RolloutState:
    """Resets worlds of shape `batch_shape`, [*P, B]."""
    world, timestep = env.reset(batch_shape, seed)
    zeros = tf.zeros(batch_shape)
    return RolloutState(world, timestep.observation, zeros, zeros)


def where(condition: tf.Tensor, if_true: Any, if_false: Any) -> Any:
    """Selects between two structures whose leaves begin with the shape of `condition`."""
    rank = condition.shape.rank

    def select(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        extra = x.shape.rank - rank
        return tf.where(tf.reshape(condition, [*condition.shape, *[1] * extra]), x, y)

    return tf.nest.map_structure(select, if_true, if_false)


def uniform_action(spec: Spec, batch_shape: Any, seed: tf.Tensor) -> tf.Tensor:
    """Draws actions uniformly: [*batch_shape, ...] of the spec's dtype."""
    if isinstance(spec, Box):
        low, high = spec.bounds()
        uniform = tf.random.stateless_uniform([*batch_shape, *spec.shape], seed)
        return low + (high - low) * uniform
    if isinstance(spec, MultiDiscrete):
        # A product with a number below 1 is below nvec, rounded too.
        uniform = draws.uniform([*batch_shape, *spec.shape], seed)
        return tf.cast(uniform * tf.constant(spec.nvec, tf.float32), tf.int32)
    return tf.random.stateless_uniform(batch_shape, seed, maxval=spec.num_values, dtype=tf.int32)


def act(
    learner: Learner,
    experience: OffPolicy,
    state: Any,
    observation: tf.Tensor,
    seed: tf.Tensor,
) -> tf.Tensor:
    """Draws the actions, [*P, B, ...], by which an off-policy learner explores."""
    if experience.noise_period is None:
        return learner.policy(state, observation).sample(seed=seed)
    return cast(ExploringLearner, learner).explore(state, observation, seed)


def action_seed(
    experience: OffPolicy, seed: tf.Tensor, run_seed: tf.Tensor, step: tf.Tensor
) -> tf.Tensor:
    """Returns the seed of the actions of one step.

    Args:
      experience: of the learner.
      seed: [2], int32, the step's own, where actions are drawn anew at every step.
      run_seed: [2], int32, of all steps.
      step: int32, their number; noise that is kept follows from this and `run_seed` alone, so that
        an interrupted run goes on with it.
    """
    if experience.noise_period is None:
        return seed
    return tf.random.fold_in(tf.random.fold_in(run_seed, step // experience.noise_period), 1)


def step(
    env: Environment, state: RolloutState, action: tf.Tensor, seed: tf.Tensor
) -> tuple[RolloutState, Transition, Episodes]:
    """Steps every world once and resets those whose episode ended.

    Args:
      env: the world.
      state: where its batch is.
      action: [*P, B, ...].
      seed: [2], int32.

    Returns:
      The state after the step and the resets; the transition, whose next observation is the one
      before a reset; and the episodes that ended, summed over B.
    """
    step_seed, reset_seed = tf.unstack(tf.random.split(seed, 2))
    world, timestep = env.step(state.world, action, step_seed)
    done = timestep.terminated | timestep.truncated
    transition = Transition(
        observation=state.observation,
        action=action,
        reward=timestep.reward,
        next_observation=timestep.observation,
        terminated=timestep.terminated,
        truncated=timestep.truncated,
        valid=tf.ones_like(done),
    )
    episode_return = state.episode_return + timestep.reward
    episode_length = state.episode_length + 1
    ended = tf.cast(done, tf.float32)
    episodes = Episodes(
        count=tf.reduce_sum(ended, axis=-1),
        total_return=tf.reduce_sum(ended * episode_return, axis=-1),
        total_length=tf.reduce_sum(ended * episode_length, axis=-1),
    )
    ongoing = RolloutState(world, timestep.observation, episode_return, episode_length)
    return where(done, begin(env, done.shape, reset_seed), ongoing), transition, episodes


def collect(
    learner: Learner,
    learner_state: Any,
    env: Environment,
    state: RolloutState,
    length: int,
    seed: tf.Tensor,
) -> tuple[RolloutState, Transition, Episodes]:
    """Follows a learner's policy for several steps.

    Args:
      learner: whose policy acts.
      learner_state: its state.
      env: the world.
      state: where its batch [*P, B] is.
      length: T, the number of steps.
      seed: [2], int32.

    Returns:
      The state after the steps, the trajectory with fields [T, *P, B, ...], and the episodes that
      ended on the way.
    """

    def one(state: RolloutState, seed: tf.Tensor) -> tuple[RolloutState, Transition, Episodes]:
        action_seed, world_seed = tf.unstack(tf.random.split(seed, 2))
        action = learner.policy(learner_state, state.observation).sample(seed=action_seed)
        return step(env, state, action, world_seed)

    if length == 1:
        state, transition, episodes = one(state, seed)
        return state, tf.nest.map_structure(lambda x: x[None], transition), episodes

    # A loop, however short: unrolled, XLA took minutes over a few steps of CartPole and then
    # computed the same draws in many places, at a tenth of the speed.
    seeds = tf.random.split(seed, length)
    # Called once more only to learn the structure of a transition; the graph prunes it.
    _, transition, episodes = one(state, seeds[0])
    arrays = tf.nest.map_structure(
        lambda x: tf.TensorArray(x.dtype, length, element_shape=x.shape), transition
    )
    totals = tf.nest.map_structure(tf.zeros_like, episodes)

    def body(t: tf.Tensor, state: Any, arrays: Any, totals: Any) -> Any:
        state, transition, episodes = one(state, seeds[t])
        arrays = tf.nest.map_structure(lambda array, x: array.write(t, x), arrays, transition)
        return t + 1, state, arrays, tf.nest.map_structure(tf.add, totals, episodes)

    _, state, arrays, totals = tf.while_loop(
        lambda t, *_: t < length, body, (0, state, arrays, totals), maximum_iterations=length
    )
    return state, tf.nest.map_structure(lambda array: array.stack(), arrays), totals
