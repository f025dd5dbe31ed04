"""The interface of an environment: two pure functions and a specification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import tensorflow as tf

from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import TimeStep


@runtime_checkable
class Environment(Protocol):
    """A batch of independent environments, in TensorFlow.

    A state is a NamedTuple of tensors, each with the batch shape in front. `reset` and `step` are
    pure functions that are vectorised over the batch shape. They work eagerly, in a `tf.function`
    and under XLA. The environments in a batch never influence each other. An episode that has ended
    stays ended: the code that steps the environment resets it, by `tf.nest.map_structure` over
    `tf.where`.

    Observations are as `spec.observation` says, and rewards are float32. If some actions are
    illegal, observations are dicts with a part "action_mask", described by
    `specs.action_mask_spec`; at least one action is legal in it, at the end of an episode, too. A
    time limit is part of the environment: its state counts the steps since the reset, and once they
    reach the limit, `truncated` is True unless `terminated` is.
    """

    @property
    def spec(self) -> EnvironmentSpec:
        """The specification: the observations that are returned and the actions accepted."""

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[Any, TimeStep]:
        """Begins an episode in every environment of a batch.

        Args:
          batch_shape: The shape of the batch, static; `[]` is one environment.
          seed: An integer, or a seed of shape [2], int32. An environment with only one possible
            start does not use it.

        Returns:
          The state, and a time step [*batch_shape] with reward 0 and both flags False.

        Raises:
          ValueError: If `batch_shape` is not a sequence of non-negative integers.
        """

    def step(self, state: Any, action: tf.Tensor, seed: Any) -> tuple[Any, TimeStep]:
        """Acts once in every environment of a batch.

        An environment whose episode has terminated does not change: the observation repeats, the
        reward is 0, and `terminated` is True.

        Args:
          state: The last state.
          action: [*batch] int32 (discrete) or [*batch, D] float32 (continuous). In a graph, the
            values of actions are not checked: a discrete value out of range gives undefined
            numbers, and a continuous value out of range acts as its nearest bound.
          seed: An integer, or a seed of shape [2], int32. A deterministic environment does not use
            it.

        Returns:
          The next state, and the time step [*batch] that the action led to.

        Raises:
          TypeError: If `action` has another dtype.
          ValueError: If `action` has another shape or, eagerly, holds NaN or is out of range.
        """
