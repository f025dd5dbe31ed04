r"""The covariance of log-probability and advantage, which says how fast a policy loses its entropy.

In a step of natural policy gradient, whose size is :math:`\eta`, the logits of a softmax policy
change by :math:`\eta` times the advantage. The entropy then changes by

.. math:: \Delta H \approx -\eta \, \mathrm{Cov}_{a \sim \pi}(\log \pi(a), A(a)) .

The mean of the log-probability over the actions of a policy is minus its entropy, which is known.
So the covariance is the mean of the product of :math:`\log \pi(a) + H` and the advantage, whatever
constant is added to the advantages of a state.

Shapes: `P` is the batch shape of the learners, `B` the number of states, `A` of actions.

References:
  G. Cui et al. (2025), "The entropy mechanism of reinforcement learning for reasoning language
  models", theorem 2, https://arxiv.org/abs/2505.22617
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from maxent_tf import losses


def sampled_covariance(
    log_prob: tf.Tensor, entropy: tf.Tensor, advantage: tf.Tensor, valid: tf.Tensor
) -> tf.Tensor:
    """Returns an estimate from one drawn action in each state, [*P], in reward times nats.

    The estimate is the mean of (log pi(a|s) + H(pi(.|s))) A(s, a). It has no bias if the advantages
    have none, because the first factor has the mean 0 in each state. It thus needs no mean of the
    sample, and is as good for a single state.

    Args:
      log_prob: [*P, B], float, the log-probabilities of the actions, in nats.
      entropy: [*P, B], float, the entropies of the policy in the states, in nats.
      advantage: [*P, B], float, the advantages of the actions, in reward.
      valid: [*P, B], bool, which states count.
    """
    return losses.masked_mean((log_prob + entropy) * advantage, valid)


def exact_covariance(policy: Any, q: tf.Tensor) -> tf.Tensor:
    """Returns the covariance over all actions, averaged over states, [*P], in reward times nats.

    Args:
      policy: A categorical distribution of batch shape [*P, B].
      q: [*P, B, A], float, the values of the actions; an action that is not legal has the
        probability 0 and does not count.
    """
    probs = policy.probs_parameter()
    centred = tf.math.log(tf.where(probs > 0, probs, 1)) + policy.entropy()[..., None]
    return tf.reduce_mean(tf.reduce_sum(probs * centred * q, axis=-1), axis=-1)
