"""Runs the experiment: sweeps, summary, table, figures, verdict."""

from __future__ import annotations

import functools
import sys
import time

from experiments import project
from experiments.sample_efficiency import analysis, figures, runs
from experiments.sample_efficiency.sweep import Arguments, plan


def main(arguments: Arguments) -> list[analysis.Row]:
    """Runs what is asked for, or loads it, and writes summary and figures.

    Args:
      arguments: the command line.

    Returns:
      The rows of the summary.
    """
    started = time.perf_counter()
    directory = arguments.output / "sample_efficiency"
    sweeps = plan(arguments)
    results = []
    for sweep in sweeps:
        produce = functools.partial(runs.run, sweep, progress=sys.stderr.isatty())
        name = f"{sweep.world}-{sweep.learner}"
        arrays = project.produce_or_load(directory, name, sweep, produce)
        budget = min(other.steps for other in sweeps if other.world == sweep.world)
        rows = list(analysis.rows(sweep, arrays, budget))
        results.append(figures.Result(sweep, arrays, rows))
    rows = [row for result in results for row in result.rows]
    summary = {"rows": rows, "verdict": analysis.verdict(rows)}
    draw = functools.partial(figures.draw, results, directory)
    project.conclude(directory, arguments, started, summary, analysis.table(rows), draw)
    return rows


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
