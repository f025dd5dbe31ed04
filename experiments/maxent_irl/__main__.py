"""The experiment, from its functions."""

from __future__ import annotations

import functools

from experiments import frame
from experiments.maxent_irl import analysis, controls, figures, runs
from experiments.maxent_irl.sweep import Arguments, plan


def conclude(results: list[frame.Result]) -> frame.Findings:
    """Makes the findings of all results."""
    fits, *controlled = results
    text, more = analysis.table(fits.rows), {}
    for result in controlled:
        more = {"controls": result.rows}
        text += f"\n\n{controls.table(result.rows)}"
    verdict = analysis.verdict(fits.rows, fits.arrays["averages_reachable"])
    draw = functools.partial(figures.draw, fits.arrays)
    return frame.Findings(verdict, text, draw, fits.rows, more)


EXPERIMENT = frame.Experiment(__package__, Arguments, plan, runs.run, analysis.rows, conclude)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
