"""Operators on rewards and values: soft backups, advantages and returns, over leading axes."""

from maxent_tf.operators.returns import generalized_advantage_estimation, n_step_return

__all__ = ["generalized_advantage_estimation", "n_step_return"]
