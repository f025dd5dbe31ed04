"""Bounds on the effect of entropy on values, and on the errors of dynamic programming."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from maxent_tf.tabular.bounds.arguments import as_actions, as_discount, as_size


def soft_value_gap(alpha: npt.ArrayLike, num_actions: int, discount: npt.ArrayLike) -> np.ndarray:
    r"""Bounds the value that entropy adds to the optimum and the reward that it costs.

    .. math:: 0 \le V^*_\alpha - V^* \le \frac{\alpha \log A}{1 - \gamma}, \qquad
              0 \le V^* - V^{\pi^*_\alpha} \le \frac{\alpha \log A}{1 - \gamma}

    Args:
      alpha: The temperature, at least 0.
      num_actions: The number A of actions.
      discount: The discount factor gamma, in [0, 1).

    Returns:
      The right-hand side, in units of reward.

    Raises:
      ValueError: If an argument is out of range.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 3, https://arxiv.org/abs/1901.11275

    >>> soft_value_gap(0.1, 4, 0.9).round(6).item()
    1.386294
    """
    alpha, discount = as_size("alpha", alpha), as_discount(discount)
    return alpha * np.log(as_actions(num_actions)) / (1 - discount)


def contraction_error(residual: npt.ArrayLike, discount: npt.ArrayLike) -> np.ndarray:
    r"""Bounds the error after a backup by the change that the backup made.

    .. math:: \|T V - V^*\|_\infty \le \frac{\gamma}{1 - \gamma} \|T V - V\|_\infty

    Args:
      residual: The largest change of a value, in units of reward.
      discount: The discount factor gamma, in [0, 1).

    Raises:
      ValueError: If an argument is out of range.

    References:
      M. L. Puterman (1994), "Markov decision processes", section 6.3,
      https://doi.org/10.1002/9780470316887

    >>> contraction_error(0.1, 0.5).item()
    0.1
    """
    discount = as_discount(discount)
    return discount / (1 - discount) * as_size("residual", residual)


def soft_policy_iteration_error(
    error: npt.ArrayLike, alpha: npt.ArrayLike, discount: npt.ArrayLike
) -> np.ndarray:
    r"""Bounds the error of soft policy iteration after a step by the error before the step.

    .. math:: \|V^* - V^{\pi_{k+1}}\|_\infty \le \min\left(\gamma e, \;
              \frac{\gamma^2 e^2}{8 \alpha (1 - \gamma)}\right), \qquad
              e = \|V^* - V^{\pi_k}\|_\infty

    With d = V* - V^{pi_k} >= 0 and P the transitions under pi_{k+1}, which is greedy for V^{pi_k},

    .. math:: (I - \gamma P)(V^* - V^{\pi_{k+1}}) = T V^* - T V^{\pi_k} - \gamma P d.

    The right-hand side is the remainder of alpha log-sum-exp beyond first order: the variance of
    gamma P_a d over some policy, divided by 2 alpha. Numbers in [0, gamma e] have a variance of at
    most gamma^2 e^2 / 4.

    Args:
      error: The error e of the values of a policy, in units of reward.
      alpha: The temperature, positive.
      discount: The discount factor gamma, in [0, 1).

    Raises:
      ValueError: If an argument is out of range.

    References:
      S. Cen, C. Cheng, Y. Chen, Y. Wei, Y. Chi (2022), "Fast global convergence of natural policy
      gradient methods with entropy regularization", section 3, https://arxiv.org/abs/2007.06558,
      for the quadratic convergence; the constant is derived above.

    >>> soft_policy_iteration_error([1.0, 0.1], 0.5, 0.5).round(6).tolist()
    [0.125, 0.00125]
    """
    error, discount = as_size("error", error), as_discount(discount)
    alpha = as_size("alpha", alpha, positive=True)
    quadratic = (discount * error) ** 2 / (8 * alpha * (1 - discount))
    return np.minimum(discount * error, quadratic)


def bandit_suboptimality(alpha: npt.ArrayLike, num_actions: int) -> np.ndarray:
    r"""Returns the largest loss of a Boltzmann policy on a bandit, over all rewards: a sharp bound.

    .. math:: \max_r \; r^* - \langle \mathrm{softmax}(r / \alpha), r \rangle
              = \alpha \, W\!\left(\frac{A - 1}{e}\right)

    with W Lambert's function. For gaps D_i and probabilities p_i, the loss L = sum p_i D_i is
    stationary where p_i (1 - (D_i - L) / alpha) = 0. All gaps are then equal, D = alpha + L. With
    x = D / alpha, it follows that L / alpha = x - 1 and (A - 1) e^-x = x - 1, which W solves.

    Args:
      alpha: The temperature, at least 0.
      num_actions: The number A of actions.

    Returns:
      The largest loss, in units of reward; smaller than alpha log A.

    Raises:
      ValueError: If an argument is out of range.

    References:
      R. M. Corless, G. H. Gonnet, D. E. G. Hare, D. J. Jeffrey, D. E. Knuth (1996), "On the
      Lambert W function", https://doi.org/10.1007/BF02124750

    >>> bandit_suboptimality(1.0, 2).round(6).item()
    0.278465
    """
    target = (as_actions(num_actions) - 1) / np.e
    root = np.log1p(target)
    for _ in range(50):  # Newton on w e^w = target: convex, from above, so monotone
        root -= (root - target * np.exp(-root)) / (1 + root)
    return as_size("alpha", alpha) * root


def entropy_living_threshold(
    value: npt.ArrayLike, num_actions: int, discount: npt.ArrayLike
) -> np.ndarray:
    r"""Estimates the temperature above which collecting entropy is worth more than a goal.

    .. math:: \alpha \approx \frac{V^* (1 - \gamma)}{\log A}

    Wandering uniformly for ever earns alpha log A / (1 - gamma). The result is an estimate, not a
    bound: the best wanderer avoids the goals, which costs it some entropy.

    Args:
      value: The value V* of the goal, in units of reward.
      num_actions: The number A of actions.
      discount: The discount factor gamma, in [0, 1).

    References:
      H. Yu, H. Zhang, W. Xu (2022), "Do you need the entropy reward (in practice)?",
      https://arxiv.org/abs/2201.12434
    """
    return np.asarray(value) * (1 - np.asarray(discount)) / np.log(num_actions)
