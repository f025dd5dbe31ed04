"""The experiment, from its functions."""

from __future__ import annotations

import functools

from experiments import frame
from experiments.commitment import analysis, figures, runs
from experiments.commitment.sweep import Arguments, plan


def conclude(results: list[frame.Result]) -> frame.Findings:
    """Makes the findings of all results."""
    rows = analysis.Rows(*(result.rows for result in results))
    draw = functools.partial(figures.draw, results)
    return frame.Findings(analysis.verdict(rows), analysis.tables_of(rows), draw, rows._asdict())


EXPERIMENT = frame.Experiment(__package__, Arguments, plan, runs.run, analysis.rows, conclude)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
