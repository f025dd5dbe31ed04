"""Runs the experiment; a killed run goes on from its last evaluation."""

import dataclasses
import functools
import types
from typing import Any

from experiments import frame
from experiments.mujoco import analysis, figures, runs, sweep

EXPERIMENT = frame.Experiment(__package__, sweep, runs, analysis, figures, resumes=True)


def main(arguments: sweep.Arguments) -> dict[str, Any]:
    """Runs the experiment as `EXPERIMENT.main` does, with the interpreter of the peer."""
    run = functools.partial(runs.run, python=arguments.peers)
    return dataclasses.replace(EXPERIMENT, runs=types.SimpleNamespace(run=run)).main(arguments)


if __name__ == "__main__":
    main(EXPERIMENT.parse())
