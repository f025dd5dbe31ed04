"""The rates at which policy gradients converge."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from maxent_tf.tabular.bounds.arguments import as_discount, as_size


def gradient_ascent_limit(num_actions: int, step_size: npt.ArrayLike) -> np.ndarray:
    r"""Returns the limit of t times the suboptimality of policy gradient on a bandit, from uniform.

    .. math:: t \, \delta_t \to \frac{K - 1}{K \eta}

    Near the optimum, the losses x_a of the suboptimal actions follow dx_a/dt = -eta x_a (x_a +
    sum_b x_b). This draws them together, so that the limit does not depend on the rewards. With
    x_a = q_a exp(-s) and ds/dt = eta sum_b x_b, the inverse 1 / q_a is 1 / x_a(0) + u, where u is a
    time of its own. Then eta t = int prod_b (1 + x_b(0) u) du, and eta t sum_b x_b =
    (K - 1)/K (1 + O(u^-2)) with u^K ~ t. The flow therefore approaches the limit as t^(-2/K), or as
    1 / t if all x_a(0) are equal. Finite steps add log(t) / t.

    Args:
      num_actions: The number K of actions.
      step_size: The step size eta.

    References:
      J. Mei, C. Xiao, C. Szepesvari, D. Schuurmans (2020), "On the global convergence rates of
      softmax policy gradient methods", theorems 2 and 4, https://arxiv.org/abs/2005.06392

    >>> gradient_ascent_limit(2, 0.5).item()
    1.0
    """
    return (num_actions - 1) / (num_actions * np.asarray(step_size))


def entropy_gradient_log_rate(
    step_size: npt.ArrayLike, alpha: npt.ArrayLike, gap: npt.ArrayLike
) -> np.ndarray:
    r"""Returns the rate of entropy-regularised policy gradient near its optimum, with two actions.

    .. math:: \log \frac{e_{t+1}}{e_t} \to \log(1 - 2 \eta \tau p (1 - p)), \qquad
              p = \mathrm{sigmoid}(\Delta / \tau)

    The convergence is linear, but slow: p (1 - p) is about exp(-Delta / tau).

    Args:
      step_size: The step size eta.
      alpha: The temperature tau, positive.
      gap: The gap Delta.

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
    r"""Returns the constant of the bounds on regularised natural policy gradient.

    .. math:: C_1 = \|Q^*_\tau - Q^{(0)}_\tau\|_\infty + 2 \tau \left(1 -
              \frac{\eta \tau}{1 - \gamma}\right) \|\log \pi^*_\tau - \log \pi^{(0)}\|_\infty

    Args:
      q_error: The first norm, the error of the action values, in units of reward.
      log_policy_error: The second norm, the error of the log-policy.
      alpha: The temperature tau, positive.
      step_size: The step size eta, at most (1 - gamma) / tau.
      discount: The discount factor gamma, in [0, 1).

    Raises:
      ValueError: If an argument is out of range.

    References:
      S. Cen, C. Cheng, Y. Chen, Y. Wei, Y. Chi (2022), "Fast global convergence of natural policy
      gradient methods with entropy regularization", theorem 1, https://arxiv.org/abs/2007.06558
    """
    alpha, discount = as_size("alpha", alpha, positive=True), as_discount(discount)
    decay = np.maximum(1 - _share(step_size, alpha, discount), 0)
    q_error = as_size("q_error", q_error)
    return q_error + 2 * alpha * decay * as_size("log_policy_error", log_policy_error)


def natural_gradient_errors(
    constant: npt.ArrayLike,
    alpha: npt.ArrayLike,
    step_size: npt.ArrayLike,
    discount: npt.ArrayLike,
    iterations: npt.ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Returns bounds on the errors of regularised natural policy gradient after t + 1 steps.

    .. math:: \|Q^*_\tau - Q^{(t+1)}_\tau\|_\infty \le C_1 \gamma (1 - \eta \tau)^t, \qquad
              \|\log \pi^*_\tau - \log \pi^{(t+1)}\|_\infty \le \frac{2 C_1}{\tau}
              (1 - \eta \tau)^t

    Args:
      constant: The constant C_1, from `natural_gradient_constant`.
      alpha: The temperature tau, positive.
      step_size: The step size eta, at most (1 - gamma) / tau.
      discount: The discount factor gamma, in [0, 1).
      iterations: The number of steps t + 1, at least 1.

    Returns:
      The bounds on the action values and on the log-policy.

    Raises:
      ValueError: If an argument is out of range.

    References:
      As `natural_gradient_constant`.
    """
    constant, alpha = as_size("constant", constant), as_size("alpha", alpha, positive=True)
    discount = as_discount(discount)
    # eta tau is the share of the largest step, times 1 - gamma.
    shrinking = 1 - _share(step_size, alpha, discount) * (1 - discount)
    rate = np.maximum(shrinking, 0) ** (np.asarray(iterations) - 1)
    return constant * discount * rate, 2 * constant / alpha * rate


def _share(step_size: npt.ArrayLike, alpha: np.ndarray, discount: np.ndarray) -> np.ndarray:
    """Returns eta tau / (1 - gamma); raises ValueError if it is above 1 by more than rounding."""
    share = as_size("step_size", step_size) * alpha / (1 - discount)
    if not np.all(share <= 1 + 1e-12):
        raise ValueError(
            f"step_size must be at most (1 - discount) / alpha, not {np.max(share):.6g} times that:"
            " beyond it the bounds do not hold."
        )
    return share
