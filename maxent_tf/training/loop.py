"""The parts that the two training loops share: their interface, their counters, their variables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from maxent_tf import storage
from maxent_tf.learners import OffPolicy, OnPolicy
from maxent_tf.training.rollout import Episodes


class Interval(NamedTuple):
    """The metrics and episodes between two records.

    Attributes:
      metrics: The learner's own metrics, [*P] each, averaged over the updates; NaN if there were no
        updates.
      episodes: The episodes that ended.
    """

    metrics: dict[str, np.ndarray]
    episodes: Episodes


class Loop(Protocol):
    """A learner and its environments in training.

    One iteration is a rollout of an on-policy learner, or a step of an off-policy learner.

    Attributes:
      pace: The number of steps and updates in an iteration.
    """

    pace: Pace

    @property
    def iterations(self) -> int:
        """The number of iterations that have been made."""

    @property
    def state(self) -> Any:
        """The present state of the learners, with which training goes on."""

    @state.setter
    def state(self, state: Any) -> None: ...

    def trackables(self) -> Mapping[str, Any]:
        """Returns everything that a checkpoint must hold for the loop to go on, by name."""

    def advance(self, end: int) -> Interval:
        """Trains until `end` iterations have been made.

        Raises:
          NonFiniteError: If a metric or a parameter becomes NaN or infinite.
        """

    def close(self) -> None:
        """Closes the environments that were made here."""


class Pace(NamedTuple):
    """The number of steps and updates in one iteration of a training loop.

    Attributes:
      calls: The number of steps of every environment.
      steps: The number of steps of each learner, over all its environments.
      updates: The number of updates of each learner, once it learns. With 3/4, three of four
        iterations make one update.
      warm_up: The number of iterations at the beginning that make no update.
    """

    calls: int
    steps: int
    updates: Fraction
    warm_up: int

    @classmethod
    def of(cls, experience: OnPolicy | OffPolicy, num_envs: int) -> Pace:
        """Returns the pace of a learner with `num_envs` environments."""
        if isinstance(experience, OnPolicy):
            length = experience.rollout_length
            return cls(calls=length, steps=length * num_envs, updates=Fraction(1), warm_up=0)
        return cls(
            calls=1,
            steps=num_envs,
            updates=num_envs * as_fraction(experience.updates_per_step),
            warm_up=math.ceil(experience.learning_starts / num_envs),
        )

    def iterations(self, steps: int) -> int:
        """Returns the iterations, rounded up, that each learner needs to take `steps` steps."""
        return math.ceil(steps / self.steps)

    def updates_after(self, iterations: int) -> int:
        """Returns the number of whole updates that each learner has made."""
        return math.floor(max(iterations - self.warm_up, 0) * self.updates)

    def due(self, iteration: tf.Tensor) -> tf.Tensor | int:
        """Returns the number of updates that each learner makes in one iteration.

        Args:
          iteration: An int32 scalar, the number of iterations before this one, without the warm-up.

        Returns:
          An integer if the number is the same in every iteration, else an int32 scalar.
        """
        count, of = self.updates.numerator, self.updates.denominator
        if of == 1:
            return count
        before = tf.cast(iteration, tf.int64) * count
        return tf.cast((before + count) // of - before // of, tf.int32)


def as_fraction(number: float) -> Fraction:
    """Returns the fraction that a decimal number means, such as 1/10 for 0.1."""
    return Fraction(float(number)).limit_denominator(10_000)


class StateVariables(tf.Module):
    """A structure of tensors, kept in variables."""

    def __init__(self, state: Any):
        super().__init__()

        def variable(x: Any) -> tf.Variable:
            return tf.Variable(storage.to_stored(tf.convert_to_tensor(x)), trainable=False)

        # A checkpoint names them by their place in the structure.
        self._variables = tf.nest.map_structure(variable, state)
        dtypes = tf.nest.map_structure(lambda x: tf.convert_to_tensor(x).dtype, state)
        # A function: a NamedTuple that is an attribute is wrapped by TensorFlow 2.15 in something
        # that its own compiled functions refuse.
        self._structure = lambda: dtypes

    def read(self) -> Any:
        """Returns the structure that was written last."""
        variables = iter(tf.nest.flatten(self._variables))
        return tf.nest.map_structure(
            lambda dtype: storage.from_stored(next(variables).read_value(), dtype),
            self._structure(),
        )

    def write(self, state: Any) -> None:
        """Overwrites the variables with a structure of the same shapes."""
        pairs = zip(tf.nest.flatten(self._variables), tf.nest.flatten(state), strict=True)
        for variable, x in pairs:
            variable.assign(storage.to_stored(x))


class Counter(StateVariables):
    """A Python integer that a checkpoint holds."""

    def __init__(self) -> None:
        super().__init__(tf.constant(0, tf.int64))

    @property
    def value(self) -> int:
        """The present count."""
        return int(self.read())

    @value.setter
    def value(self, value: int) -> None:
        self.write(tf.constant(value, tf.int64))
