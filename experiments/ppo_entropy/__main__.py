"""Runs the experiment: sweeps, summary, table, figures, verdict."""

from __future__ import annotations

import functools
import sys
import time

from experiments import project
from experiments.ppo_entropy import analysis, figures, runs
from experiments.ppo_entropy.sweep import Arguments, plan


def main(arguments: Arguments) -> list[analysis.Row]:
    """Runs what is asked for, or loads it, and writes summary and figures.

    Args:
      arguments: the command line.

    Returns:
      The rows of the summary.
    """
    started = time.perf_counter()
    directory = arguments.output / "ppo_entropy"
    results = []
    for sweep in plan(arguments):
        produce = functools.partial(runs.run, sweep, progress=sys.stderr.isatty())
        arrays = project.produce_or_load(directory, sweep.world, sweep, produce)
        results.append(figures.Result(sweep, arrays, list(analysis.rows(sweep, arrays))))
    rows = [row for result in results for row in result.rows]
    summary = {"rows": rows, "verdict": analysis.verdict(rows)}
    draw = functools.partial(figures.draw, results, directory)
    project.conclude(directory, arguments, started, summary, analysis.table(rows), draw)
    return rows


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
