"""The tabular parametrisation, with one row of outputs for each state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from maxent_tf.checks import as_integer
from maxent_tf.networks import dense


@dataclass(frozen=True)
class Table:
    """A linear layer without bias that starts at zero; for one-hot inputs it is a lookup table.

    Attributes:
      inputs: The number of states.
      outputs: The number of entries in a row.

    Raises:
      ValueError: If either number is not positive.
    """

    inputs: int
    outputs: int

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            object.__setattr__(self, name, as_integer(name, getattr(self, name)))

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> tf.Tensor:
        """Returns the table of zeros, [*P, in, out], float32; `seed` is not needed."""
        del seed
        return tf.zeros([*batch_shape, self.inputs, self.outputs])

    def apply(self, params: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        """Returns the rows that `x` selects (or mixes): [*P, B, in] -> [*P, B, out]."""
        return dense.product(x, params)
