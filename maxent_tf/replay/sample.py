"""The minibatch that a replay buffer draws."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from maxent_tf.types import Transition


class Sample(NamedTuple):
    """A minibatch, with the importance weights that correct it and the slots that identify it.

    Attributes:
      transition: The transitions, fields [*P, B, ...]. If n is above 1, the fields are
        [n, *P, B, ...]: each transition comes with those that followed it in its environment. Steps
        behind the end of an episode are steps of the next episode. Where the environment has not
        gone on yet, `truncated` is True.
      weight: [*P, B], float32, the importance weights, the largest of each minibatch being 1; None
        if all transitions were drawn with equal probability.
      slot: [*P, B], int64, the slots of the first transitions.
    """

    transition: Transition
    weight: tf.Tensor | None
    slot: tf.Tensor
