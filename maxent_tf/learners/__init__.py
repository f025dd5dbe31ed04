"""Learners: pure functions over explicit states, batched over hyper-parameters and seeds."""

from maxent_tf.learners.a2c import A2C, A2CConfig, A2CMetrics, A2CState
from maxent_tf.learners.interface import Learner, OffPolicy, OnPolicy
from maxent_tf.learners.sac import SAC, SACConfig, SACMetrics, SACState

__all__ = [
    "A2C",
    "SAC",
    "A2CConfig",
    "A2CMetrics",
    "A2CState",
    "Learner",
    "OffPolicy",
    "OnPolicy",
    "SACConfig",
    "SACMetrics",
    "SACState",
]
