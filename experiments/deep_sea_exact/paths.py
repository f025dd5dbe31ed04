r"""The soft-optimal policy of DeepSea in closed form: a sum over its paths.

Nothing is random and nothing is discounted. The soft-optimal policy therefore draws each of the 2^N
action sequences in proportion to exp(return / alpha). Let c = exp(-.01 / (N alpha)) be the weight
of a move to the right. The one sequence without a move to the left weighs c^N exp(1 / alpha), and
all others together weigh (1 + c)^N - c^N.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.optimize

MOVE_COST, TREASURE = 0.01, 1.0
BEST = TREASURE - MOVE_COST  # the return of the one way to the treasure


class PathSum(NamedTuple):
    """The exact behaviour of the soft-optimal policy.

    Attributes:
      goal: [...], P(goal), the probability that an episode ends at the treasure.
      value: [...], the expected return of the soft-optimal policy, without entropy.
      unaware: [...], P(goal) of the policy that is soft-optimal without the treasure, which is the
        policy of an agent that has not found the treasure yet.
    """

    goal: np.ndarray
    value: np.ndarray
    unaware: np.ndarray


def path_sum(size: int, alpha: npt.ArrayLike) -> PathSum:
    """Sums over all paths.

    Args:
      size: The number of rows N.
      alpha: [...], the temperature, in reward per nat, positive.

    >>> path_sum(2, 1e9).goal.round(6).item()  # uniform
    0.25
    """
    alpha = np.asarray(alpha, np.float64)
    cost = MOVE_COST / size
    c = np.exp(-cost / alpha)
    others = (1 + c) ** size - c**size
    goal = 1 / (1 + others * np.exp(-BEST / alpha))
    # Among the other paths each move is to the right with weight c, but not all moves are.
    moves_right = (size * c * (1 + c) ** (size - 1) - size * c**size) / others
    value = goal * BEST - (1 - goal) * cost * moves_right
    return PathSum(goal, value, (c / (1 + c)) ** size)


def approximate_goal(size: int, alpha: npt.ArrayLike) -> np.ndarray:
    """Returns P(goal) if all paths but the best were free: 1 / (1 + 2^N exp(-.99 / alpha))."""
    return 1 / (1 + 2.0**size * np.exp(-BEST / np.asarray(alpha)))


def approximate_threshold(size: int) -> float:
    """Returns the temperature at which `approximate_goal` is one half: .99 / (N log 2)."""
    return BEST / (size * np.log(2))


def threshold(size: int) -> float:
    """Returns the temperature at which P(goal) is one half; `size` is at least 2."""
    near = approximate_threshold(size)

    def excess(alpha: float) -> float:
        return float(path_sum(size, alpha).goal) - 0.5

    return float(scipy.optimize.brentq(excess, near / 2, 2 * near, xtol=1e-14))
