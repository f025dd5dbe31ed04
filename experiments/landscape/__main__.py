"""Runs the experiment: measures, summary, table, figures, verdict."""

from __future__ import annotations

import functools
import time

from experiments import project
from experiments.landscape import analysis, figures, runs
from experiments.landscape.sweep import Arguments, Sweep


def main(arguments: Arguments) -> list[analysis.Row]:
    """Measures everything, or loads it, and writes summary and figures.

    Args:
      arguments: the command line.

    Returns:
      The rows of the summary.
    """
    started = time.perf_counter()
    sweep = Sweep(directions=arguments.directions, iterations=arguments.iterations)
    directory = arguments.output / "landscape"
    arrays = project.produce_or_load(
        directory, "two_goal_grid", sweep, functools.partial(runs.run, sweep)
    )
    rows = analysis.rows(arrays, sweep.discount)
    verdict = analysis.verdict(rows)
    wall_time = time.perf_counter() - started
    project.write_json(directory / "summary.json", {"rows": rows, "verdict": verdict})
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    paths = figures.draw(arrays, rows, sweep, directory)
    print(analysis.table(rows), verdict, sep="\n\n")
    print(f"{wall_time:.0f} s; wrote", directory / "summary.json", *paths, sep="\n  ")
    return rows


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
