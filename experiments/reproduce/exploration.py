"""Boltzmann exploration: where its schedules fail, and what Boltzmann-Gumbel's regret is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments.check import Check
from experiments.commitment import explorers, theory
from experiments.commitment.sweep import LUCK_NEEDED, Explorer, World

SLOW, FAST, GUMBEL = Explorer("log", 1.0), Explorer("log", 10.0), Explorer("gumbel", 0.5)
MARKS = (200, 1000, 4000, 40_000)  # the last is the square of the first


def boltzmann(runs: int = 200) -> Iterator[Check]:
    """R17: monotone schedules of one temperature fail, a temperature for each arm does not.

    Args:
      runs: The number of runs of each explorer on each bandit; tolerances are three standard
        errors.
    """
    gap = 0.1
    found = _mean_and_error(World("sure", (0.5 + gap, 0.5), (True, True)), runs)
    exact = theory.sure_regret(SLOW, gap, MARKS[-1])[np.array(MARKS) - 1]
    mean, error = found[SLOW]
    for mark, truth, m, e in zip(MARKS, exact, mean, error, strict=True):
        what = f"eta = log t, sure arms, gap {gap:g}: regret at T = {mark:,}"
        yield Check("R17", what, truth, m, 3 * e)
    slope = np.log10(mean[-1] / mean[-2])
    yield Check("R17", "the same, log-log slope at the end", 1 - gap, slope, 0.01, "at least")

    found = _mean_and_error(LUCK_NEEDED, runs)
    mean, error = found[FAST]
    least = theory.unlucky_regret(FAST, LUCK_NEEDED.means[0] - LUCK_NEEDED.means[1], MARKS[-1])
    what = f"eta = 10 log t, luck needed: regret at T = {MARKS[-1]:,}"
    yield Check("R17", what, least[-1], mean[-1], 3 * error[-1], "at least")
    slope = np.log10(mean[-1] / mean[-2])
    yield Check("R17", "the same, log-log slope at the end", 1, slope, 0.02)

    for gap in (0.1, 0.2, 0.4):
        world = World("two arms", (0.5 + gap / 2, 0.5 - gap / 2), (False, False))
        mean, error = _mean_and_error(world, runs)[GUMBEL]
        bound = theory.gumbel_regret_bound(MARKS, world.means, GUMBEL.constant)
        worst = int(np.argmax(mean / bound))
        what = f"Boltzmann-Gumbel, gap {gap:g}: regret over its bound, T up to {MARKS[-1]:,}"
        tolerance = 3 * error[worst] / bound[worst]
        yield Check("R17", what, 1, mean[worst] / bound[worst], tolerance, "at most")
    # With the widest gap, the regret comes nearest to its limit.
    fluid = theory.gumbel_fluid_regret([MARKS[0], MARKS[-1]], world.means, GUMBEL.constant)
    what = f"the same at T = {MARKS[-1]:,}, against the fluid limit"
    yield Check("R17", what, float(fluid[-1]), mean[-1], 0.05, "relative")
    # As T grows, this ratio falls to 4, the ratio of log^2 T.
    ratio = mean[-1] / mean[0]
    tolerance = 3 * ratio * np.hypot(error[-1] / mean[-1], error[0] / mean[0])
    what = f"Boltzmann-Gumbel, gap {gap:g}: R(T^2) / R(T), T = {MARKS[0]:,}"
    yield Check("R17", what, float(fluid[-1] / fluid[0]), ratio, tolerance, "at most")


def _mean_and_error(world: World, runs: int) -> dict[Explorer, tuple[np.ndarray, np.ndarray]]:
    """Returns each explorer's regret at the marks: the mean over runs, and its standard error."""
    policies = (SLOW, FAST, GUMBEL)
    regret = explorers.regret(world, policies, runs=runs, marks=MARKS, seed=0)
    mean, error = regret.mean(-1), regret.std(-1, ddof=1) / np.sqrt(runs)
    return {e: (mean[:, i], error[:, i]) for i, e in enumerate(policies)}
