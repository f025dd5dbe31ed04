"""The experiment, from its functions."""

from __future__ import annotations

import functools

from experiments import check, frame
from experiments.gravity_well import analysis, figures, runs
from experiments.gravity_well.sweep import Arguments, plan


def conclude(results: list[frame.Result]) -> frame.Findings:
    """Makes the findings of all results."""
    ((sweep, arrays, rows),) = results
    checks = [check.as_row() for check in analysis.checks(sweep, rows)]
    return frame.Findings(
        analysis.verdict(rows, checks),
        f"{analysis.table(rows)}\n\n{check.table(checks)}",
        functools.partial(figures.draw, sweep, arrays),
        more={"checks": checks},
    )


EXPERIMENT = frame.Experiment(__package__, Arguments, plan, runs.run, analysis.rows, conclude)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
