"""Runs the experiment: gradients and explorers, summary, tables, figures, verdict."""

from __future__ import annotations

import dataclasses
import functools
import time

from experiments import project
from experiments.commitment import analysis, figures, runs
from experiments.commitment.sweep import Arguments, Exploration, NaturalGradient, NoisyBandit


def main(arguments: Arguments) -> analysis.Rows:
    """Runs everything, or loads it, and writes summary and figures.

    Args:
      arguments: the command line.

    Returns:
      The rows of the summary.
    """
    started = time.perf_counter()
    directory = arguments.output / "commitment"
    natural, noisy = NaturalGradient(), NoisyBandit()
    explored = Exploration(steps=arguments.steps)
    if arguments.runs is not None:
        natural = dataclasses.replace(natural, runs=arguments.runs)
        noisy = dataclasses.replace(noisy, seeds=arguments.runs)
        explored = dataclasses.replace(explored, runs=arguments.runs)
    results = [
        project.produce_or_load(directory, name, sweep, functools.partial(run, sweep))
        for name, sweep, run in (
            ("natural_gradient", natural, runs.natural),
            ("noisy_bandit", noisy, runs.noisy),
            ("exploration", explored, runs.exploration),
        )
    ]
    rows = analysis.Rows(
        analysis.natural_rows(natural, results[0]),
        analysis.noisy_rows(noisy, results[1]),
        analysis.exploration_rows(explored, results[2]),
    )
    verdict = analysis.verdict(rows)
    wall_time = time.perf_counter() - started
    project.write_json(
        directory / "summary.json", {"rows": rows._asdict(), "verdict": verdict.splitlines()}
    )
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    paths = [
        figures.natural(natural, results[0], rows.natural, directory),
        figures.noisy(noisy, results[1], rows.noisy, directory),
        figures.exploration(explored, results[2], directory),
    ]
    print(analysis.tables(rows), verdict, sep="\n\n")
    print(f"{wall_time:.0f} s; wrote", directory / "summary.json", *paths, sep="\n  ")
    return rows


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
