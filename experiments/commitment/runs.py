"""The runs of the three parts: from constants to arrays."""

from __future__ import annotations

import numpy as np

from experiments.commitment import explorers, gradients
from experiments.commitment.sweep import Exploration, NaturalGradient, NoisyBandit
from experiments.frame import Arrays, track

# Without and with the value as the baseline: the first axis of the settings of natural gradients.
BASELINES = (False, True)
_CURVE_POINTS = 60


def run(sweep: NaturalGradient | NoisyBandit | Exploration, progress: bool = False) -> Arrays:
    """Runs a part."""
    if isinstance(sweep, NaturalGradient):
        return natural(sweep)
    if isinstance(sweep, NoisyBandit):
        return noisy(sweep, progress)
    return exploration(sweep, progress)


def natural(sweep: NaturalGradient) -> Arrays:
    """Follows natural gradients.

    Returns:
      `likelier`, `locked` and `never_better`, [steps + 1, baselines, step sizes], as in
      `gradients.Commitment`; and with entropy `entropy_likelier` and `entropy_locked`,
      [baselines, step sizes, alphas], at the end.
    """
    baseline = np.array(BASELINES)
    size = {"runs": sweep.runs, "steps": sweep.steps}
    plain = gradients.natural_gradient(
        np.array(sweep.step_sizes), 0.0, baseline[:, None], seed=sweep.seed, **size
    )
    entropic = gradients.natural_gradient(
        np.array(sweep.entropy_step_sizes)[:, None],
        np.array(sweep.alphas),
        baseline[:, None, None],
        seed=sweep.seed + 1,
        **size,
    )
    return {
        **plain._asdict(),
        "entropy_likelier": entropic.likelier[-1],
        "entropy_locked": entropic.locked[-1],
    }


def noisy(sweep: NoisyBandit, progress: bool = False) -> Arrays:
    """Follows noisy gradients; `best` is [marks, alphas, seeds], at the steps in `times`."""
    best = gradients.noisy_bandit(
        sweep.alphas,
        seeds=sweep.seeds,
        steps=sweep.steps,
        seed=sweep.seed,
        marks=_CURVE_POINTS,
        progress=progress,
    )
    return {"best": best, "times": np.arange(1, len(best) + 1) * sweep.steps / len(best)}


def exploration(sweep: Exploration, progress: bool = False) -> Arrays:
    """Plays the bandits; `regret` is [worlds, marks, explorers, runs], at `times` [marks]."""
    times = np.unique(np.geomspace(10, sweep.steps, sweep.marks).round().astype(int))
    regret = [
        explorers.regret(
            world, sweep.explorers, runs=sweep.runs, marks=times.tolist(), seed=sweep.seed
        )
        for world in track(sweep.worlds, progress, "bandits")
    ]
    return {"regret": np.array(regret), "times": times}
