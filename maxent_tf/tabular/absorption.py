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
      steps, by policy iteration.
    """
    if np.all(discount < 1):
        return 1 / (1 - discount)
    goes_on = (~terminal).astype(np.float64)
    step = transition * discount[..., None, None, None] * goes_on[..., None, None]
    action = np.zeros(terminal.shape, np.int64)
    steps = np.zeros(terminal.shape)
    while True:
        chosen = np.take_along_axis(step, action[..., None, None], -2)[..., 0, :]
        steps = np.linalg.solve(np.eye(terminal.shape[-1]) - chosen, goes_on[..., None])[..., 0]
        following = (step @ steps[..., None, :, None])[..., 0]
        best = following.max(-1)
        kept = np.take_along_axis(following, action[..., None], -1)[..., 0]
        # Only a real gain changes an action, so that ties cannot cycle.
        better = best > kept + 1e-9 * (1 + best)
        if not better.any():
            break
        action = np.where(better, following.argmax(-1), action)
    # If 1 + gamma max_a P_a w <= w + d, then w / (1 - d) is a bound: the equation's super-solution.
    slack = np.max(goes_on + best - steps, axis=-1).clip(0) + 1e-12
    longest = np.maximum(steps.max(-1), 1) / (1 - slack)
    with np.errstate(divide="ignore"):
        return np.where(discount < 1, 1 / (1 - discount), longest)
