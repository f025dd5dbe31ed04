"""Tabular Q-learning with optimistic values and a bonus for rarely taken actions.

Values start at an upper bound of all returns, so that what has not been tried looks best, and they
fall as fast as the data justify. On DeepSea, whose reward an undirected learner needs about 2^N
episodes to find, this learner needs a number that is polynomial in N.

Pseudocode for each of the learners, for every transition (s, a, r, s', terminated) in its order:

1. Add 1 to the count n of (s, a).
2. Set y = r + bonus / sqrt(n) + gamma (1 - terminated) max_a' Q(s', a').
3. Move Q(s, a) towards y by a fraction (H + 1) / (H + n), and cut it at the upper bound.

References:
  C. Jin, Z. Allen-Zhu, S. Bubeck, M. I. Jordan (2018), "Is Q-learning provably efficient?",
  algorithm 1, https://arxiv.org/abs/1807.03765 (the learning rate and the bonus)
  A. L. Strehl, M. L. Littman (2008), "An analysis of model-based interval estimation for Markov
  decision processes", https://doi.org/10.1016/j.jcss.2007.08.009 (the bonus beta / sqrt(n))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf.axes import sizes
from maxent_tf.distributions import boltzmann
from maxent_tf.learners import validation
from maxent_tf.learners.interface import Learner, OnPolicy
from maxent_tf.networks import features
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition, Updated


@dataclass(frozen=True, eq=False)
class OptimisticQConfig:
    """The hyperparameters of `OptimisticQ`.

    All but `rollout_length` may be tensors that broadcast to `P`.

    Attributes:
      highest_value: The upper bound of all returns, at which values start and are cut.
      horizon: H, above 0, the number of steps over which values must spread; for episodes of fixed
        length, that length.
      bonus: The size of the bonus of an action taken once, at least 0, in units of reward.
      discount: The discount factor gamma, in [0, 1].
      rollout_length: T, the number of steps of each environment between two updates. With 1, the
        learner learns from every step before the next.
    """

    highest_value: Any = 1.0
    horizon: Any = 10.0
    bonus: Any = 0.1
    discount: Any = 1.0
    rollout_length: int = 1

    def __post_init__(self) -> None:
        float32 = np.finfo(np.float32)
        validation.in_range("highest_value", self.highest_value, float32.min, float32.max)
        validation.positive("horizon", self.horizon)
        validation.not_negative("bonus", self.bonus)
        validation.in_range("discount", self.discount, 0, 1)
        validation.positive_integer("rollout_length", self.rollout_length)


class OptimisticQState(NamedTuple):
    """The whole state of a learner.

    Attributes:
      q: [*P, S, A], float32, the values.
      count: [*P, S, A], float32, how often each action has been taken in each state.
    """

    q: tf.Tensor
    count: tf.Tensor


class OptimisticQMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      error: The mean absolute difference between a target and the value that it changed.
      q: The mean value of the actions taken, before they changed.
      bonus: The mean bonus.
      visited: The number of pairs of state and action that have been taken at least once.
    """

    error: tf.Tensor
    q: tf.Tensor
    bonus: tf.Tensor
    visited: tf.Tensor


class OptimisticQ(Learner):
    """Tabular Q-learning that explores by optimism: it always takes an action of highest value.

    Observations must be one-hot vectors, such as those of the finite environments, `Discrete` or
    `MultiDiscrete`.
    Transitions are learned from one after the other, in the order of time and, within a step, of
    the environments.

    Args:
      spec: The specification of the environment, whose actions must be discrete.
      config: The hyperparameters; None for the defaults.
      batch_shape: The batch shape `P`: the number and arrangement of independent learners.

    Raises:
      ValueError: If the actions are not discrete, the observations cannot be counted, or a tensor
        among the hyperparameters does not broadcast to `batch_shape`.
    """

    metric_names = OptimisticQMetrics._fields

    def __init__(
        self,
        spec: EnvironmentSpec,
        config: OptimisticQConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        self.config = config = validation.as_config(spec, config, OptimisticQConfig)
        self.num_actions = validation.discrete_actions("OptimisticQ", spec)
        self.spec = spec
        self.batch_shape = validation.as_batch_shape(batch_shape)
        self.experience = OnPolicy(config.rollout_length)
        self._num_states = features.num_states(spec.observation)
        self.discount = config.discount
        self._highest, self._horizon, self._bonus, self._discount = (
            validation.per_learner(name, getattr(config, name), self.batch_shape)
            for name in ("highest_value", "horizon", "bonus", "discount")
        )

    def init(self, seed: Any) -> OptimisticQState:
        """Returns a fresh state, in which nothing is random."""
        del seed
        zeros = tf.zeros([*self.batch_shape, self._num_states, self.num_actions])
        return OptimisticQState(zeros + self._highest[..., None, None], zeros)

    def q(self, state: OptimisticQState, observation: Any) -> tf.Tensor:
        """Returns the values of every action, [*P, B, A]."""
        validation.check_state_kind(self, state, OptimisticQState)
        observed = features.state_index(self.spec.observation, observation)
        return tf.gather(state.q, observed, axis=-2, batch_dims=len(self.batch_shape))

    def policy(self, state: OptimisticQState, observation: Any) -> tfd.Categorical:
        """Returns the greedy policy, which shares its probability among equal values.

        Args:
          state: The state of the learners.
          observation: [*P, B, *O], of the dtype that the environment's specification gives.

        Returns:
          A categorical distribution of batch shape [*P, B].
        """
        return boltzmann(self._legal(self.q(state, observation), observation), 0.0)

    def update(
        self, state: OptimisticQState, batch: Transition, *, seed: Any = None, weight: Any = None
    ) -> Updated:
        """Learns from every valid transition in turn.

        Args:
          state: The state of the learners.
          batch: The trajectories, fields [T, *P, B, ...].
          seed: Not used, because the update is deterministic.
          weight: Must be None, because fresh trajectories have no importance weights.

        Returns:
          The new state, and `OptimisticQMetrics`.
        """
        validation.check_state_kind(self, state, OptimisticQState)
        del seed
        validation.no_weight(weight)
        validation.check_batch(self.spec, batch, (None, *self.batch_shape, None))
        # Learners in one axis, steps in front, [T B, L, ...]: the order in which they are learned
        # from. The tables are flat, so that one index names a pair of one learner.
        steps = tf.nest.map_structure(self._in_order, batch)
        num_learners, spec = math.prod(self.batch_shape), self.spec.observation
        first_row = tf.range(num_learners) * self._num_states
        row = features.state_index(spec, steps.observation) + first_row
        next_row = features.state_index(spec, steps.next_observation) + first_row
        pair = row * self.num_actions + steps.action
        illegal = self._illegal(steps.next_observation)
        highest, horizon, bonus_scale, discount = (
            tf.reshape(x, [-1]) for x in (self._highest, self._horizon, self._bonus, self._discount)
        )
        discount *= 1 - tf.cast(steps.terminated, tf.float32)
        valid = tf.cast(steps.valid, tf.float32)

        def learn(i: tf.Tensor, q: tf.Tensor, count: tf.Tensor, sums: tf.Tensor) -> Any:
            count = tf.tensor_scatter_nd_add(count, pair[i][:, None], valid[i])
            # A placeholder may not have been met at all.
            n = tf.maximum(tf.gather(count, pair[i]), 1)
            bonus = bonus_scale / tf.sqrt(n)
            next_q = tf.gather(tf.reshape(q, [-1, self.num_actions]), next_row[i])
            if illegal is not None:
                next_q += illegal[i]
            target = steps.reward[i] + bonus + discount[i] * tf.reduce_max(next_q, axis=-1)
            old = tf.gather(q, pair[i])
            new = tf.minimum(old + (horizon + 1) / (horizon + n) * (target - old), highest)
            new = tf.where(steps.valid[i], new, old)
            q = tf.tensor_scatter_nd_update(q, pair[i][:, None], new)
            measured = tf.stack([tf.abs(target - old), old, bonus]) * valid[i]
            return i + 1, q, count, sums + measured

        length = tf.shape(valid)[0]
        flat = tf.reshape(state.q, [-1]), tf.reshape(state.count, [-1])
        sums = tf.zeros([3, num_learners])
        _, q, count, sums = tf.while_loop(lambda i, *_: i < length, learn, (0, *flat, sums))
        new_state = OptimisticQState(*(tf.reshape(x, state.q.shape) for x in (q, count)))
        means = sums / tf.maximum(tf.reduce_sum(valid, axis=0), 1)
        error, taken, bonus = (tf.reshape(x, self.batch_shape) for x in tf.unstack(means))
        visited = tf.reduce_sum(tf.cast(new_state.count > 0, tf.float32), axis=[-2, -1])
        return Updated(new_state, OptimisticQMetrics(error, taken, bonus, visited))

    def _in_order(self, x: tf.Tensor) -> tf.Tensor:
        """Puts steps in front and merges learners: [T, *P, B, ...] -> [T B, L, ...]."""
        length, num_learners = x.shape[0], math.prod(self.batch_shape)
        shape = sizes(x)[len(self.batch_shape) + 1 :]
        x = tf.reshape(x, [length, num_learners, *shape])
        rest = range(3, x.shape.rank)
        return tf.reshape(tf.transpose(x, [0, 2, 1, *rest]), [-1, num_learners, *shape[1:]])

    def _legal(self, q: tf.Tensor, observation: Any) -> tf.Tensor:
        """Returns the values, [*P, B, A], with -inf for illegal actions."""
        illegal = self._illegal(observation)
        return q if illegal is None else q + illegal

    def _illegal(self, observation: Any) -> tf.Tensor | None:
        """Returns -inf for illegal actions and 0 for legal ones; None if all are legal."""
        mask = features.action_mask(self.spec.observation, observation)
        return None if mask is None else tf.where(mask, 0.0, -np.inf)
