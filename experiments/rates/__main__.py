"""Runs the experiment: measurements, summary, table, figures, verdict."""

from __future__ import annotations

import functools
import time

from experiments import project
from experiments.rates import analysis, figures, runs
from experiments.rates.sweep import Arguments, Bandits, Processes
from experiments.reproduce.check import Check, table


def main(
    arguments: Arguments, bandits: Bandits | None = None, processes: Processes | None = None
) -> list[Check]:
    """Measures everything, or loads it, and writes summary and figures.

    Args:
      arguments: the command line.
      bandits: other constants than the default ones.
      processes: likewise.

    Returns:
      The checks.
    """
    started = time.perf_counter()
    bandits = bandits or Bandits()
    processes = processes or Processes(count=arguments.processes)
    directory = arguments.output / "rates"
    on_bandits = project.produce_or_load(
        directory, "bandits", bandits, functools.partial(runs.run_bandits, bandits)
    )
    on_processes = project.produce_or_load(
        directory, "processes", processes, functools.partial(runs.run_processes, processes)
    )
    checks = [
        *analysis.bandit_checks(bandits, on_bandits),
        *analysis.process_checks(processes, on_processes),
    ]
    verdict = analysis.verdict(checks, bandits, on_bandits)
    wall_time = time.perf_counter() - started
    rows = [{**check._asdict(), "holds": check.holds} for check in checks]
    project.write_json(directory / "summary.json", {"rows": rows, "verdict": verdict})
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    paths = figures.draw(bandits, on_bandits, processes, on_processes, directory)
    print(table(checks), verdict, sep="\n\n")
    print(f"{wall_time:.0f} s; wrote", directory / "summary.json", *paths, sep="\n  ")
    return checks


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
