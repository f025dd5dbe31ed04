"""One learner of a batch of learners, which acts alone.

Networks take their leading axes from their parameters. A state whose axes `P` all have length 1
therefore makes one learner act. What still has the axes `P` of the whole batch, such as a policy
with a temperature for each learner, is reduced to that learner here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf.checks import is_integer


@dataclass(frozen=True)
class Member:
    """One learner of a batch of batch shape `P`.

    Attributes:
      batch_shape: P.
      index: The place of the learner in P, an integer for each axis.
    """

    batch_shape: tuple[int, ...]
    index: tuple[int, ...]

    @classmethod
    def of(cls, batch_shape: tuple[int, ...], index: Any) -> Member:
        """Returns the member at `index`, an integer or a sequence of such; None for a lone learner.

        Raises:
          ValueError: If there is no such member, or if there are several and `index` is None.
        """
        if index is None and batch_shape:
            raise ValueError(
                f"index must be the place of one learner, because the batch shape is "
                f"{list(batch_shape)}, not None: pass for example index={(0,) * len(batch_shape)}."
            )
        place = () if index is None else tuple(np.atleast_1d(index))
        inside = len(place) == len(batch_shape) and all(
            is_integer(i, least=0) and i < n for i, n in zip(place, batch_shape, strict=True)
        )
        if not inside:
            raise ValueError(
                f"index={index!r} is not the place of a learner in the batch shape "
                f"{list(batch_shape)}: pass an integer for each of its axes, counted from 0."
            )
        return cls(batch_shape, tuple(int(i) for i in place))

    def of_state(self, x: tf.Tensor) -> tf.Tensor:
        """Returns a tensor of a state with axes of length 1 for P; without P it stays."""
        ndims = len(self.batch_shape)
        if tuple(x.shape[:ndims]) != self.batch_shape:
            return x
        return tf.reshape(x[self.index], [1] * ndims + x.shape[ndims:])

    def without_axes(self, x: tf.Tensor) -> tf.Tensor:
        """Returns the learner's part of a tensor: [*P, ...] or [1, ..., 1, ...] -> [...]."""
        # Not all axes at once: LiteRT slices tensors of five axes at most, here and below.
        for i, length in zip(self.index, x.shape[: len(self.batch_shape)], strict=True):
            x = tf.gather(x, 0 if length == 1 else i)
        return x

    def with_axes(self, x: tf.Tensor) -> tf.Tensor:
        """Returns a tensor with an axis of length 1 in front for each axis of P."""
        for _ in self.batch_shape:
            x = tf.expand_dims(x, 0)
        return x

    def of_distribution(self, distribution: Any) -> Any:
        """Returns the learner's part of a distribution: batch shape [*P, B] -> [B].

        A distribution without parameters of its own, which can only be drawn from, stays.
        """
        if not self.batch_shape:
            return distribution
        return mapped(self.without_axes, distribution)


def parameters(distribution: Any) -> dict[str, tf.Tensor]:
    """Returns the tensors that make a distribution, by name; those inside a `tfd.Independent`."""
    if isinstance(distribution, tfd.Independent):
        return parameters(distribution.distribution)
    given = distribution.parameters
    names = type(distribution).parameter_properties(dtype=distribution.dtype)
    return {name: given[name] for name in names if given[name] is not None}


def mapped(function: Callable[[tf.Tensor], tf.Tensor], distribution: Any) -> Any:
    """Returns a distribution of the same kind, with a function of each of its `parameters`."""
    if isinstance(distribution, tfd.Independent):
        inside = mapped(function, distribution.distribution)
        return distribution.copy(distribution=inside)
    given = parameters(distribution)
    if not given:
        return distribution
    return distribution.copy(**{name: function(value) for name, value in given.items()})
