"""What every learner offers to the training loops, and what it asks of them."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from maxent_tf.replay import Priorities
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

    With `n_step` above 1 they are [n_step, *P, B, ...]: each transition with those that followed it
    in its world, up to an episode's end, which is marked where the world has not gone on yet.

    Attributes:
      replay_capacity: transitions kept for each learner.
      batch_size: B.
      learning_starts: steps of each learner taken with uniformly random actions before the first
        update.
      updates_per_step: updates for each step of one world.
      n_step: steps in a row that an update learns from.
      priorities: how replay prefers transitions with large errors, which the learner then has
        `prioritized_update` for; None draws uniformly.
      noise_period: for how many steps the learner, which then has `explore`, acts by one seed; None
        draws from its policy at every step.
    """

    replay_capacity: int
    batch_size: int
    learning_starts: int
    updates_per_step: int
    n_step: int = 1
    priorities: Priorities | None = None
    noise_period: int | None = None


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
        """Returns the action distribution at `observation` [*P, B, *O]; batch shape [*P, B].

        In a graph the length of B may be open: one program then acts for any number of
        environments.
        """

    def greedy(self, distribution: Any) -> tf.Tensor:
        """Returns the action to take when nothing is to be explored, [*P, B, ...]."""

    def update(self, state: Any, batch: Transition, seed: Any) -> tuple[Any, Metrics]:
        """Returns the state after one update, and its metrics, each [*P], or () if not measured."""


class PrioritizedLearner(Learner, Protocol):
    """A learner that can be fed from prioritised replay."""

    def prioritized_update(
        self, state: Any, batch: Transition, weight: tf.Tensor | None, seed: Any
    ) -> tuple[Any, Metrics, tf.Tensor]:
        """`update` with importance weights, [*P, B]; also returns the sizes of errors, [*P, B]."""


class ExploringLearner(Learner, Protocol):
    """A learner that acts otherwise than by independent draws from its policy."""

    def explore(self, state: Any, observation: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns actions, [*P, B, ...], that for one seed are a function of the observation."""
