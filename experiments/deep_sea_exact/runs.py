"""The measurements: sums over paths, beside the results of the soft Bellman solver."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from experiments.deep_sea_exact import paths
from experiments.deep_sea_exact.sweep import Sweep
from experiments.frame import Arrays, stacked, track
from maxent_tf.environments import DeepSea
from maxent_tf.tabular import TabularMDP, from_environment, soft_value_iteration


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Measures every environment at every temperature.

    Returns:
      `size` [sizes]; `alpha` [alphas]; by sums over paths `goal`, `value`, `unaware`,
      `approximation` [sizes, alphas], `threshold`, `approximate_threshold` [sizes]; by the solver
      `solved_goal` and `solved_unaware` [sizes, alphas].
    """
    parts = []
    for size in track(sweep.sizes, progress, "worlds"):
        m = from_environment(DeepSea(size), discount=1.0, sparse=True)
        reward = tf.where(m.reward > 0, m.reward - paths.TREASURE, m.reward)
        without = m._replace(reward=reward)
        part = {
            **paths.path_sum(size, sweep.alphas)._asdict(),
            "approximation": paths.approximate_goal(size, sweep.alphas),
            "threshold": paths.threshold(size),
            "approximate_threshold": paths.approximate_threshold(size),
            "solved_goal": solved_goal(m, size, sweep.alphas),
            "solved_unaware": solved_goal(without, size, sweep.alphas),
        }
        parts.append(part)
    return {"size": np.array(sweep.sizes), "alpha": sweep.alphas, **stacked(parts)}


def solved_goal(m: TabularMDP, size: int, alphas: np.ndarray) -> np.ndarray:
    """Returns P(goal) of the policy that soft value iteration finds, [alphas].

    Args:
      m: The process of `DeepSea`, perhaps with other rewards.
      size: The number of rows N.
      alphas: [alphas], the temperatures, in reward per nat.
    """
    policy = soft_value_iteration(m, alphas).policy.numpy()
    diagonal = np.arange(size) * (size + 1)
    return policy[:, diagonal, 1].prod(-1)
