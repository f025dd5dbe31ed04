"""Runs the experiment: paths of temperatures, summary, table, figures, verdict."""

from __future__ import annotations

import functools
import time

from experiments import project
from experiments.boltzmann_optimality import analysis, figures, runs
from experiments.boltzmann_optimality.sweep import WORLDS, Arguments, Path


def main(arguments: Arguments) -> list[analysis.Row]:
    """Solves everything, or loads it, and writes summary and figures.

    Args:
      arguments: the command line.

    Returns:
      The rows of the summary.
    """
    started = time.perf_counter()
    directory = arguments.output / "boltzmann_optimality"
    paths = {name: Path(world=name, count=arguments.count) for name in WORLDS}
    arrays = {
        name: project.produce_or_load(directory, name, path, functools.partial(runs.run, path))
        for name, path in paths.items()
    }
    rows = analysis.rows(paths, arrays)
    verdict = analysis.verdict(rows, paths, arrays)
    wall_time = time.perf_counter() - started
    project.write_json(directory / "summary.json", {"rows": rows, "verdict": verdict.splitlines()})
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    drawn = [
        *(figures.policies(paths[name], arrays[name], directory) for name in paths),
        figures.trade_off(paths, arrays, directory),
        figures.deviations(paths, arrays, directory),
    ]
    print(analysis.table(rows), verdict, sep="\n\n")
    print(f"{wall_time:.0f} s; wrote", directory / "summary.json", *drawn, sep="\n  ")
    return rows


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
