"""Losses: pure functions from network outputs to one number for each learner.

Every loss has shape [*P]. The losses can be summed over the learners without mixing their
gradients, because no parameter belongs to two learners.
"""

from maxent_tf.losses.clipped_surrogate import clipped_surrogate_loss
from maxent_tf.losses.clipped_value import clipped_value_loss
from maxent_tf.losses.policy_gradient import masked_mean, policy_gradient_loss
from maxent_tf.losses.soft_actor_critic import soft_actor_loss
from maxent_tf.losses.squared_error import squared_error_loss

__all__ = [
    "clipped_surrogate_loss",
    "clipped_value_loss",
    "masked_mean",
    "policy_gradient_loss",
    "soft_actor_loss",
    "squared_error_loss",
]
