"""Runs the experiment."""

import dataclasses
import functools
import shutil
import types
from typing import Any

from experiments import frame
from experiments.zoo import analysis, figures, runs, sweep

EXPERIMENT = frame.Experiment(__package__, sweep, runs, analysis, figures)


def main(arguments: sweep.Arguments) -> dict[str, Any]:
    """Runs the experiment; a killed run goes on from its last checkpoint.

    Args:
      arguments: The command line.

    Returns:
      The summary.
    """
    directory = arguments.folder / EXPERIMENT.name
    run = functools.partial(runs.run, directory=directory)
    experiment = dataclasses.replace(EXPERIMENT, runs=types.SimpleNamespace(run=run))
    summary = experiment.main(arguments)
    for each in sweep.plan(arguments):  # all are stored now
        shutil.rmtree(runs.running(each, directory), ignore_errors=True)
    return summary


if __name__ == "__main__":
    main(EXPERIMENT.parse())
