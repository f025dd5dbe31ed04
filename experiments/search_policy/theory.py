"""The theory of the visits of PUCT: their temperature and their distance from a policy.

References:
  J.-B. Grill et al. (2020), "Monte-Carlo tree search as regularized policy optimization",
  https://arxiv.org/abs/2007.12509
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def temperature(
    constant: npt.ArrayLike, simulations: npt.ArrayLike, actions: npt.ArrayLike
) -> np.ndarray:
    """Returns lambda = c sqrt(n) / (A + N), equation 3; n = N + 1 counts the root's own visit."""
    simulations = np.asarray(simulations)
    return constant * np.sqrt(simulations + 1) / (np.asarray(actions) + simulations)


def constant(
    temperature: npt.ArrayLike, simulations: npt.ArrayLike, actions: npt.ArrayLike
) -> np.ndarray:
    """Returns the constant of PUCT that gives a temperature: the inverse of `temperature`."""
    simulations = np.asarray(simulations)
    return temperature * (np.asarray(actions) + simulations) / np.sqrt(simulations + 1)


def smoothed(visits: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """Returns the shares of the visits, [..., A], each of which counts one more, section 3.1.

    Args:
      visits: [..., A], the visits.
      legal: [..., A], bool, the legal actions; illegal actions have no share.
    """
    counted = visits + legal
    return counted / counted.sum(axis=-1, keepdims=True)


def bound(simulations: npt.ArrayLike, actions: npt.ArrayLike) -> np.ndarray:
    """Returns (A - 1) / (A + N), which the distance does not exceed, proposition 4.

    The distance is that of `smoothed` visits from the regularised policy, the largest over the
    actions. The proposition is for values that do not change from one simulation to the next.
    """
    actions = np.asarray(actions)
    return (actions - 1) / (actions + np.asarray(simulations))
