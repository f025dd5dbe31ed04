"""What the two training loops have in common: how they count, what they keep, what they offer."""

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
      updates: of each learner, once it learns; with 3/4, three iterations of four make one.
      warm_up: iterations at the beginning in which nothing is learned.
    """

    calls: int
    steps: int
    updates: Fraction
    warm_up: int

    @classmethod
    def of(cls, experience: OnPolicy | OffPolicy, num_envs: int) -> Pace:
        """Returns the pace of a learner with `num_envs` worlds."""
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
        """Returns the iterations in which each learner takes `steps` steps, rounded up."""
        return math.ceil(steps / self.steps)

    def updates_after(self, iterations: int) -> int:
        """Returns the updates that each learner has made, whole ones."""
        return math.floor(max(iterations - self.warm_up, 0) * self.updates)

    def due(self, iteration: tf.Tensor) -> tf.Tensor | int:
        """Returns how many updates each learner makes in one iteration.

        Args:
          iteration: an int32 scalar, the iterations before this one, without the warm-up.

        Returns:
          An integer where it is the same in every iteration, else an int32 scalar.
        """
        count, of = self.updates.numerator, self.updates.denominator
        if of == 1:
            return count
        before = tf.cast(iteration, tf.int64) * count
        return tf.cast((before + count) // of - before // of, tf.int32)


def as_fraction(number: float) -> Fraction:
    """Returns the fraction that a decimal number means: 1/10 for 0.1, which no float is."""
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
        """Returns what was last written."""
        variables = iter(tf.nest.flatten(self._variables))
        return tf.nest.map_structure(
            lambda dtype: storage.from_stored(next(variables).read_value(), dtype),
            self._structure(),
        )

    def write(self, state: Any) -> None:
        """Takes in a structure of the same shapes."""
        pairs = zip(tf.nest.flatten(self._variables), tf.nest.flatten(state), strict=True)
        for variable, x in pairs:
            variable.assign(storage.to_stored(x))


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
