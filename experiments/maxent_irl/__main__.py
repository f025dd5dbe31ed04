"""Runs the experiment: fits, summary, table, figure, verdict."""

from __future__ import annotations

import functools
import time

from experiments import project
from experiments.maxent_irl import analysis, controls, figures, runs
from experiments.maxent_irl.sweep import Arguments, Controls, Sweep


def main(arguments: Arguments) -> list[analysis.Row]:
    """Fits everything, or loads it, and writes summary and figure.

    Args:
      arguments: the command line.

    Returns:
      The rows of the summary.
    """
    started = time.perf_counter()
    sweep = Sweep(seeds=arguments.seeds, count=arguments.count)
    directory = arguments.output / "maxent_irl"
    arrays = project.produce_or_load(
        directory, "icy_grid", sweep, functools.partial(runs.run, sweep)
    )
    rows = analysis.rows(arrays)
    verdict = analysis.verdict(rows, arrays["averages_reachable"])
    wall_time = time.perf_counter() - started
    project.write_json(directory / "summary.json", {"rows": rows, "verdict": verdict})
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    path = figures.draw(arrays, directory)
    print(analysis.table(rows), verdict, sep="\n\n")
    print(f"{wall_time:.0f} s; wrote", directory / "summary.json", path, sep="\n  ")
    return rows


def main_controls(arguments: Arguments) -> None:
    """Fits the duals to many sets, or loads that, and prints a table."""
    sweep = Controls(count=arguments.count)
    produce = functools.partial(controls.run, sweep)
    arrays = project.produce_or_load(arguments.output / "maxent_irl", "controls", sweep, produce)
    print(controls.table(sweep, arrays))


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    given = tyro.cli(Arguments, description=__doc__)
    if given.controls:
        main_controls(given)
    else:
        main(given)
