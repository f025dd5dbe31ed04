r"""Soft values and the soft Bellman operators of a finite model.

`S` is the number of states, `A` the number of actions; `...` stands for any axes in front
(learners, alphas). A regulariser :math:`\Omega` (Shannon's entropy by default) defines what "soft"
means. A model is given by the arrays `transition` [S, A, S], `reward` and `discount`. The discount
may differ between actions, so that a `discount` of 0 ends the episode. A q of -inf marks an illegal
action.
"""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.regularizers.envelope import expectation

_SHANNON = Shannon()


def soft_value(
    q: tf.Tensor,
    alpha: tf.Tensor | float,
    regularizer: Regularizer = _SHANNON,
    mask: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns the value of acting greedily with respect to the regularised action values.

    .. math:: V = \max_\pi \langle \pi, Q \rangle + \alpha \, \Omega(\pi)

    which for Shannon's entropy is :math:`\alpha \log \sum_a e^{Q_a / \alpha}`.

    Args:
      q: [..., A], float, the action values, in units of reward.
      alpha: The temperature, broadcastable to [...], in reward per nat, at least 0; 0 gives the
        largest q.
      regularizer: The regulariser Omega.
      mask: The legal actions, broadcastable to [..., A], bool; False where an action is illegal.

    Returns:
      The soft values, [...], float, in units of reward.

    Raises:
      ValueError: If alpha is statically known and negative.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 3, https://arxiv.org/abs/1901.11275

    >>> print(soft_value(tf.constant([0.0, 0.0]), alpha=[0.0, 1.0]).numpy().round(4))
    [0.     0.6931]
    """
    return regularizer.soft_max(q, alpha, mask)


def policy_value(
    q: tf.Tensor,
    policy: tf.Tensor,
    alpha: tf.Tensor | float,
    regularizer: Regularizer = _SHANNON,
) -> tf.Tensor:
    r"""Returns the value of following a policy now, given the action values.

    .. math:: V = \langle \pi, Q \rangle + \alpha \, \Omega(\pi)

    which for Shannon's entropy is :math:`E_{a \sim \pi}[Q(a) - \alpha \log \pi(a)]`.

    Args:
      q: [..., A], float, the action values; -inf only where the policy is 0.
      policy: The probabilities of the actions, broadcastable to [..., A].
      alpha: The temperature, broadcastable to [...], at least 0.
      regularizer: The regulariser Omega.

    Returns:
      The values, [...], float, in units of reward.

    >>> q = tf.constant([1.0, 3.0])
    >>> print(policy_value(q, tf.constant([0.5, 0.5]), alpha=1.0).numpy().round(4))
    2.6931
    """
    q = tf.convert_to_tensor(q)
    alpha = tf.convert_to_tensor(alpha, q.dtype)
    # Reverse divergences are infinite where a policy is 0, as hard maxima are.
    return expectation(policy, q) + tf.math.multiply_no_nan(regularizer.value(policy), alpha)


def soft_advantage(
    q: tf.Tensor,
    alpha: tf.Tensor | float,
    regularizer: Regularizer = _SHANNON,
    mask: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns the action values minus the soft value.

    .. math:: A(a) = Q(a) - V, \quad
              \text{for Shannon's entropy } = \alpha \log \pi(a), \; \pi \propto e^{Q / \alpha}

    Args:
      q: [..., A], float, the action values.
      alpha: The temperature, broadcastable to [...], at least 0.
      regularizer: The regulariser Omega.
      mask: The legal actions, broadcastable to [..., A], bool. Illegal actions have the advantage
        -inf.

    Returns:
      The advantages, [..., A], float, in units of reward.

    Raises:
      ValueError: If alpha is statically known and negative.

    >>> print(soft_advantage(tf.constant([1.0, 3.0]), alpha=0.0).numpy())
    [-2.  0.]
    """
    advantage = q - soft_value(q, alpha, regularizer, mask)[..., tf.newaxis]
    if mask is None:
        return advantage
    return tf.where(mask, advantage, tf.constant(-float("inf"), advantage.dtype))


def action_value(
    value: tf.Tensor,
    transition: tf.Tensor,
    reward: tf.Tensor,
    discount: tf.Tensor | float,
) -> tf.Tensor:
    r"""Returns the action values that follow from state values.

    .. math:: Q(s, a) = r(s, a) + \gamma(s, a) \sum_{s'} P(s' | s, a) \, V(s')

    Args:
      value: [..., S], float, the state values, in units of reward.
      transition: [S, A, S], the transition probabilities, along the last axis.
      reward: The expected rewards, broadcastable to [..., S, A].
      discount: The discounts, broadcastable to [..., S, A], in [0, 1]; 0 where the episode ends.

    Returns:
      The action values, [..., S, A], float, in units of reward.

    >>> transition = tf.constant([[[0.5, 0.5]], [[0.0, 1.0]]])
    >>> print(action_value(tf.constant([1.0, 3.0]), transition, 1.0, 0.5).numpy())
    [[2. ]
     [2.5]]
    """
    return reward + discount * tf.tensordot(value, transition, axes=[[-1], [-1]])


def soft_bellman_optimality(
    q: tf.Tensor,
    transition: tf.Tensor,
    reward: tf.Tensor,
    discount: tf.Tensor | float,
    alpha: tf.Tensor | float,
    regularizer: Regularizer = _SHANNON,
) -> tf.Tensor:
    r"""Applies the soft Bellman optimality operator, a contraction by the largest discount.

    .. math:: (T Q)(s, a) = r(s, a) + \gamma(s, a) \sum_{s'} P(s' | s, a)
              \max_\pi \left[\langle \pi, Q(s', \cdot) \rangle + \alpha \, \Omega(\pi)\right]

    Args:
      q: [..., S, A], float, the action values.
      transition: [S, A, S], the transition probabilities, along the last axis.
      reward: The expected rewards, broadcastable to [..., S, A].
      discount: The discounts, broadcastable to [..., S, A].
      alpha: The temperature, broadcastable to [..., S], at least 0; of shape [alphas, 1] for
        several temperatures at once.
      regularizer: The regulariser Omega.

    Returns:
      The action values after the backup, [..., S, A], float.

    Raises:
      ValueError: If alpha is statically known and negative.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 3, https://arxiv.org/abs/1901.11275
    """
    return action_value(soft_value(q, alpha, regularizer), transition, reward, discount)


def soft_bellman_policy(
    q: tf.Tensor,
    policy: tf.Tensor,
    transition: tf.Tensor,
    reward: tf.Tensor,
    discount: tf.Tensor | float,
    alpha: tf.Tensor | float,
    regularizer: Regularizer = _SHANNON,
) -> tf.Tensor:
    r"""Applies the soft Bellman operator of a policy.

    .. math:: (T^\pi Q)(s, a) = r(s, a) + \gamma(s, a) \sum_{s'} P(s' | s, a)
              \left[\langle \pi(s'), Q(s', \cdot) \rangle + \alpha \, \Omega(\pi(s'))\right]

    Args:
      q: [..., S, A], float, the action values.
      policy: The probabilities of the actions, broadcastable to [..., S, A].
      transition: [S, A, S], the transition probabilities, along the last axis.
      reward: The expected rewards, broadcastable to [..., S, A].
      discount: The discounts, broadcastable to [..., S, A].
      alpha: The temperature, broadcastable to [..., S], at least 0.
      regularizer: The regulariser Omega.

    Returns:
      The action values after the backup, [..., S, A], float.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 3, https://arxiv.org/abs/1901.11275
    """
    return action_value(policy_value(q, policy, alpha, regularizer), transition, reward, discount)
