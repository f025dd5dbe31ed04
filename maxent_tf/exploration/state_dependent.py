"""The configuration of generalised state-dependent exploration."""

from __future__ import annotations

import math
from dataclasses import dataclass

from maxent_tf.checks import as_integer, number


@dataclass(frozen=True)
class StateDependentExploration:
    """Noise that is a function of the state, and stays the same function for some steps.

    `distributions.state_dependent_gaussian` has the formulas. What a policy does between two draws
    is smooth in the state; over all draws it is a squashed Gaussian with an exact density.

    Attributes:
      period: steps of each world between two draws of its noise. At 1 it is drawn at every step, as
        any other policy's; an episode's end does not draw anew.
      initial_scale: of the entries of a fresh noise matrix, in pre-tanh units for each unit of a
        feature.

    Raises:
      ValueError: if the period is not a positive integer or the scale is not positive and finite.

    References:
      A. Raffin, J. Kober, F. Stulp (2021), "Smooth exploration for robotic reinforcement learning",
      section 3, https://arxiv.org/abs/2005.05719
    """

    period: int = 8
    initial_scale: float = math.exp(-3)

    def __post_init__(self) -> None:
        object.__setattr__(self, "period", as_integer("period", self.period))
        number("initial_scale", self.initial_scale)
        if not 0 < self.initial_scale < math.inf:
            raise ValueError(
                f"initial_scale must be positive and finite, not {self.initial_scale}."
            )
