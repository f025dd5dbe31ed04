"""Runs the experiment: escapes, summary, tables, figures, verdict."""

from __future__ import annotations

import functools
import time

from experiments import check, project
from experiments.gravity_well import analysis, figures, runs
from experiments.gravity_well.sweep import Arguments, Sweep


def main(arguments: Arguments, sweep: Sweep | None = None) -> list[analysis.Row]:
    """Measures everything, or loads it, and writes summary and figures.

    Args:
      arguments: the command line.
      sweep: other constants than the default ones.

    Returns:
      The rows of the summary.
    """
    started = time.perf_counter()
    sweep = sweep or Sweep(max_steps=arguments.max_steps)
    directory = arguments.output / "gravity_well"
    produce = functools.partial(runs.run, sweep)
    arrays = project.produce_or_load(directory, "escapes", sweep, produce)
    rows = analysis.rows(sweep, arrays)
    checks = list(analysis.checks(sweep, rows))
    verdict = analysis.verdict(rows, checks)
    wall_time = time.perf_counter() - started
    content = {
        "rows": rows,
        "checks": [{**c._asdict(), "holds": c.holds} for c in checks],
        "verdict": verdict,
    }
    project.write_json(directory / "summary.json", content)
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    paths = figures.draw(sweep, arrays, directory)
    print(analysis.table(rows), check.table(checks), verdict, sep="\n\n")
    print(f"{wall_time:.0f} s; wrote", directory / "summary.json", *paths, sep="\n  ")
    return rows


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
