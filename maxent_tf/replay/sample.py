"""What replay draws."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from maxent_tf.types import Transition


class Sample(NamedTuple):
    """A minibatch, with what corrects it and what identifies it.

    Attributes:
      transition: fields [*P, B, ...]; where n is above 1, [n, *P, B, ...]: each transition with
        those that followed it in its world. What comes after an episode's end is of the next
        episode; where the world has not gone on yet, `truncated` is True.
      weight: [*P, B], float32, importance weights, the largest of each minibatch 1; None where all
        transitions were as likely.
      slot: [*P, B], int64, where the first transitions lie.
    """

    transition: Transition
    weight: tf.Tensor | None
    slot: tf.Tensor
