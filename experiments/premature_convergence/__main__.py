"""Runs the experiment: sweeps, summary, table, figures."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Iterator

from experiments import project
from experiments.premature_convergence import analysis, figures, runs
from experiments.premature_convergence.plan import Arguments, Study, Sweep, plan
from experiments.premature_convergence.sweep import (
    AutomaticTrapSweep,
    GymnasiumSweep,
    NeuralSweep,
    TabularSweep,
)


def main(arguments: Arguments) -> list[analysis.Row]:
    """Runs what is asked for, or loads it, and writes summary and figures.

    Args:
      arguments: the command line.

    Returns:
      The rows of the summary.
    """
    started = time.perf_counter()
    directory = arguments.output / "premature_convergence"
    results = []
    for study in plan(arguments):
        run = functools.partial(_run, study.sweep, progress=sys.stderr.isatty())
        arrays = project.produce_or_load(directory, study.name, study.sweep, run)
        results.append(figures.Result(study, arrays, list(_rows(study, arrays))))
    rows = [row for result in results for row in result.rows]
    wall_time = time.perf_counter() - started
    project.write_json(directory / "summary.json", rows)
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    paths = figures.draw(results, directory)
    print(analysis.table(rows))
    print(f"{wall_time:.0f} s; wrote", *[directory / "summary.json", *paths], sep="\n  ")
    return rows


def _run(sweep: Sweep, progress: bool) -> runs.Arrays:
    if isinstance(sweep, TabularSweep):
        return runs.run_tabular(sweep, progress)
    if isinstance(sweep, NeuralSweep):
        return runs.run_neural(sweep, progress)
    if isinstance(sweep, GymnasiumSweep):
        return runs.run_gymnasium(sweep, progress)
    return runs.run_trap(sweep, progress)


def _rows(study: Study, arrays: runs.Arrays) -> Iterator[analysis.Row]:
    if isinstance(study.sweep, AutomaticTrapSweep):
        return analysis.automatic_rows(study.control, study.sweep, arrays)
    if isinstance(study.sweep, GymnasiumSweep):
        return analysis.gymnasium_rows(study.sweep, arrays)
    return analysis.scheduled_rows(study.part, study.algorithm, study.control, study.sweep, arrays)


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
