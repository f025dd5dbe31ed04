"""What the two training loops have in common: how they count, what they keep, what they offer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from maxent_tf.learners import OffPolicy, OnPolicy
from maxent_tf.training.rollout import Episodes


class Interval(NamedTuple):
    """What happened between two records.

    Attributes:
      metrics: the learner's own, [*P] each, averaged over the updates; NaN where there were none.
      episodes: those that ended.
    """

    metrics: dict[str, np.ndarray]
    episodes: Episodes


class Loop(Protocol):
    """A learner and its worlds on their way; an iteration is a rollout, or a step off policy.

    Attributes:
      pace: how much an iteration is.
    """

    pace: Pace

    @property
    def iterations(self) -> int:
        """How many have been made."""

    @property
    def state(self) -> Any:
        """The learners' state now."""

    def trackables(self) -> Mapping[str, Any]:
        """Returns everything that a checkpoint must hold for the loop to go on, by name."""

    def advance(self, end: int) -> Interval:
        """Goes on until `end` iterations have been made.

        Raises:
          NonFiniteError: if a metric or a parameter turns NaN or infinite.
        """

    def close(self) -> None:
        """Closes the worlds that were made here."""


class Pace(NamedTuple):
    """How much one iteration of a training loop is.

    Attributes:
      calls: steps of every world.
      steps: steps of each learner, over all its worlds.
      updates: of each learner, once it learns.
      warm_up: iterations at the beginning in which nothing is learned.
    """

    calls: int
    steps: int
    updates: int
    warm_up: int

    @classmethod
    def of(cls, experience: OnPolicy | OffPolicy, num_envs: int) -> Pace:
        """Returns the pace of a learner with `num_envs` worlds."""
        if isinstance(experience, OnPolicy):
            length = experience.rollout_length
            return cls(calls=length, steps=length * num_envs, updates=1, warm_up=0)
        return cls(
            calls=1,
            steps=num_envs,
            updates=num_envs * experience.updates_per_step,
            warm_up=math.ceil(experience.learning_starts / num_envs),
        )

    def iterations(self, steps: int) -> int:
        """Returns the iterations in which each learner takes `steps` steps, rounded up."""
        return math.ceil(steps / self.steps)

    def updates_after(self, iterations: int) -> int:
        """Returns the updates that each learner has made."""
        return max(iterations - self.warm_up, 0) * self.updates


class StateVariables(tf.Module):
    """A structure of tensors, kept in variables."""

    def __init__(self, state: Any):
        super().__init__()
        self._variables = tf.nest.map_structure(lambda x: tf.Variable(x, trainable=False), state)

    def read(self) -> Any:
        """Returns what was last written."""
        return tf.nest.map_structure(lambda v: v.read_value(), self._variables)

    def write(self, state: Any) -> None:
        """Takes in a structure of the same shapes."""
        tf.nest.map_structure(lambda v, x: v.assign(x), self._variables, state)


class Counter(StateVariables):
    """A Python integer that a checkpoint holds."""

    def __init__(self) -> None:
        super().__init__(tf.constant(0, tf.int64))

    @property
    def value(self) -> int:
        """The count."""
        return int(self.read())

    @value.setter
    def value(self, value: int) -> None:
        self.write(tf.constant(value, tf.int64))
