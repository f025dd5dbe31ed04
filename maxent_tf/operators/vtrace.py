"""V-trace: targets of state values from the trajectories of another policy."""

from __future__ import annotations

import math
from typing import NamedTuple

import tensorflow as tf

from maxent_tf.operators.recurrence import backward_recurrence


class VTrace(NamedTuple):
    """The results of V-trace, each [T, ...], in units of reward.

    Attributes:
      value_target: The target of the critic.
      advantage: The advantage for the policy gradient, already multiplied by its clipped importance
        weight.
    """

    value_target: tf.Tensor
    advantage: tf.Tensor


def vtrace(
    reward: tf.Tensor,
    discount: tf.Tensor | float,
    value: tf.Tensor,
    next_value: tf.Tensor,
    log_ratio: tf.Tensor,
    lambda_: tf.Tensor | float = 1.0,
    clip_rho: float = 1.0,
    clip_c: float = 1.0,
    clip_pg_rho: float = 1.0,
    truncated: tf.Tensor | None = None,
) -> VTrace:
    r"""Returns the V-trace targets and policy-gradient advantages of every step.

    .. math::
       \Delta_t &= \rho_t (r_t + \gamma_t v'_t - v_t) + \gamma_t c_t \Delta_{t+1} \\
       \text{target}_t &= v_t + \Delta_t, \qquad
       \hat A_t = \rho^{pg}_t \left(r_t + \gamma_t (v'_t + \lambda \Delta_{t+1}) - v_t\right) \\
       \rho_t &= \min(\bar \rho, \pi / \mu), \qquad c_t = \lambda \min(\bar c, \pi / \mu), \qquad
       \rho^{pg}_t = \min(\bar \rho^{pg}, \pi / \mu)

    where Delta is 0 behind the last step and behind a truncated step. On policy, the advantages
    equal those of generalised advantage estimation, to the bit. For soft values, pass the rewards
    `with_entropy` of the target policy pi.

    Args:
      reward: [T, ...], float, the rewards.
      discount: The discounts, broadcastable to `reward`: gamma * (1 - terminated), in [0, 1].
      value: [T, ...], v, the values of the observations where the actions were chosen.
      next_value: [T, ...], v', the value of each step's own successor observation.
      log_ratio: [T, ...], log pi(a_t | s_t) - log mu(a_t | s_t), where mu is the policy that acted.
      lambda_: The parameter lambda, broadcastable to `reward`, in [0, 1].
      clip_rho: The bound rho-bar, positive. It decides which policy's values are learned: with an
        infinite bound, those of pi.
      clip_c: The bound c-bar, positive, usually at most rho-bar. It decides how far corrections
        reach.
      clip_pg_rho: The bound of the weights of the policy gradient, positive.
      truncated: [T, ...], bool, whether the episode was truncated at the step; None for nowhere.

    Returns:
      The targets and the advantages.

    Raises:
      ValueError: If a clipping bound is not positive.

    References:
      L. Espeholt et al. (2018), "IMPALA: scalable distributed deep-RL with importance weighted
      actor-learner architectures", sections 4.1 and 4.2, https://arxiv.org/abs/1802.01561

    >>> on_policy = tf.zeros([2])
    >>> targets = vtrace(
    ...     tf.constant([1.0, 1.0]), 0.5, tf.zeros([2]), tf.constant([0.0, 4.0]), on_policy)
    >>> targets.value_target.numpy().tolist()
    [2.5, 3.0]
    """
    for name, clip in (("clip_rho", clip_rho), ("clip_c", clip_c), ("clip_pg_rho", clip_pg_rho)):
        if not clip > 0:
            raise ValueError(f"{name} must be positive, not {clip}.")
    reward = tf.convert_to_tensor(reward)
    discount = tf.convert_to_tensor(discount, reward.dtype)
    value, next_value, log_ratio = (
        tf.convert_to_tensor(x, reward.dtype) for x in (value, next_value, log_ratio)
    )
    rho, c, pg_rho = (
        tf.exp(tf.minimum(log_ratio, math.log(clip))) for clip in (clip_rho, clip_c, clip_pg_rho)
    )
    through = discount * tf.convert_to_tensor(lambda_, reward.dtype)
    if truncated is not None:
        through = tf.where(truncated, tf.zeros([], reward.dtype), through)
    one_step = reward + discount * next_value - value
    correction = backward_recurrence(rho * one_step, through * c, tf.zeros([], reward.dtype))
    later = tf.concat([correction[1:], tf.zeros_like(correction[:1])], axis=0)
    return VTrace(value + correction, pg_rho * (one_step + through * later))
