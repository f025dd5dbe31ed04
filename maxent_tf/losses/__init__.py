"""Losses: pure functions from network outputs to one number for each learner.

Every loss has shape [*P]. Summing it over the learners leaves their gradients apart, since no
parameter belongs to two of them.
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
