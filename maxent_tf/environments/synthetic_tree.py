"""Synthetic trees, on which searches are compared with exact recursions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.checks import as_integer, not_negative
from maxent_tf.environments.common import as_action, as_batch_shape
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import TimeStep


class SyntheticState(NamedTuple):
    """The state of the walk down a tree.

    Attributes:
      index: [*batch], int32, the number of the node among those of its depth.
      depth: [*batch], int32, the number of actions so far.
    """

    index: tf.Tensor
    depth: tf.Tensor


class SyntheticTree:
    """A walk from the root of a full tree to one of its leaves, whose mean value it earns.

    Every edge has a weight that is uniform on [0, 1]. The mean of a leaf is the sum of the weights
    on its path, scaled to [0, 1] over the leaves. The last step pays the mean of the leaf, with
    Gaussian noise; the other steps pay nothing. An observation is the index of the node, as a
    fraction of the nodes of its depth, and the depth, as a fraction of that of the leaves.

    Args:
      branching: The number of actions, at least 2.
      depth: The number of steps to a leaf.
      stddev: The standard deviation of the noise, at least 0.
      tree_seed: The seed of the weights, a non-negative integer.

    Raises:
      ValueError: If a value is out of range.

    References:
      T. Dam et al. (2021), "Convex regularization in Monte-Carlo tree search", section 6.1,
      https://arxiv.org/abs/2007.00391

    >>> SyntheticTree(branching=2, depth=3).leaves.shape
    (8,)
    """

    def __init__(
        self, branching: int, depth: int, *, stddev: float = 0.05, tree_seed: int = 0
    ) -> None:
        self.branching = as_integer("branching", branching, least=2)
        self.depth = as_integer("depth", depth)
        not_negative("stddev", stddev)
        self.stddev = float(stddev)
        rng = np.random.default_rng(as_integer("tree_seed", tree_seed, least=0))
        total = np.zeros(1)
        for level in range(1, self.depth + 1):
            total = np.repeat(total, self.branching) + rng.uniform(size=self.branching**level)
        low, high = total.min(), total.max()
        #: The means of the leaves, [branching ** depth], float64.
        self.leaves = (total - low) / (high - low)
        self._spec = EnvironmentSpec(Box.of((2,), 0.0, 1.0), Discrete(self.branching))

    @property
    def spec(self) -> EnvironmentSpec:
        """The specification of the environment."""
        return self._spec

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[SyntheticState, TimeStep]:
        """Begins at the root: see `Environment.reset`."""
        del seed
        zeros = tf.zeros(as_batch_shape(batch_shape), tf.int32)
        state = SyntheticState(zeros, zeros)
        return state, self._observed(state, tf.zeros_like(zeros, tf.float32))

    def step(
        self, state: SyntheticState, action: tf.Tensor, seed: Any
    ) -> tuple[SyntheticState, TimeStep]:
        """Goes down one edge: see `Environment.step`."""
        action = as_action(action, self.spec.action, state.index.shape)
        over = state.depth == self.depth
        index = tf.where(over, state.index, state.index * self.branching + action)
        depth = tf.where(over, state.depth, state.depth + 1)
        arrived = ~over & (depth == self.depth)
        # Only the index of a leaf is within the table.
        mean = tf.gather(self.leaves.astype(np.float32), tf.where(arrived, index, 0))
        noise = self.stddev * draws.normal(tf.shape(index), seed) if self.stddev else 0.0
        next_state = SyntheticState(index, depth)
        return next_state, self._observed(next_state, tf.where(arrived, mean + noise, 0.0))

    def _observed(self, state: SyntheticState, reward: tf.Tensor) -> TimeStep:
        depth = tf.cast(state.depth, tf.float32)
        nodes = tf.pow(tf.cast(self.branching, tf.float32), depth)
        place = tf.cast(state.index, tf.float32) / nodes
        over = state.depth == self.depth
        observation = tf.stack([place, depth / self.depth], axis=-1)
        return TimeStep(observation, reward, over, tf.zeros_like(over))
