"""Acting in batches of in-graph environments, with resets after the end of an episode."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeGuard

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.axes import select
from maxent_tf.environments import Environment
from maxent_tf.learners import Learner, OffPolicy, OnPolicy
from maxent_tf.networks.features import action_mask
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, MultiDiscrete, Spec
from maxent_tf.types import Acted, Transition


class Episodes(NamedTuple):
    """Sums over the episodes that ended, each [*P], float32.

    Attributes:
      count: The number of episodes that ended.
      total_return: The sum of their undiscounted returns.
      total_length: The sum of their lengths, in steps.
    """

    count: tf.Tensor
    total_return: tf.Tensor
    total_length: tf.Tensor


def no_episodes(learners: tuple[int, ...]) -> Episodes:
    """Returns the sums over no episodes, for learners of batch shape `learners`."""
    zeros = tf.zeros(learners)
    return Episodes(zeros, zeros, zeros)


class RolloutState(NamedTuple):
    """The state of a batch of environments between two steps.

    Attributes:
      world: The state of the environments, [*P, B, ...].
      observation: The observations, [*P, B, *O], or a dict of such.
      carry: The carry of the learner, see `Acted`.
      episode_return: [*P, B], float32, the undiscounted return of the episode so far.
      episode_length: [*P, B], float32, the number of steps of the episode so far.
    """

    world: Any
    observation: Any
    carry: Any
    episode_return: tf.Tensor
    episode_length: tf.Tensor


def is_in_graph(env: Any) -> TypeGuard[Environment]:
    """Returns whether `env` is in TensorFlow; Gymnasium's have attributes of the same names."""
    return isinstance(getattr(env, "spec", None), EnvironmentSpec)


def begin(learner: Learner, env: Environment, num_envs: int, seed: tf.Tensor) -> RolloutState:
    """Resets `num_envs` environments of each learner."""
    batch_shape = (*learner.batch_shape, num_envs)
    world, timestep = env.reset(batch_shape, seed)
    zeros = tf.zeros(batch_shape)
    carry = learner.initial_carry(num_envs)
    return RolloutState(world, timestep.observation, carry, zeros, zeros)


def uniform_action(
    spec: Spec, batch_shape: Any, seed: tf.Tensor, mask: tf.Tensor | None = None
) -> tf.Tensor:
    """Draws actions uniformly.

    Args:
      spec: The spec of one action.
      batch_shape: The batch shape of the draw.
      seed: A seed of shape [2], int32.
      mask: [*batch_shape, A], bool, the legal values of discrete actions, see
        `specs.action_mask_spec`; None if all are legal.

    Returns:
      The actions, [*batch_shape, ...], of the spec's dtype.
    """
    if isinstance(spec, Box):
        low, high = spec.bounds()
        return low + (high - low) * draws.uniform([*batch_shape, *spec.shape], seed)
    if mask is not None:
        weight = tf.cast(mask, tf.float32)
        if isinstance(spec, Discrete):
            return draws.categorical(weight, seed)
        parts = tf.split(weight, spec.nvec, axis=-1)
        seeds = tf.unstack(draws.split(seed, len(parts)))
        each = [draws.categorical(part, s) for part, s in zip(parts, seeds, strict=True)]
        return tf.stack(each, axis=-1)
    num = spec.nvec if isinstance(spec, MultiDiscrete) else spec.num_values
    return draws.integers([*batch_shape, *spec.shape], seed, num)


def act_uniformly(
    learner: Learner,
    state: Any,
    carry: Any,
    observation: Any,
    seed: tf.Tensor,
    world: Any = None,
) -> Acted:
    """Acts uniformly at random; the carry and the extras are those of the learner all the same.

    `world` is the state of environments of the graph; None elsewhere.
    """
    acted = learner.act(state, carry, observation, seed=seed, world=world)
    shape = acted.action.shape[: len(learner.batch_shape) + 1]
    mask = action_mask(learner.spec.observation, observation)
    return acted._replace(action=uniform_action(learner.spec.action, shape, seed, mask))


def seed_of_step(
    experience: OnPolicy | OffPolicy, own: tf.Tensor, run_seed: tf.Tensor, step: tf.Tensor
) -> tf.Tensor:
    """Returns the seed with which a learner acts at one step.

    Args:
      experience: The learner's experience, whose `seed_period` is the number of steps for which a
        seed is kept.
      own: [2], int32, the seed of this step, which is returned if the period is 1.
      run_seed: [2], int32, the seed of the whole run.
      step: The number of the step, int32. A seed that is kept depends only on this number and on
        `run_seed`, so that an interrupted run resumes with the same seed.
    """
    if experience.seed_period == 1:
        return own
    return draws.fold_in(draws.fold_in(run_seed, step // experience.seed_period), 1)


def carry_on(learner: Learner, carry: Any, ended: tf.Tensor) -> Any:
    """Returns the carry for the next step, which is the initial carry where an episode begins.

    Args:
      learner: The learner that the carry belongs to.
      carry: The carry after the last step.
      ended: [*P, B], bool, whether the next step is the first of another episode.
    """
    if not tf.nest.flatten(carry):
        return carry
    return select(ended, learner.initial_carry(ended.shape[-1]), carry)


def step(
    learner: Learner, env: Environment, state: RolloutState, acted: Acted, seeds: tf.Tensor
) -> tuple[RolloutState, Transition, Episodes]:
    """Steps every environment once and resets those whose episode ended.

    Args:
      learner: The learner that acted.
      env: The environment.
      state: The state of the batch of environments.
      acted: The actions, with carry and extras.
      seeds: Two seeds, [2, 2], int32: one for the step and one for the resets.

    Returns:
      The state after the step and the resets; the transition, whose next observation is the one
      before a reset; and the sums over B of the episodes that ended.
    """
    world, timestep = env.step(state.world, acted.action, seeds[0])
    done = timestep.terminated | timestep.truncated
    transition = Transition(
        observation=state.observation,
        action=acted.action,
        reward=timestep.reward,
        next_observation=timestep.observation,
        terminated=timestep.terminated,
        truncated=timestep.truncated,
        valid=tf.ones_like(done),
        extras=acted.extras,
    )
    episode_return = state.episode_return + timestep.reward
    episode_length = state.episode_length + 1
    ended = tf.cast(done, tf.float32)
    episodes = Episodes(
        count=tf.reduce_sum(ended, axis=-1),
        total_return=tf.reduce_sum(ended * episode_return, axis=-1),
        total_length=tf.reduce_sum(ended * episode_length, axis=-1),
    )
    ongoing = RolloutState(world, timestep.observation, acted.carry, episode_return, episode_length)
    fresh = begin(learner, env, done.shape[-1], seeds[1])
    return select(done, fresh, ongoing), transition, episodes


def collect(
    learner: Learner,
    learner_state: Any,
    env: Environment,
    state: RolloutState,
    experience: OnPolicy,
    seed: tf.Tensor,
    run_seed: tf.Tensor,
    first: tf.Tensor,
) -> tuple[RolloutState, Transition, Episodes]:
    """Lets a learner act for a rollout.

    Args:
      learner: The learner that acts.
      learner_state: The state of the learner.
      env: The environment.
      state: The state of the batch of environments, [*P, B].
      experience: The learner's experience: the number of steps, T, and the period of seeds.
      seed: [2], int32, the seed of this rollout.
      run_seed: [2], int32, the seed of the whole run.
      first: int32, the number of steps before this rollout.

    Returns:
      The state after the steps, the trajectory with fields [T, *P, B, ...], and the sums of the
      episodes that ended on the way.
    """
    length = experience.rollout_length

    def one(
        state: RolloutState, seeds: tf.Tensor, t: tf.Tensor
    ) -> tuple[RolloutState, Transition, Episodes]:
        act_seed = seed_of_step(experience, seeds[0], run_seed, first + t)
        acted = learner.act(
            learner_state, state.carry, state.observation, seed=act_seed, world=state.world
        )
        return step(learner, env, state, acted, seeds[1:])

    # All seeds at once: three calls of the generator in every step of CartPole cost A2C 3%.
    seeds = tf.reshape(draws.split(seed, 3 * length), [length, 3, 2])
    if length == 1:
        state, transition, episodes = one(state, seeds[0], tf.constant(0))
        return state, tf.nest.map_structure(lambda x: x[None], transition), episodes

    # A loop, however short: unrolled, XLA took minutes over a few steps of CartPole and then
    # computed the same draws in many places, at a tenth of the speed.
    # Called once more only to learn the structure of a transition; the graph prunes it.
    _, transition, episodes = one(state, seeds[0], tf.constant(0))
    arrays = tf.nest.map_structure(
        lambda x: tf.TensorArray(x.dtype, length, element_shape=x.shape), transition
    )
    totals = tf.nest.map_structure(tf.zeros_like, episodes)

    def body(t: tf.Tensor, state: Any, arrays: Any, totals: Any) -> Any:
        state, transition, episodes = one(state, seeds[t], t)
        arrays = tf.nest.map_structure(lambda array, x: array.write(t, x), arrays, transition)
        return t + 1, state, arrays, tf.nest.map_structure(tf.add, totals, episodes)

    _, state, arrays, totals = tf.while_loop(
        lambda t, *_: t < length, body, (0, state, arrays, totals), maximum_iterations=length
    )
    return state, tf.nest.map_structure(lambda array: array.stack(), arrays), totals
