r"""The soft-optimal policy of DeepSea in closed form: a sum over its paths.

Nothing is random and nothing discounted, so that the soft-optimal policy draws each of the 2^N
action sequences in proportion to exp(return / alpha). With c = exp(-.01 / (N alpha)) the weight of
a move to the right, the one sequence without a move to the left weighs c^N exp(1 / alpha), and all
others together (1 + c)^N - c^N.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.optimize

MOVE_COST, TREASURE = 0.01, 1.0
BEST = TREASURE - MOVE_COST  # the return of the one way to the treasure


class PathSum(NamedTuple):
    """What the soft-optimal policy does, exactly.

    Attributes:
      goal: [...], P(goal), the probability that an episode ends at the treasure.
      value: [...], its expected return, without entropy.
      unaware: [...], P(goal) of the policy that is soft-optimal without the treasure: of an agent
        that has not found it yet.
    """

    goal: np.ndarray
    value: np.ndarray
    unaware: np.ndarray


def path_sum(size: int, alpha: npt.ArrayLike) -> PathSum:
    """Sums over all paths.

    Args:
      size: N.
      alpha: [...], in reward per nat, positive.

    >>> path_sum(2, 1e9).goal.round(6).item()  # uniform
    0.25
    """
    alpha = np.asarray(alpha, np.float64)
    cost = MOVE_COST / size
    c = np.exp(-cost / alpha)
    others = (1 + c) ** size - c**size
    goal = 1 / (1 + others * np.exp(-BEST / alpha))
    # Among the others each move is to the right with weight c, but not all of them are.
    moves_right = (size * c * (1 + c) ** (size - 1) - size * c**size) / others
    value = goal * BEST - (1 - goal) * cost * moves_right
    return PathSum(goal, value, (c / (1 + c)) ** size)


def approximate_goal(size: int, alpha: npt.ArrayLike) -> np.ndarray:
    """The approximation that takes all paths but the best for free: 1 / (1 + 2^N exp(-.99 / a))."""
    return 1 / (1 + 2.0**size * np.exp(-BEST / np.asarray(alpha)))


def approximate_threshold(size: int) -> float:
    """The temperature at which that approximation is one half: .99 / (N log 2)."""
    return BEST / (size * np.log(2))


def threshold(size: int) -> float:
    """The temperature at which P(goal) is one half; size is at least 2."""
    near = approximate_threshold(size)

    def excess(alpha: float) -> float:
        return float(path_sum(size, alpha).goal) - 0.5

    return float(scipy.optimize.brentq(excess, near / 2, 2 * near, xtol=1e-14))
