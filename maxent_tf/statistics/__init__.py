"""Statistics of few runs: robust means, fractions and comparisons, with their 95% intervals.

Scores are arrays [runs] of one task, or [runs, tasks]. Runs are independent, and tasks are given: a
bootstrap draws runs anew within each task, and keeps the tasks (stratified bootstrap). All
functions are of NumPy alone, and give the same numbers at every call.

References:
  R. Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical precipice",
  https://arxiv.org/abs/2108.13264
"""

from maxent_tf.statistics.bootstrap import bootstrap_difference, bootstrap_interval
from maxent_tf.statistics.improvement import probability_of_improvement
from maxent_tf.statistics.interquartile import interquartile_mean
from maxent_tf.statistics.interval_estimate import IntervalEstimate
from maxent_tf.statistics.profile import performance_profile
from maxent_tf.statistics.sample_efficiency import sample_efficiency_curve
from maxent_tf.statistics.wilson import wilson_interval

__all__ = [
    "IntervalEstimate",
    "bootstrap_difference",
    "bootstrap_interval",
    "interquartile_mean",
    "performance_profile",
    "probability_of_improvement",
    "sample_efficiency_curve",
    "wilson_interval",
]
