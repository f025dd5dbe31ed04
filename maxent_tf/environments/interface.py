"""What a world is: two pure functions and a spec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import tensorflow as tf

from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import TimeStep


@runtime_checkable
class Environment(Protocol):
    """A batch of independent worlds, in TensorFlow.

    A state is a NamedTuple of tensors, each with the batch shape in front. Both functions are pure
    and work eagerly, in a `tf.function` and under XLA; worlds in a batch never influence one
    another. An episode that ends stays ended: whoever steps the world resets it, by
    `tf.nest.map_structure` over `tf.where`.

    Observations and rewards are float32. Where some actions are illegal, observations are dicts
    with a part "action_mask", of `specs.action_mask_spec`, in which at least one action is legal at
    the end of an episode, too. A time limit is part of a world: its state counts the steps since
    the reset, and `truncated` is set once they reach the limit, unless `terminated` is.
    """

    @property
    def spec(self) -> EnvironmentSpec:
        """The observations the world shows and the actions it accepts."""

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[Any, TimeStep]:
        """Begins an episode in every world of a batch.

        Args:
          batch_shape: the shape of the batch, static; `[]` is one world.
          seed: an integer or [2] int32; a world with only one possible start does not use it.

        Returns:
          The state, and a time step [*batch_shape] with reward 0 and both flags False.

        Raises:
          ValueError: if `batch_shape` is not a sequence of non-negative integers.
        """

    def step(self, state: Any, action: tf.Tensor, seed: Any) -> tuple[Any, TimeStep]:
        """Acts once in every world of a batch.

        A world whose episode has terminated stays as it is: the observation repeats, the reward is
        0, `terminated` is True.

        Args:
          state: the last state.
          action: [*batch] int32 (discrete) or [*batch, D] float32 (continuous). In a graph its
            values are not checked: a discrete one out of range gives undefined numbers, a
            continuous one acts as its nearest bound.
          seed: an integer or [2] int32; a deterministic world does not use it.

        Returns:
          The next state, and the time step [*batch] that the action led to.

        Raises:
          TypeError: if `action` has another dtype.
          ValueError: if `action` has another shape or, eagerly, holds NaN or is out of range.
        """
