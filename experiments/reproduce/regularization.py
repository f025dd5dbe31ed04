"""The loss of the soft-optimal policy in reward, as the temperature falls to 0."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments.bandit_ascent import REWARDS
from experiments.check import Check
from experiments.random_processes import ACTIONS, DISCOUNT, random_processes
from maxent_tf.tabular import TabularMDP, bounds, evaluate_policy, soft_policy_iteration

# The ratios of gap and temperature. At the least ratio, exp(-gap / tau) is 2e-9.
RATIOS = np.linspace(20, 40, 5)
# Actions are equally good if their values differ by less than this.
_TIE = 1e-9


def exponential_error() -> Iterator[Check]:
    """R23: V* - V of the soft-optimal policy falls as exp(-gap / tau), and not as tau."""
    for arms in ((1.0, 0.0), REWARDS):
        for tau in (0.02, 0.1, 0.5):
            what = f"bandit of {len(arms)} arms, tau = {tau:g}: loss"
            measured = float(loss(bandit(arms), np.array([tau]))[0, 0])
            yield Check("R23", what, bandit_loss(arms, tau), measured, 1e-9, "relative")
    m = random_processes()
    gap = smallest_gap(m)
    tau = gap / RATIOS[:, np.newaxis]
    worst = loss(m, tau).max(axis=-1)
    slopes = np.polyfit(RATIOS, np.log(worst), 1)[0]
    what = "200 processes: slope of the log of the loss in gap / tau,"
    yield Check("R23", f"{what} median", -1, float(np.median(slopes)), 0.01)
    yield Check("R23", f"{what} least", -1, float(slopes.min()), 0.05)
    yield Check("R23", f"{what} greatest", -1, float(slopes.max()), 0.05)
    linear = bounds.soft_value_gap(tau[0], ACTIONS, DISCOUNT)
    what = "200 processes, tau = gap / 20: loss over R8's bound, which is linear in tau"
    yield Check("R23", what, 1e-6, float(np.max(worst[0] / linear)), 0, "at most")


def loss(m: TabularMDP, tau: np.ndarray) -> np.ndarray:
    """Returns V* - V of the soft-optimal policies, [*K, *M, S].

    The values are those of the process whose rewards are the advantages of the best policy, none of
    which is positive. So no difference of large numbers is taken, and small losses are exact, too.

    Args:
      m: The processes, of batch shape [*M].
      tau: The temperatures, which broadcast against [*M].
    """
    soft = soft_policy_iteration(m, tau, tolerance=0.0).policy
    q = soft_policy_iteration(m, 0.0, tolerance=0.0).q
    advantage = q - np.max(q, axis=-1, keepdims=True)
    return -evaluate_policy(m._replace(reward=advantage), soft).v.numpy()


def smallest_gap(m: TabularMDP) -> np.ndarray:
    """Returns how much worse the best of all mistakes is than the best action, [*M].

    This gap is the exponent of the problem: min V*(s) - Q*(s, a) over all states s and all actions
    a that are not optimal in s.

    References:
      J. Müller, S. Cayci (2024), "Essentially sharp estimates on the entropy regularization error
      in discrete discounted Markov decision processes", https://arxiv.org/abs/2406.04163
    """
    q = soft_policy_iteration(m, 0.0, tolerance=0.0).q.numpy()
    gap = q.max(axis=-1, keepdims=True) - q
    return np.min(np.where(gap > _TIE, gap, np.inf), axis=(-1, -2))


def bandit(rewards: tuple[float, ...]) -> TabularMDP:
    """Returns a bandit as a process with one state and no future."""
    return TabularMDP([[[1.0]] * len(rewards)], [rewards], 0.0, [1.0])


def bandit_loss(rewards: tuple[float, ...], tau: float) -> float:
    """Returns the loss on a bandit: the mean gap, weighted by exp(-gap / tau)."""
    gap = max(rewards) - np.array(rewards)
    weight = np.exp(-gap / tau)
    return float(gap @ weight / weight.sum())
