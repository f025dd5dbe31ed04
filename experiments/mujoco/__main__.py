"""The experiment, from its functions."""

from __future__ import annotations

import dataclasses
import functools
import shutil
from typing import Any

from experiments import frame
from experiments.mujoco import analysis, figures, runs
from experiments.mujoco.sweep import Arguments, plan


def conclude(results: list[frame.Result]) -> frame.Findings:
    """Makes the findings of all results."""
    rows = [row for result in results for row in result.rows]
    return frame.Findings(
        analysis.verdict(rows),
        analysis.table(rows),
        functools.partial(figures.draw, results),
        more={"summaries": analysis.summaries(rows)},
    )


EXPERIMENT = frame.Experiment(__package__, Arguments, plan, runs.run, analysis.rows, conclude)


def main(arguments: Arguments) -> dict[str, Any]:
    """Runs the experiment; a killed run goes on from its last evaluation.

    Args:
      arguments: The command line.

    Returns:
      The summary.
    """
    directory = arguments.folder / EXPERIMENT.name
    run = functools.partial(runs.run, directory=directory, python=arguments.peers)
    summary = dataclasses.replace(EXPERIMENT, run=run).main(arguments)
    for sweep in plan(arguments):  # all are stored now
        shutil.rmtree(runs.running(sweep, directory), ignore_errors=True)
    return summary


if __name__ == "__main__":
    main(EXPERIMENT.parse())
