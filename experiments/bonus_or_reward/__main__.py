"""The experiment, from its functions."""

from __future__ import annotations

import functools

from experiments import frame
from experiments.bonus_or_reward import analysis, figures, runs
from experiments.bonus_or_reward.sweep import Arguments, PathSweep, plan


def conclude(results: list[frame.Result]) -> frame.Findings:
    """Makes the findings of all results."""
    paths = [result for result in results if isinstance(result.sweep, PathSweep)]
    worlds = [row for result in paths for row in result.rows]
    rows = [
        row for result in results if not isinstance(result.sweep, PathSweep) for row in result.rows
    ]
    draw = functools.partial(figures.draw, {path.sweep.world: path.arrays for path in paths}, rows)
    verdict = analysis.verdict(worlds, rows)
    return frame.Findings(verdict, analysis.table(rows), draw, rows, {"worlds": worlds})


EXPERIMENT = frame.Experiment(__package__, Arguments, plan, runs.run, analysis.rows, conclude)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
