"""Retrace(lambda): returns of action values from the trajectories of another policy."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.operators.recurrence import backward_recurrence


def retrace_return(
    reward: tf.Tensor,
    discount: tf.Tensor | float,
    q: tf.Tensor,
    next_value: tf.Tensor,
    log_ratio: tf.Tensor,
    lambda_: tf.Tensor | float = 1.0,
    truncated: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns the Retrace target of the action value of every step.

    .. math::
       G_t &= q_t + \Delta_t, \qquad
       \Delta_t = r_t + \gamma_t v'_t - q_t + \gamma_t c_{t+1} \Delta_{t+1} \\
       c_t &= \lambda \min(1, \pi(a_t | s_t) / \mu(a_t | s_t))

    where :math:`v'_t = E_{a \sim \pi} q(s'_t, a)` is the value at the successor, and Delta is 0
    behind the last step and behind a truncated step. The first weight of a sum is that of the
    *next* step, because the action taken is the one that is valued. For soft action values, pass
    next values `with_entropy` (`policy_value` already includes the entropy).

    Args:
      reward: [T, ...], float, the rewards.
      discount: The discounts, broadcastable to `reward`: gamma * (1 - terminated), in [0, 1].
      q: [T, ...], the values of the actions taken.
      next_value: [T, ...], v', the value of each step's own successor observation under the target
        policy pi.
      log_ratio: [T, ...], log pi(a_t | s_t) - log mu(a_t | s_t), where mu is the policy that acted.
      lambda_: The parameter lambda, broadcastable to `reward`, in [0, 1].
      truncated: [T, ...], bool, whether the episode was truncated at the step; None for nowhere.

    Returns:
      The targets, [T, ...], float, in units of reward.

    References:
      R. Munos et al. (2016), "Safe and efficient off-policy reinforcement learning", section 3,
      https://arxiv.org/abs/1606.02647

    >>> on_policy = tf.zeros([2])
    >>> retrace_return(
    ...     tf.constant([1.0, 1.0]), 0.5, tf.zeros([2]), tf.constant([0.0, 4.0]), on_policy
    ... ).numpy().tolist()
    [2.5, 3.0]
    """
    reward = tf.convert_to_tensor(reward)
    discount = tf.convert_to_tensor(discount, reward.dtype)
    q, next_value, log_ratio = (
        tf.convert_to_tensor(x, reward.dtype) for x in (q, next_value, log_ratio)
    )
    # The minimum inside the exponential: a large ratio cannot overflow.
    weight = tf.convert_to_tensor(lambda_, reward.dtype) * tf.exp(tf.minimum(log_ratio, 0))
    next_weight = tf.concat([weight[1:], tf.zeros_like(weight[:1])], axis=0)
    if truncated is not None:
        next_weight = tf.where(truncated, tf.zeros([], reward.dtype), next_weight)
    delta = reward + discount * next_value - q
    return q + backward_recurrence(delta, discount * next_weight, tf.zeros([], reward.dtype))
