"""The time that policy gradient on a bandit stays near a bad arm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def gravity_well_escape_time(
    step_size: npt.ArrayLike,
    gap: npt.ArrayLike,
    initial_probability: npt.ArrayLike,
    worse: npt.ArrayLike = (),
) -> np.ndarray:
    r"""Returns the time that policy gradient on a bandit needs to leave a very bad start.

    .. math:: t \to \frac{\prod_b \Delta_b \pi_0(b)}
              {\eta K (K - 1) (\Delta \pi_0(a^*))^{K - 1}}, \qquad \pi_0(a^*) \to 0

    The second best arm holds the start; the product is over the K - 2 arms b that are worse. With
    two arms, the time is 1 / (2 eta Delta pi0). Every worse arm adds one to the exponent: the arm
    that holds the start also gains from the decline of worse arms, and before these are gone, the
    best arm has lost most of its probability.

    To first order in the small probabilities and in time eta t, let x = Delta pi(a*) and, with
    n = K - 2 worse arms, let y = Delta_b pi(b), which become equal. Then

    .. math:: \dot x = x (2 x - n y), \qquad \dot y = y (x - (n + 1) y).

    So z = x / y grows, d log z / dt = x + y, and x = C z^-n (1 + z)^(n + 2) with
    C = x0^(n + 1) / prod_b y0(b). Then t = (1 / C) int_0^inf z^n (1 + z)^-(n + 3) dz, a Beta
    function.

    Args:
      step_size: The step size eta.
      gap: The gap Delta, by which the best arm pays more than the second best.
      initial_probability: The initial probability of the best arm, near 0.
      worse: [..., K - 2], one number for each worse arm: the product of Delta_b, by which it pays
        less than the second best arm, and its initial probability, which is small but far above
        that of the best arm.

    Returns:
      The number of steps until the best arm prevails.

    References:
      J. Mei, C. Xiao, B. Dai, L. Li, C. Szepesvari, D. Schuurmans (2020), "Escaping the
      gravitational pull of softmax", Advances in Neural Information Processing Systems 33: with
      two arms. The derivation for more arms is above.

    >>> gravity_well_escape_time(0.5, 0.5, 0.01).round(9).item()
    200.0
    >>> gravity_well_escape_time(0.4, 0.1, 0.001, worse=[0.8 * 0.01]).round().item()
    333333.0
    """
    worse = np.asarray(worse)
    others = worse.shape[-1]
    stake = np.asarray(gap) * np.asarray(initial_probability)
    factor = np.asarray(step_size) * (others + 1) * (others + 2)
    return worse.prod(-1) / (factor * stake ** (others + 1))


def gravity_well_lower_bound(
    step_size: npt.ArrayLike, rewards: npt.ArrayLike, start: npt.ArrayLike
) -> np.ndarray:
    r"""Returns a lower bound on the steps in which policy gradient on a bandit leaves a bad start.

    .. math:: t \ge \frac{\pi_0(b) / \pi_0(a^*) - 1}{\eta \, (r(a^*) - \langle \pi_0, r \rangle
              + r(a^*) - r(b))}

    until pi(a*) > 1/2, where b is the second best arm. With two arms, the bound is sharp as
    pi0(a*) -> 0.

    In one step, the ratio rho of the two probabilities grows by the factor
    exp(eta (pi(a*) (r(a*) - V) - pi(b) (r(b) - V))), where V = <pi, r>. No other arm pays more than
    b, so V - r(b) <= pi(a*) (r(a*) - r(b)). V never falls below its start, and pi(a*) <= rho. The
    factor is therefore at most exp(eta G rho), with G as in the denominator, and 1 / rho falls by
    at most eta G.

    Args:
      step_size: The step size eta. It must be so small that the expected reward never falls: 2/5 if
        rewards are in [0, 1].
      rewards: [..., K], the rewards of the arms.
      start: [..., K], the first policy.

    Returns:
      The number of steps, [...], not rounded.

    References:
      J. Mei, C. Xiao, B. Dai, L. Li, C. Szepesvari, D. Schuurmans (2020), "Escaping the
      gravitational pull of softmax", Advances in Neural Information Processing Systems 33, for the
      order, 1 / pi0(a*); the constant is derived above.

    >>> gravity_well_lower_bound(0.4, [0.5, 0.0], [0.001, 0.999]).round(2).item()
    2496.25
    """
    rewards, start = np.broadcast_arrays(np.asarray(rewards, float), np.asarray(start, float))
    order = np.argsort(rewards, -1)
    second, best = (np.take_along_axis(rewards, order, -1)[..., i] for i in (-2, -1))
    start_second, start_best = (np.take_along_axis(start, order, -1)[..., i] for i in (-2, -1))
    growth = best - (start * rewards).sum(-1) + best - second
    ratio = start_second / start_best
    return np.maximum(ratio - 1, 0) / (np.asarray(step_size) * growth)
