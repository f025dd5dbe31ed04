"""The space of observations that a specification describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from maxent_tf.specs import Discrete, Image, MultiDiscrete, ObservationSpec

if TYPE_CHECKING:
    import gymnasium


def space_of(spec: ObservationSpec) -> gymnasium.Space:
    """Returns a space of the observations that a specification describes, counted from 0.

    >>> space_of(Discrete(3))
    Discrete(3)
    """
    from gymnasium import spaces

    if isinstance(spec, dict):
        return spaces.Dict({key: space_of(part) for key, part in spec.items()})
    if isinstance(spec, Discrete):
        return spaces.Discrete(spec.num_values)
    if isinstance(spec, MultiDiscrete):
        return spaces.MultiDiscrete(list(spec.nvec))
    if isinstance(spec, Image):
        return spaces.Box(0, 255, spec.shape, np.uint8)
    return spaces.Box(*spec.bounds(), dtype=np.float32)
