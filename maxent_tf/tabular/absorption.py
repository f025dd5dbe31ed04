r"""Whether, and how soon at the latest, an episode ends: what certified bounds rest on.

Let w be the largest expected discounted number of steps before a terminal state,

.. math:: w(s) = 1 + \gamma \max_a \sum_{s'} P(s' | s, a) \, w(s'),

with w = 0 where terminal.

Every soft Bellman operator T is monotone, and T(v + e w) <= T v + e gamma max_a P_a w for e >= 0.
So if |T v - v| <= e everywhere, then T(v + e w) <= v + e + e (w - 1) = v + e w: a super-solution,
and by symmetry v - e w is a sub-solution. Iterating T from either reaches the fixed point, hence

.. math:: |v - v^*| \le e \, w, \qquad |T v - v^*| \le e \, (w - 1).

Without terminal states w = 1 / (1 - gamma), which gives the bound of the contraction; with
discount 1 it still holds where every policy ends.

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
      transition: [*M, S, A, S], float.
      terminal: [*M, S], bool.

    Returns:
      [*M, S], bool: the largest set without terminal states in which every state has an action
      that stays in the set with certainty. A policy can avoid the end with positive probability
      from somewhere if and only if it is not empty.
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
    """Returns an upper bound on w below discount 1 from the discount alone, [*M]; else infinity.

    A row of probabilities sums to 1 only up to rounding, by which a discount next to 1 is exceeded.

    Args:
      discount: [*M], float64, in [0, 1].
      successors: how many probabilities a row has.
    """
    room = 1 - discount * (1 + rounding(successors))
    return np.divide(1, room, out=np.full_like(room, np.inf), where=room > 0)


def rounding(successors: int) -> float:
    """Bounds the relative rounding error of an expectation over so many successors, and of 1 + it.

    That of the probabilities themselves, which were normalised, is part of it.
    """
    return float((successors + 4) * np.finfo(np.float64).eps)


def super_solution(steps: np.ndarray, slack: np.ndarray) -> np.ndarray:
    """Returns the bound on w that estimates of w give, or infinity where they give none.

    If 1 + gamma max_a P_a w <= w + d with d < 1, then w / (1 - d) is a super-solution of the
    equation for w. With d >= 1 nothing follows.

    Args:
      steps: [*M], float64, the largest of the estimates.
      slack: [*M], float64, d, with the rounding error of its computation added.
    """
    room = 1 - slack
    bound = np.full(np.shape(room), np.inf)
    return np.divide(np.maximum(steps, 1), room, out=bound, where=room > 0)


def longest_horizon(
    transition: np.ndarray, discount: np.ndarray, terminal: np.ndarray
) -> np.ndarray:
    """Returns an upper bound on w over all states, which holds in spite of rounding.

    Args:
      transition: [*M, S, A, S], float64.
      discount: [*M], float64; where it is 1, absorption must be certain.
      terminal: [*M, S], bool.

    Returns:
      [*M], float64: 1 / (1 - discount) below discount 1, and there the largest expected number of
      steps, by policy iteration; infinite where float64 cannot bound it, which takes about 1e15
      steps over the number of states.
    """
    bound = discounted_horizon(discount, transition.shape[-1])
    endless = discount == 1
    if endless.any():
        bound[endless] = _expected_steps(transition[endless], ~terminal[endless])
    return bound


def _expected_steps(transition: np.ndarray, goes_on: np.ndarray) -> np.ndarray:
    """Returns the bound at discount 1, [N], of [N, S, A, S] and [N, S]."""
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
