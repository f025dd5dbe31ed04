"""The experiment, from its functions."""

from __future__ import annotations

import functools

from experiments import check, frame
from experiments.rates import analysis, figures, runs
from experiments.rates.sweep import Arguments, plan


def conclude(results: list[frame.Result]) -> frame.Findings:
    """Makes the findings of both results."""
    bandits, processes = results
    rows = bandits.rows + processes.rows
    verdict = analysis.verdict(rows, bandits.sweep, bandits.arrays)
    return frame.Findings(verdict, check.table(rows), functools.partial(figures.draw, *results))


EXPERIMENT = frame.Experiment(__package__, Arguments, plan, runs.run, analysis.rows, conclude)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
