"""Runs the experiment: learners one after the other, summary, table, figure, verdict."""

from __future__ import annotations

import sys
import time
from typing import Any

import tensorflow as tf

from experiments import project
from experiments.mujoco import analysis, figures, runs
from experiments.mujoco.sweep import Arguments, plan


def main(arguments: Arguments) -> dict[str, Any]:
    """Trains what is asked for, or loads it, and writes summary and figure.

    Args:
      arguments: the command line.

    Returns:
      The summary: a row for each run, one for each implementation, and the verdict.
    """
    started = time.perf_counter()
    directory = arguments.output / "mujoco"
    planned = plan(arguments)
    results = [
        runs.run(run, directory, arguments.peers, progress=sys.stderr.isatty()) for run in planned
    ]
    rows = analysis.rows(planned, results)
    verdict = analysis.verdict(rows)
    summary = {"rows": rows, "summaries": analysis.summaries(rows), "verdict": verdict}
    project.conclude(
        directory,
        arguments,
        started,
        summary,
        analysis.table(rows),
        lambda: [figures.draw(planned, results, directory)],
    )
    return summary


if __name__ == "__main__":
    # Not above: TF-Agents pins a typing-extensions too old for it, and only this line needs it.
    import tyro

    given = tyro.cli(Arguments, description=__doc__)
    if given.threads is not None:  # only a process that has computed nothing yet takes this
        tf.config.threading.set_intra_op_parallelism_threads(given.threads)
        tf.config.threading.set_inter_op_parallelism_threads(given.threads)
    main(given)
