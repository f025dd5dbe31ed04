"""Runs the experiment: worlds, summary, table, figure, verdict."""

from __future__ import annotations

import functools
import time

from experiments import project
from experiments.deep_sea_exact import analysis, figures, runs
from experiments.deep_sea_exact.sweep import Arguments, Sweep


def main(arguments: Arguments) -> list[analysis.Row]:
    """Measures everything, or loads it, and writes summary and figure.

    Args:
      arguments: the command line.

    Returns:
      The rows of the summary.
    """
    started = time.perf_counter()
    sweep = Sweep(sizes=arguments.sizes, count=arguments.count)
    directory = arguments.output / "deep_sea_exact"
    arrays = project.produce_or_load(
        directory, "deep_sea", sweep, functools.partial(runs.run, sweep)
    )
    rows = analysis.rows(arrays)
    verdict = analysis.verdict(rows)
    wall_time = time.perf_counter() - started
    project.write_json(directory / "summary.json", {"rows": rows, "verdict": verdict})
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    path = figures.draw(arrays, directory)
    print(analysis.table(rows), verdict, sep="\n\n")
    print(f"{wall_time:.0f} s; wrote", directory / "summary.json", path, sep="\n  ")
    return rows


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
