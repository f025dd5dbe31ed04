"""What every learner offers to the training loops, and what it asks of them."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Metrics, Transition


class OnPolicy(NamedTuple):
    """The learner is updated with fresh trajectories: fields [T, *P, B, ...].

    Attributes:
      rollout_length: T, steps of every world between two updates.
    """

    rollout_length: int


class OffPolicy(NamedTuple):
    """The learner is updated with minibatches from replay: fields [*P, B, ...].

    Attributes:
      replay_capacity: transitions kept for each learner.
      batch_size: B.
      learning_starts: steps of each learner taken with uniformly random actions before the first
        update.
      updates_per_step: updates for each step of one world.
    """

    replay_capacity: int
    batch_size: int
    learning_starts: int
    updates_per_step: int


class Learner(Protocol):
    """A learner: static configuration, and pure functions over its state.

    One that carries a memory from step to step has the spec of it, too, as `memory`: it sees and
    answers dicts with the memory beside the observation and the action; see `A2C`.

    Attributes:
      spec: of the worlds it learns on.
      batch_shape: `P`: how many independent learners it is, as in a TFP distribution.
      experience: what its updates are fed with.
      metric_names: of the metrics that an update measures, in their order.
    """

    metric_names: tuple[str, ...]
    spec: EnvironmentSpec
    batch_shape: tuple[int, ...]
    experience: OnPolicy | OffPolicy

    def init(self, seed: Any) -> Any:
        """Returns a fresh state, a NamedTuple of tensors with `P` in front of each."""

    def policy(self, state: Any, observation: tf.Tensor) -> Any:
        """Returns the action distribution at `observation` [*P, B, *O]; batch shape [*P, B]."""

    def greedy(self, distribution: Any) -> tf.Tensor:
        """Returns the action to take when nothing is to be explored, [*P, B, ...]."""

    def update(self, state: Any, batch: Transition, seed: Any) -> tuple[Any, Metrics]:
        """Returns the state after one update, and its metrics, each [*P], or () if not measured."""
