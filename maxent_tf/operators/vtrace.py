"""V-trace: targets of state values from another policy's trajectories."""

from __future__ import annotations

import math
from typing import NamedTuple

import tensorflow as tf

from maxent_tf.operators.recurrence import backward_recurrence


class VTrace(NamedTuple):
    """What V-trace gives, each [T, ...], in units of reward.

    Attributes:
      value_target: for the critic.
      advantage: for the policy gradient, times its clipped importance weight already.
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
    r"""The V-trace targets and policy-gradient advantages of every step.

    .. math::
       \Delta_t &= \rho_t (r_t + \gamma_t v'_t - v_t) + \gamma_t c_t \Delta_{t+1} \\
       \text{target}_t &= v_t + \Delta_t, \qquad
       \hat A_t = \rho^{pg}_t \left(r_t + \gamma_t (v'_t + \lambda \Delta_{t+1}) - v_t\right) \\
       \rho_t &= \min(\bar \rho, \pi / \mu), \qquad c_t = \lambda \min(\bar c, \pi / \mu), \qquad
       \rho^{pg}_t = \min(\bar \rho^{pg}, \pi / \mu)

    with Delta taken as 0 beyond the last step and beyond a truncated one. On policy, the advantages
    are the generalised ones, to the bit. For soft values, give the
    rewards `with_entropy` of the target policy pi.

    Args:
      reward: [T, ...], float.
      discount: broadcastable to `reward`, gamma * (1 - terminated), in [0, 1].
      value: [T, ...], v, of the observations where the actions were chosen.
      next_value: [T, ...], v', of each step's own successor observation.
      log_ratio: [T, ...], log pi(a_t | s_t) - log mu(a_t | s_t), mu being the policy that acted.
      lambda_: broadcastable to `reward`, in [0, 1].
      clip_rho: rho-bar, positive; which policy's values are learnt: infinite for pi's own.
      clip_c: c-bar, positive, usually at most rho-bar; how far corrections reach.
      clip_pg_rho: the bound, positive, of the weights of the policy gradient.
      truncated: [T, ...], bool.

    Returns:
      Targets and advantages.

    Raises:
      ValueError: if a clip is not positive.

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
