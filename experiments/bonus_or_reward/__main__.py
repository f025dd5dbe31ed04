"""Runs the experiment: exact paths, learners, summary, table, figure, verdict."""

from __future__ import annotations

import functools
import time

from experiments import project
from experiments.bonus_or_reward import analysis, figures, runs
from experiments.bonus_or_reward.sweep import OBJECTIVES, Arguments, PathSweep


def main(arguments: Arguments) -> list[analysis.Row]:
    """Runs what is asked for, or loads it, and writes summary and figure.

    Args:
      arguments: the command line.

    Returns:
      The rows of the learners.
    """
    started = time.perf_counter()
    directory = arguments.output / "bonus_or_reward"
    paths, worlds, rows = {}, [], []
    for world in arguments.worlds:
        path = PathSweep(world, count=arguments.count)
        produce = functools.partial(runs.run_path, path)
        paths[world] = project.produce_or_load(directory, f"{world}_path", path, produce)
        worlds.append(analysis.world_row(world, paths[world]))
        for objective in OBJECTIVES:
            sweep = arguments.learner_sweep(world, objective)
            produce = functools.partial(runs.run_learners, sweep)
            arrays = project.produce_or_load(directory, f"{world}_{objective}", sweep, produce)
            rows += analysis.learner_rows(sweep, arrays)
    verdict = analysis.verdict(worlds, rows)
    wall_time = time.perf_counter() - started
    summary = {"worlds": worlds, "rows": rows, "verdict": verdict}
    project.write_json(directory / "summary.json", summary)
    project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
    figure = figures.draw(paths, rows, directory)
    print(analysis.table(rows), verdict, sep="\n\n")
    print(f"{wall_time:.0f} s; wrote", directory / "summary.json", figure, sep="\n  ")
    return rows


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
