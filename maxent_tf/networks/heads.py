"""Heads, which make an action distribution of a network's outputs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf import checks, specs
from maxent_tf.distributions import SquashedGaussian
from maxent_tf.distributions.bounds import Bounds
from maxent_tf.distributions.categorical import Categorical


@dataclass(frozen=True)
class CategoricalHead:
    """A categorical distribution over discrete actions, whose logits are the network's outputs.

    Attributes:
      num_actions: A, the number of actions.
    """

    num_actions: int

    @property
    def num_outputs(self) -> int:
        """The number of outputs that the network must have, A."""
        return self.num_actions

    def __call__(self, outputs: tf.Tensor, mask: tf.Tensor | None = None) -> Categorical:
        """Returns the distribution with logits `outputs`: [*P, B, A] -> batch shape [*P, B].

        Args:
          outputs: [*P, B, A], float, the outputs of the network.
          mask: [*P, B, A], bool, the legal actions. Other actions have probability 0, and their
            outputs have no gradient. None allows all actions.

        Raises:
          ValueError: If the mask has another shape or dtype or, eagerly, allows no action
            somewhere.
        """
        return Categorical(logits=_masked(outputs, mask, (self.num_actions,)))


@dataclass(frozen=True)
class MultiCategoricalHead:
    """Independent categorical distributions, one for each element of a discrete action.

    Attributes:
      nvec: The number of values of each of the K elements.
    """

    nvec: tuple[int, ...]

    @property
    def num_outputs(self) -> int:
        """The number of outputs that the network must have, one for each value of each element."""
        return sum(self.nvec)

    def __call__(self, outputs: tf.Tensor, mask: tf.Tensor | None = None) -> tfd.Independent:
        """Returns the distribution: [*P, B, sum of nvec] -> batch shape [*P, B], event shape [K].

        Args:
          outputs: [*P, B, sum of nvec], float, the outputs of the network.
          mask: [*P, B, sum of nvec], bool, the legal values of each element; see `CategoricalHead`.

        Raises:
          ValueError: If the mask has another shape or dtype or, eagerly, allows no value of an
            element somewhere.
        """
        outputs = _masked(outputs, mask, self.nvec)
        # One categorical over the most values of any part, of which the others' do not occur.
        most, rank = max(self.nvec), len(outputs.shape)
        logits = [
            tf.pad(part, [[0, 0]] * (rank - 1) + [[0, most - n]], constant_values=-math.inf)
            for part, n in zip(tf.split(outputs, self.nvec, axis=-1), self.nvec, strict=True)
        ]
        return tfd.Independent(Categorical(logits=tf.stack(logits, axis=-2)), 1)


def _masked(logits: tf.Tensor, mask: tf.Tensor | None, nvec: tuple[int, ...]) -> tf.Tensor:
    """Returns logits [..., sum of nvec], -inf where the mask is False."""
    if mask is None:
        return logits
    mask = tf.convert_to_tensor(mask)
    if mask.dtype != tf.bool or mask.shape.rank == 0 or mask.shape[-1] != sum(nvec):
        raise ValueError(
            f"mask must be bool [..., {sum(nvec)}], True where a value is legal, not "
            f"{mask.dtype.name} of shape {mask.shape}."
        )
    if tf.executing_eagerly():
        for part, flags in enumerate(tf.split(mask, nvec, axis=-1)):
            none = np.argwhere(~np.any(flags, axis=-1))
            if len(none):
                raise ValueError(
                    f"mask allows no value of part {part} of the action at {none[0].tolist()}: at "
                    "least one must be legal wherever a policy is asked for."
                )
    return tf.where(mask, logits, tf.constant(-math.inf, logits.dtype))


@dataclass(frozen=True)
class SquashedGaussianHead:
    """A tanh-squashed Gaussian over a box, with location and log-scale from the network.

    Attributes:
      action_spec: The spec of the actions, a bounded box of shape [D].
      log_std_range: The range to which the log standard deviation of the pre-tanh Gaussian is
        clipped. Its gradient vanishes outside the range.
      initial_stddev: The standard deviation of the pre-tanh Gaussian where the network's output is
        0.

    Raises:
      ValueError: If the box is unbounded or not a vector, if the range is empty, or if the initial
        standard deviation lies outside the range.
    """

    action_spec: specs.Box
    log_std_range: tuple[float, float]
    initial_stddev: float

    def __post_init__(self) -> None:
        check_bounded_vector(self.action_spec)
        check_initial_stddev(self.initial_stddev, self.log_std_range)

    @property
    def num_outputs(self) -> int:
        """The number of outputs that the network must have, 2 D."""
        return 2 * self.action_spec.shape[0]

    def __call__(self, outputs: tf.Tensor) -> SquashedGaussian:
        """Returns the distribution: [*P, B, 2 D] -> batch shape [*P, B], event shape [D]."""
        loc, log_std = tf.split(outputs, 2, axis=-1)
        log_std = tf.clip_by_value(log_std + math.log(self.initial_stddev), *self.log_std_range)
        low, high = self.action_spec.bounds()
        return SquashedGaussian(loc, tf.exp(log_std), low=low, high=high)


def check_bounded_vector(action_spec: specs.Box) -> None:
    """Raises ValueError unless actions are vectors with finite bounds, distinct in float32."""
    if len(action_spec.shape) != 1 or not action_spec.bounded:
        raise ValueError(
            "a squashed Gaussian needs a vector of actions with finite bounds, not "
            f"{action_spec}: flatten or rescale the environment's actions."
        )
    Bounds.of(action_spec.low, action_spec.high).check_dtype(action_spec.dtype)


def check_initial_stddev(initial_stddev: float, log_std_range: tuple[float, float]) -> None:
    """Raises ValueError unless the logarithm of a standard deviation lies within its range."""
    low, high = checks.pair("log_std_range", log_std_range)
    checks.number("initial_stddev", initial_stddev)
    if not (initial_stddev > 0 and low <= math.log(initial_stddev) <= high):
        raise ValueError(
            f"initial_stddev={initial_stddev} must be positive with its logarithm within "
            f"log_std_range={log_std_range}."
        )


Head = CategoricalHead | MultiCategoricalHead | SquashedGaussianHead


def make_head(
    action_spec: specs.Spec,
    log_std_range: tuple[float, float] = (-5.0, 2.0),
    initial_stddev: float = 1.0,
) -> Head:
    """Returns the head that fits an action spec.

    Args:
      action_spec: The spec of the actions. A discrete action gets a `CategoricalHead`, a vector of
        discrete elements a `MultiCategoricalHead`, a box a `SquashedGaussianHead`.
      log_std_range: The range of the log standard deviation, see `SquashedGaussianHead`.
      initial_stddev: The initial standard deviation, see `SquashedGaussianHead`.

    Returns:
      A callable from network outputs to a distribution, with `num_outputs`.
    """
    if isinstance(action_spec, specs.Discrete):
        return CategoricalHead(action_spec.num_values)
    if isinstance(action_spec, specs.MultiDiscrete):
        return MultiCategoricalHead(action_spec.nvec)
    return SquashedGaussianHead(action_spec, log_std_range, initial_stddev)
