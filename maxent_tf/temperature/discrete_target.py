r"""The policy that a target entropy forces over discrete actions.

The simplest case is instructive: one action is better than the `A - 1` others by Delta. The
Boltzmann policy is then a function of :math:`x = \Delta / \alpha` alone,

.. math:: p = \frac{1}{1 + (A - 1) e^{-x}}, \qquad
          H = \log\left(1 + (A - 1) e^{-x}\right) + x \, (1 - p),

and H falls from log A at x = 0 to 0 at infinity. A target entropy therefore fixes p, *whatever the
gap*, and alpha is proportional to the gap: Delta / x. As the target approaches log A, the root x
goes to 0 and alpha to infinity.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# exp(-x) is all but gone there: an entropy of 1e-300 nats.
_LARGEST_RATIO = 700.0


def forced_probability(target_entropy: npt.ArrayLike, num_actions: int = 2) -> np.ndarray:
    r"""Returns the probability of the better action that a target entropy forces, for any gap.

    .. math:: p: \quad -p \log p - (1 - p) \log \frac{1 - p}{A - 1} = \bar H, \quad p \ge 1/A

    Args:
      target_entropy: The target entropies, of any shape, in nats, in (0, log A).
      num_actions: A, the number of actions: the better one and the others, all equally good.

    Returns:
      The probabilities, in the shape of `target_entropy`, float64.

    Raises:
      ValueError: If a target is out of range.

    >>> forced_probability(0.98 * np.log(2)).round(3).item()
    0.583
    """
    ratio = _gap_ratio(target_entropy, num_actions)
    return 1 / (1 + (num_actions - 1) * np.exp(-ratio))


def implied_alpha(
    gap: npt.ArrayLike, target_entropy: npt.ArrayLike, num_actions: int = 2
) -> np.ndarray:
    r"""Returns the temperature at which the Boltzmann policy has the target entropy.

    .. math:: \alpha = \frac{\Delta}{\log\left((A - 1) \, p / (1 - p)\right)}

    with p the `forced_probability`. For two actions, the divisor is the log-odds of p.

    Args:
      gap: Delta, broadcastable against `target_entropy`, at least 0, in units of reward: the
        difference in soft Q-value between the best action and the others.
      target_entropy: The target entropies, in nats, in (0, log A).
      num_actions: A, the number of actions: the better one and the others, all equally good.

    Returns:
      The temperatures, in the broadcast shape, float64, in reward per nat.

    Raises:
      ValueError: If an argument is out of range.

    >>> implied_alpha(1.0, 0.98 * np.log(2)).round(2).item()
    2.98
    """
    gap = np.asarray(gap, np.float64)
    if not np.all((gap >= 0) & np.isfinite(gap)):
        raise ValueError(f"gap must be finite and at least 0, not {gap}.")
    return gap / _gap_ratio(target_entropy, num_actions)


def _gap_ratio(target_entropy: npt.ArrayLike, num_actions: int) -> np.ndarray:
    """Returns x = Delta / alpha at which the entropy equals the target, by bisection."""
    target = np.asarray(target_entropy, np.float64)
    if num_actions < 2:
        raise ValueError(f"num_actions must be at least 2, not {num_actions}.")
    maximum = np.log(num_actions)
    if not np.all((target > 0) & (target < maximum)):
        raise ValueError(
            f"target_entropy must be in (0, {maximum:.6g}) = (0, log {num_actions}), not {target}."
        )
    low, high = np.zeros_like(target), np.full_like(target, _LARGEST_RATIO)
    for _ in range(64):
        middle = (low + high) / 2
        others = (num_actions - 1) * np.exp(-middle)
        entropy = np.log1p(others) + middle * others / (1 + others)
        above = entropy > target
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2
