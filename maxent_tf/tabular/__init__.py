"""Exact solutions in float64: finite decision processes, soft-optimal policies, gradient ascent.

Solvers take a whole path of temperatures, and batches of processes, in one call. They return a
status and a certified bound on the distance to the true solution. The learners of this package are
tested against them.
"""

from maxent_tf.tabular import bounds
from maxent_tf.tabular.anderson import anderson_value_iteration
from maxent_tf.tabular.ascent import PolicyAscent
from maxent_tf.tabular.construction import from_environment, from_transition_table
from maxent_tf.tabular.finite_horizon import FiniteHorizonSolution, finite_horizon
from maxent_tf.tabular.games import GameSolution, solve_game
from maxent_tf.tabular.iterative_policy_evaluation import (
    IterativeEvaluation,
    iterative_policy_evaluation,
)
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.modified_policy_iteration import modified_policy_iteration
from maxent_tf.tabular.natural_policy_gradient import natural_policy_gradient
from maxent_tf.tabular.policy_evaluation import PolicyEvaluation, evaluate_policy, occupancy
from maxent_tf.tabular.policy_gradient import policy_gradient
from maxent_tf.tabular.relative_value_iteration import (
    AverageRewardSolution,
    relative_value_iteration,
)
from maxent_tf.tabular.soft_policy_iteration import soft_policy_iteration
from maxent_tf.tabular.soft_value_iteration import soft_value_iteration
from maxent_tf.tabular.solution import Solution
from maxent_tf.tabular.sparse_transitions import Successors
from maxent_tf.tabular.worst_case import WorstCase, worst_case

__all__ = [
    "AverageRewardSolution",
    "FiniteHorizonSolution",
    "GameSolution",
    "IterativeEvaluation",
    "PolicyAscent",
    "PolicyEvaluation",
    "Solution",
    "Successors",
    "TabularMDP",
    "WorstCase",
    "anderson_value_iteration",
    "bounds",
    "evaluate_policy",
    "finite_horizon",
    "from_environment",
    "from_transition_table",
    "iterative_policy_evaluation",
    "modified_policy_iteration",
    "natural_policy_gradient",
    "occupancy",
    "policy_gradient",
    "relative_value_iteration",
    "soft_policy_iteration",
    "soft_value_iteration",
    "solve_game",
    "worst_case",
]
