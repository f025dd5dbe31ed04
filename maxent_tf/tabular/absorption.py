r"""Bounds on the time until an episode ends, on which certified error bounds rest.

Let w be the largest expected discounted number of steps before a terminal state,

.. math:: w(s) = 1 + \gamma \max_a \sum_{s'} P(s' | s, a) \, w(s'),

with w = 0 in terminal states.

Every soft Bellman operator T is monotone, and T(v + e w) <= T v + e gamma max_a P_a w for e >= 0.
If |T v - v| <= e everywhere, then T(v + e w) <= v + e + e (w - 1) = v + e w. So v + e w is a
super-solution and, by symmetry, v - e w is a sub-solution. Iterating T from either reaches the
fixed point, hence

.. math:: |v - v^*| \le e \, w, \qquad |T v - v^*| \le e \, (w - 1).

Without terminal states, w = 1 / (1 - gamma), which gives the bound of the contraction. With
discount 1, the bound still holds if every policy ends in a terminal state.

References:
  D. P. Bertsekas and J. N. Tsitsiklis (1991), "An analysis of stochastic shortest path problems",
  https://doi.org/10.1287/moor.16.3.580
"""

from __future__ import annotations

import numpy as np

# Policy iteration takes a handful; among ties that rounding breaks it could go on for ever.
_MOST_IMPROVEMENTS = 1000


def state_kept_forever(transition: np.ndarray, terminal: np.ndarray) -> np.ndarray:
    """Marks the states from which some policy may never reach a terminal state.

    Args:
      transition: [*M, S, A, S], float, the transition probabilities.
      terminal: [*M, S], bool, whether a state is terminal.

    Returns:
      The marks, [*M, S], bool. The marked states are the largest set without terminal states in
      which every state has an action that stays in the set with certainty. A policy can avoid the
      end with positive probability from some state if and only if this set is not empty.
    """
    possible = (transition > 0).astype(np.float32)
    kept = ~terminal
    while True:
        leaves = (possible @ (~kept).astype(np.float32)[..., None, :, None])[..., 0] > 0
        fewer = kept & np.any(~leaves, -1)
        if np.array_equal(fewer, kept):
            return kept
        kept = fewer


def discounted_horizon(discount: np.ndarray, successors: int) -> np.ndarray:
    """Returns an upper bound on w from the discount alone, [*M]; infinity at discount 1.

    A row of probabilities sums to 1 only up to rounding. The sum of a discounted row may therefore
    exceed a discount close to 1.

    Args:
      discount: [*M], float64, in [0, 1].
      successors: The number of probabilities in a row.
    """
    room = 1 - discount * (1 + rounding(successors))
    return np.divide(1, room, out=np.full_like(room, np.inf), where=room > 0)


def rounding(successors: int) -> float:
    """Bounds the relative rounding error of an expectation over `successors`, and of 1 + it.

    The rounding error of the probabilities themselves, which were normalised, is included.
    """
    return float((successors + 4) * np.finfo(np.float64).eps)


def super_solution(steps: np.ndarray, slack: np.ndarray) -> np.ndarray:
    """Returns the bound on w that follows from estimates of w, or infinity if none follows.

    If 1 + gamma max_a P_a w <= w + d with d < 1, then w / (1 - d) is a super-solution of the
    equation for w. With d >= 1, nothing follows.

    Args:
      steps: [*M], float64, the largest of the estimates of w.
      slack: [*M], float64, d, plus the rounding error of its computation.
    """
    room = 1 - slack
    bound = np.full(np.shape(room), np.inf)
    return np.divide(np.maximum(steps, 1), room, out=bound, where=room > 0)


def longest_horizon(
    transition: np.ndarray, discount: np.ndarray, terminal: np.ndarray
) -> np.ndarray:
    """Returns an upper bound on w over all states, which holds in spite of rounding errors.

    Args:
      transition: [*M, S, A, S], float64, the transition probabilities.
      discount: [*M], float64; where it is 1, every policy must end in a terminal state.
      terminal: [*M, S], bool, whether a state is terminal.

    Returns:
      The bound, [*M], float64. Below discount 1 it is 1 / (1 - discount). At discount 1 it is the
      largest expected number of steps, by policy iteration, or infinite if float64 cannot bound
      that number, which takes about 1e15 steps over the number of states.
    """
    bound = discounted_horizon(discount, transition.shape[-1])
    endless = discount == 1
    if endless.any():
        bound[endless] = _expected_steps(transition[endless], ~terminal[endless])
    return bound


def _expected_steps(transition: np.ndarray, goes_on: np.ndarray) -> np.ndarray:
    """Returns the bound at discount 1, [N], for arrays [N, S, A, S] and [N, S]."""
    try:
        return _policy_iteration(transition, goes_on.astype(np.float64))
    except np.linalg.LinAlgError:
        # Somewhere the end is so rare that rounding has lost it: nothing bounds those processes.
        if len(transition) == 1:
            return np.full(1, np.inf)
        pairs = zip(transition, goes_on, strict=True)
        return np.concatenate([_expected_steps(t[None], g[None]) for t, g in pairs])


def _policy_iteration(transition: np.ndarray, goes_on: np.ndarray) -> np.ndarray:
    step = transition * goes_on[:, None, None]
    unit = rounding(step.shape[-1])
    action = np.zeros(goes_on.shape, np.int64)
    for _ in range(_MOST_IMPROVEMENTS):
        chosen = np.take_along_axis(step, action[..., None, None], -2)[..., 0, :]
        steps = np.linalg.solve(np.eye(goes_on.shape[-1]) - chosen, goes_on[..., None])[..., 0]
        following = (step @ steps[..., None, :, None])[..., 0]
        best = following.max(-1)
        kept = np.take_along_axis(following, action[..., None], -1)[..., 0]
        # Only a gain beyond rounding changes an action, so that ties seldom cycle.
        size = 1 + np.abs(steps).max(-1)
        better = best > kept + 4 * unit * size[:, None]
        if not better.any():
            break
        action = np.where(better, following.argmax(-1), action)
    slack = np.max(goes_on + best - steps, -1).clip(0) + unit * size
    return super_solution(steps.max(-1), slack)
