"""Bounds and rates from the literature, as functions to compare measurements with.

Arguments are floats or arrays and broadcast. `alpha` (tau in most papers) is in reward per nat.
"""

from maxent_tf.tabular.bounds.gradients import (
    entropy_gradient_log_rate,
    gradient_ascent_limit,
    natural_gradient_constant,
    natural_gradient_errors,
)
from maxent_tf.tabular.bounds.gravity_well import (
    gravity_well_escape_time,
    gravity_well_lower_bound,
)
from maxent_tf.tabular.bounds.values import (
    bandit_suboptimality,
    contraction_error,
    entropy_living_threshold,
    soft_policy_iteration_error,
    soft_value_gap,
)

__all__ = [
    "bandit_suboptimality",
    "contraction_error",
    "entropy_gradient_log_rate",
    "entropy_living_threshold",
    "gradient_ascent_limit",
    "gravity_well_escape_time",
    "gravity_well_lower_bound",
    "natural_gradient_constant",
    "natural_gradient_errors",
    "soft_policy_iteration_error",
    "soft_value_gap",
]
