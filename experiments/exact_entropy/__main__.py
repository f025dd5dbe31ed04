"""Runs the experiment: sweeps, summary, tables, figures, verdict."""

from __future__ import annotations

import functools
import sys
import time
from typing import Any

from experiments import project
from experiments.exact_entropy import analysis, figures, runs
from experiments.exact_entropy.sweep import Arguments, plan


def main(arguments: Arguments) -> dict[str, Any]:
    """Runs what is asked for, or loads it, and writes summary and figures.

    Args:
      arguments: the command line.

    Returns:
      The summary: rows on gradients and on learning, and the verdict.
    """
    started = time.perf_counter()
    directory = arguments.output / "exact_entropy"
    results = []
    for sweep in plan(arguments):
        produce = functools.partial(runs.run, sweep, progress=sys.stderr.isatty())
        name = sweep.world.replace("/", "-")  # a Gymnasium id may have a namespace
        arrays = project.produce_or_load(directory, name, sweep, produce)
        gradients = list(analysis.gradient_rows(sweep, arrays))
        learning = list(analysis.learning_rows(sweep, arrays))
        results.append(figures.Result(sweep, arrays, gradients, learning))
    gradients = [row for result in results for row in result.gradients]
    learning = [row for result in results for row in result.learning]
    verdict = analysis.verdict(gradients, learning)
    summary = {"gradients": gradients, "learning": learning, "verdict": verdict}
    wall_time = time.perf_counter() - started
    project.write_json(directory / "summary.json", summary)
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    paths = figures.draw(results, directory)
    tables = analysis.gradient_table(gradients), analysis.learning_table(learning)
    print(*tables, verdict, sep="\n\n")
    print(f"{wall_time:.0f} s; wrote", *[directory / "summary.json", *paths], sep="\n  ")
    return summary


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
