"""Trained policies to keep: saved, loaded, and called with an observation."""

from maxent_tf.policies.policy import Policy
from maxent_tf.policies.saving import load, save

__all__ = ["Policy", "load", "save"]
