"""Bounds and rates from the literature, as functions: what measurements are held against.

Arguments are floats or arrays and broadcast. `alpha` (tau in most papers) is in reward per nat.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def soft_value_gap(alpha: npt.ArrayLike, num_actions: int, discount: npt.ArrayLike) -> np.ndarray:
    r"""Bounds both what entropy adds to the optimal value and what it costs in reward.

    .. math:: 0 \le V^*_\alpha - V^* \le \frac{\alpha \log A}{1 - \gamma}, \qquad
              0 \le V^* - V^{\pi^*_\alpha} \le \frac{\alpha \log A}{1 - \gamma}

    Args:
      alpha: at least 0.
      num_actions: A.
      discount: gamma, in [0, 1).

    Returns:
      The right-hand side, in units of reward.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 3, https://arxiv.org/abs/1901.11275

    >>> soft_value_gap(0.1, 4, 0.9).round(6).item()
    1.386294
    """
    return np.asarray(alpha) * np.log(num_actions) / (1 - np.asarray(discount))


def contraction_error(residual: npt.ArrayLike, discount: npt.ArrayLike) -> np.ndarray:
    r"""Bounds the error after a backup by how much the backup changed.

    .. math:: \|T V - V^*\|_\infty \le \frac{\gamma}{1 - \gamma} \|T V - V\|_\infty

    Args:
      residual: the largest change, in units of reward.
      discount: gamma, in [0, 1).

    References:
      M. L. Puterman (1994), "Markov decision processes", section 6.3,
      https://doi.org/10.1002/9780470316887

    >>> contraction_error(0.1, 0.5).item()
    0.1
    """
    discount = np.asarray(discount)
    return discount / (1 - discount) * np.asarray(residual)


def bandit_suboptimality(alpha: npt.ArrayLike, num_actions: int) -> np.ndarray:
    r"""The most that Boltzmann's policy can lose on a bandit, over all rewards: a sharp bound.

    .. math:: \max_r \; r^* - \langle \mathrm{softmax}(r / \alpha), r \rangle
              = \alpha \, W\!\left(\frac{A - 1}{e}\right)

    with W Lambert's function. For gaps D_i and probabilities p_i, the loss L = sum p_i D_i is
    stationary where p_i (1 - (D_i - L) / alpha) = 0: all gaps are equal, D = alpha + L. Put
    x = D / alpha; then L / alpha = x - 1 and (A - 1) e^-x = x - 1, which W solves.

    Args:
      alpha: at least 0.
      num_actions: A.

    Returns:
      The largest loss, in units of reward; smaller than alpha log A.

    References:
      R. M. Corless, G. H. Gonnet, D. E. G. Hare, D. J. Jeffrey, D. E. Knuth (1996), "On the
      Lambert W function", https://doi.org/10.1007/BF02124750

    >>> bandit_suboptimality(1.0, 2).round(6).item()
    0.278465
    """
    target = (num_actions - 1) / np.e
    root = np.log1p(target)
    for _ in range(50):  # Newton on w e^w = target: convex, from above, so monotone
        root -= (root - target * np.exp(-root)) / (1 + root)
    return np.asarray(alpha) * root


def gradient_ascent_limit(num_actions: int, step_size: npt.ArrayLike) -> np.ndarray:
    r"""The limit of t times the suboptimality of policy gradient on a bandit, from uniform.

    .. math:: t \, \delta_t \to \frac{K - 1}{K \eta}

    Near the optimum the losses x_a of the suboptimal actions follow dx_a/dt = -eta x_a (x_a +
    sum_b x_b), which draws them together, so the limit does not depend on the rewards. Where they
    are equal from the start it is approached as log(t) / t, otherwise as t^(-1/K).

    Args:
      num_actions: K.
      step_size: eta.

    References:
      J. Mei, C. Xiao, C. Szepesvari, D. Schuurmans (2020), "On the global convergence rates of
      softmax policy gradient methods", theorems 2 and 4, https://arxiv.org/abs/2005.06392

    >>> gradient_ascent_limit(2, 0.5).item()
    1.0
    """
    return (num_actions - 1) / (num_actions * np.asarray(step_size))


def gravity_well_escape_time(
    step_size: npt.ArrayLike, gap: npt.ArrayLike, initial_probability: npt.ArrayLike
) -> np.ndarray:
    r"""How long policy gradient with two actions takes to leave a bad start, as that gets worse.

    .. math:: t \to \frac{1}{2 \eta \Delta \pi_0(a^*)}, \qquad \pi_0(a^*) \to 0

    Args:
      step_size: eta.
      gap: Delta, the difference of the rewards.
      initial_probability: of the better action, near 0.

    References:
      J. Mei, C. Xiao, B. Dai, L. Li, C. Szepesvari, D. Schuurmans (2020), "Escaping the
      gravitational pull of softmax", Advances in Neural Information Processing Systems 33.

    >>> gravity_well_escape_time(0.5, 0.5, 0.01).round(9).item()
    200.0
    """
    product = np.asarray(step_size) * np.asarray(gap) * np.asarray(initial_probability)
    return 1 / (2 * product)


def entropy_gradient_log_rate(
    step_size: npt.ArrayLike, alpha: npt.ArrayLike, gap: npt.ArrayLike
) -> np.ndarray:
    r"""The rate of entropy-regularised policy gradient near its optimum, with two actions.

    .. math:: \log \frac{e_{t+1}}{e_t} \to \log(1 - 2 \eta \tau p (1 - p)), \qquad
              p = \mathrm{sigmoid}(\Delta / \tau)

    Linear, but slow: p (1 - p) is about exp(-Delta / tau).

    Args:
      step_size: eta.
      alpha: tau, positive.
      gap: Delta.

    References:
      J. Mei, C. Xiao, C. Szepesvari, D. Schuurmans (2020), "On the global convergence rates of
      softmax policy gradient methods", theorem 6, https://arxiv.org/abs/2005.06392

    >>> entropy_gradient_log_rate(0.4, 1.0, 0.0).round(6).item()
    -0.223144
    """
    step_size, alpha, gap = map(np.asarray, (step_size, alpha, gap))
    p = 1 / (1 + np.exp(-gap / alpha))
    return np.log1p(-2 * step_size * alpha * p * (1 - p))


def natural_gradient_constant(
    q_error: npt.ArrayLike,
    log_policy_error: npt.ArrayLike,
    alpha: npt.ArrayLike,
    step_size: npt.ArrayLike,
    discount: npt.ArrayLike,
) -> np.ndarray:
    r"""The constant of the bounds on regularised natural policy gradient.

    .. math:: C_1 = \|Q^*_\tau - Q^{(0)}_\tau\|_\infty + 2 \tau \left(1 -
              \frac{\eta \tau}{1 - \gamma}\right) \|\log \pi^*_\tau - \log \pi^{(0)}\|_\infty

    Args:
      q_error: the first norm, in units of reward.
      log_policy_error: the second norm.
      alpha: tau, positive.
      step_size: eta, at most (1 - gamma) / tau.
      discount: gamma, in [0, 1).

    References:
      S. Cen, C. Cheng, Y. Chen, Y. Wei, Y. Chi (2022), "Fast global convergence of natural policy
      gradient methods with entropy regularization", theorem 1, https://arxiv.org/abs/2007.06558
    """
    alpha, discount = np.asarray(alpha), np.asarray(discount)
    decay = 1 - np.asarray(step_size) * alpha / (1 - discount)
    return np.asarray(q_error) + 2 * alpha * decay * np.asarray(log_policy_error)


def natural_gradient_errors(
    constant: npt.ArrayLike,
    alpha: npt.ArrayLike,
    step_size: npt.ArrayLike,
    discount: npt.ArrayLike,
    iterations: npt.ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Bounds on the errors of regularised natural policy gradient after t + 1 steps.

    .. math:: \|Q^*_\tau - Q^{(t+1)}_\tau\|_\infty \le C_1 \gamma (1 - \eta \tau)^t, \qquad
              \|\log \pi^*_\tau - \log \pi^{(t+1)}\|_\infty \le \frac{2 C_1}{\tau}
              (1 - \eta \tau)^t

    Args:
      constant: C_1, from `natural_gradient_constant`.
      alpha: tau, positive.
      step_size: eta, at most (1 - gamma) / tau.
      discount: gamma, in [0, 1).
      iterations: t + 1, at least 1.

    Returns:
      The bounds on the action values and on the log-policy.

    References:
      As `natural_gradient_constant`.
    """
    constant, alpha = np.asarray(constant), np.asarray(alpha)
    rate = (1 - np.asarray(step_size) * alpha) ** (np.asarray(iterations) - 1)
    return constant * np.asarray(discount) * rate, 2 * constant / alpha * rate


def entropy_living_threshold(
    value: npt.ArrayLike, num_actions: int, discount: npt.ArrayLike
) -> np.ndarray:
    r"""About the temperature from which living for entropy beats a goal.

    .. math:: \alpha \approx \frac{V^* (1 - \gamma)}{\log A}

    Wandering uniformly for ever earns alpha log A / (1 - gamma). An estimate, not a bound: the
    true wanderer avoids the goals, which costs it some entropy.

    Args:
      value: V*, of the goal, in units of reward.
      num_actions: A.
      discount: gamma, in [0, 1).

    References:
      H. Yu, H. Zhang, W. Xu (2022), "Do you need the entropy reward (in practice)?",
      https://arxiv.org/abs/2201.12434
    """
    return np.asarray(value) * (1 - np.asarray(discount)) / np.log(num_actions)
