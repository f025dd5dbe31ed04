"""The fits: each model by the public recipe and by its exact dual."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from experiments.frame import Arrays, stacked, track
from experiments.maxent_irl import demonstrator, recipe
from experiments.maxent_irl.demonstrator import GOAL, REWARD
from experiments.maxent_irl.sweep import Sweep
from maxent_tf import irl, tabular
from maxent_tf.irl.demonstrations import Trajectory

FITS = ("non-causal, recipe", "causal, recipe", "non-causal, dual", "causal, dual")
HELD_OUT = 1_000_000  # added to a seed for the demonstrations that nothing is fitted to


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Fits everything to every set of demonstrations.

    Returns:
      By name, for the fits in the order of `FITS`: `weights` [seeds, fits, 25], `policy`
      [seeds, fits, 25, 4], `mismatch`, `iterations` and `log_likelihood` (of demonstrations held
      out) [seeds, fits]; `averages_reachable` [seeds], whether the causal dual could match averages
      over the demonstrations themselves; `demonstrator_log_likelihood` [seeds], the demonstrator's
      own likelihood; and `length` [seeds], the mean length of a demonstration.
    """
    ending = demonstrator.world(sweep.discount)
    endless = demonstrator.endless_world(sweep.discount).transition.numpy()
    shown = demonstrator.policy(sweep.discount, sweep.sharpness)
    found: list[dict[str, Any]] = []
    for seed in track(range(sweep.seeds), progress, "sets"):
        shots, held_out = (
            demonstrator.demonstrate(ending, shown, sweep.count, s) for s in (seed, seed + HELD_OUT)
        )
        fits = [*_by_recipe(endless, shots, sweep.discount), *_by_dual(ending, shots)]
        found.append(
            {
                **stacked(fit._asdict() for fit in fits),
                "log_likelihood": [irl.log_likelihood(fit.policy, held_out) for fit in fits],
                "averages_reachable": averages_reachable(ending, shots),
                "demonstrator_log_likelihood": irl.log_likelihood(shown, held_out),
                "length": np.mean([len(actions) for _, actions in shots]),
            }
        )
    return stacked(found)


def pearson(weights: np.ndarray) -> np.ndarray:
    """Returns the correlation of rewards, [..., 25], with the true reward."""
    deviation = weights - weights.mean(-1, keepdims=True)
    true = REWARD - REWARD.mean()
    return deviation @ true / np.linalg.norm(deviation, axis=-1) / np.linalg.norm(true)


def _by_recipe(
    endless: np.ndarray, trajectories: Sequence[Trajectory], discount: float
) -> Iterator[recipe.Ascent]:
    demonstrated = recipe.visited(trajectories, len(REWARD))
    for model in (
        functools.partial(recipe.path_policy, endless, goal=GOAL),
        functools.partial(recipe.causal_policy, endless, goal=GOAL, discount=discount),
    ):
        yield recipe.ascend(demonstrated, endless, GOAL, model)


def _by_dual(m: tabular.TabularMDP, trajectories: Sequence[Trajectory]) -> Iterator[recipe.Ascent]:
    for fit in (path_dual(m, trajectories), causal_dual(m, trajectories)):
        mismatch = float(np.abs(fit.mismatch).max())
        yield recipe.Ascent(fit.weights, fit.policy, mismatch, fit.iterations)


def path_dual(m: tabular.TabularMDP, trajectories: Sequence[Trajectory]) -> irl.MaxEntSolution:
    """Fits the distribution over paths, which is not causal, by its exact dual."""
    visits = irl.sample_occupancy(m, trajectories, discount=1.0)
    return irl.maxent(m, np.eye(len(REWARD)), visits, model=irl.PathDistribution())


def causal_dual(
    m: tabular.TabularMDP,
    trajectories: Sequence[Trajectory],
    pseudocount: float = 0.0,
    l2: float = 0.0,
) -> irl.MaxEntSolution:
    """Fits the causal model to the occupancy of the empirical policy by its exact dual."""
    policy = irl.empirical_policy(m, trajectories, pseudocount=pseudocount)
    return irl.maxent(m, np.eye(len(REWARD)), tabular.occupancy(m, policy), l2=l2)


def averages_reachable(m: tabular.TabularMDP, trajectories: Sequence[Trajectory]) -> bool:
    """Returns whether some policy has the discounted averages of the demonstrations."""
    try:
        irl.maxent(m, np.eye(len(REWARD)), irl.sample_occupancy(m, trajectories))
    except ValueError as error:
        if "no policy has" in str(error):
            return False
        raise
    return True
