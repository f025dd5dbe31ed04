"""The experiment, from its functions."""

from __future__ import annotations

import functools

from experiments import frame
from experiments.boltzmann_optimality import analysis, figures, runs
from experiments.boltzmann_optimality.sweep import Arguments, plan


def conclude(results: list[frame.Result]) -> frame.Findings:
    """Makes the findings of all results."""
    rows = [row for result in results for row in result.rows]
    draw = functools.partial(figures.draw, results)
    return frame.Findings(analysis.verdict(results), analysis.table(rows), draw)


EXPERIMENT = frame.Experiment(__package__, Arguments, plan, runs.run, analysis.rows, conclude)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
