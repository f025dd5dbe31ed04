"""Operators on rewards and values: soft backups, advantages and returns, over leading axes.

Operators on trajectories are time-major, `[T, ...]`. They take the value of each step's own
successor observation, so that terminations (`discount` 0) and truncations are distinguished.
"""

from maxent_tf.operators.entropy import with_entropy
from maxent_tf.operators.munchausen import munchausen_bonus, munchausen_target
from maxent_tf.operators.retrace import retrace_return
from maxent_tf.operators.returns import generalized_advantage_estimation, n_step_return
from maxent_tf.operators.soft_bellman import (
    action_value,
    policy_value,
    soft_advantage,
    soft_bellman_optimality,
    soft_bellman_policy,
    soft_value,
)
from maxent_tf.operators.soft_q_target import soft_q_target
from maxent_tf.operators.stein import stein_direction
from maxent_tf.operators.td_lambda import lambda_return
from maxent_tf.operators.vtrace import VTrace, vtrace

__all__ = [
    "VTrace",
    "action_value",
    "generalized_advantage_estimation",
    "lambda_return",
    "munchausen_bonus",
    "munchausen_target",
    "n_step_return",
    "policy_value",
    "retrace_return",
    "soft_advantage",
    "soft_bellman_optimality",
    "soft_bellman_policy",
    "soft_q_target",
    "soft_value",
    "stein_direction",
    "vtrace",
    "with_entropy",
]
