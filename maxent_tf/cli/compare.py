"""The command `compare`: the returns of two runs."""

from __future__ import annotations

import functools
import pathlib
from typing import Literal

from maxent_tf import statistics
from maxent_tf.checks import one_of
from maxent_tf.cli import runs
from maxent_tf.cli.command import call
from maxent_tf.cli.table import text_table


def compare(
    first: pathlib.Path, second: pathlib.Path, /, *, kind: Literal["greedy", "sampled"] = "greedy"
) -> None:
    """Compare the returns of two runs on one environment, as measured at their ends.

    The table has the interquartile mean over the learners of each run. The probability of
    improvement is that of a learner of the second run to have a higher return than one of the
    first. All intervals are 95% bootstrap intervals over learners. With few learners they are too
    narrow, and with one there is none: train with --seeds 5 or more. Nothing is written.

    Args:
      first: The folder of a run.
      second: The folder of another run.
      kind: The policies whose returns to compare, greedy or sampled.
    """
    one_of("kind", kind, ("greedy", "sampled"))
    envs = [runs.read_settings(run).env for run in (first, second)]
    if envs[0] != envs[1]:
        raise ValueError(
            f"{first} is on {envs[0]} and {second} on {envs[1]}, whose returns cannot be compared."
        )
    found = [runs.read_evaluation(run) for run in (first, second)]
    scores = [each[kind] for each in found]
    rows = [
        [
            str(run),
            each["state"],
            str(each["env_steps"]),
            str(len(of_run)),
            f"{statistics.interquartile_mean(of_run):.4g}",
            _interval(*statistics.bootstrap_interval(of_run)),
        ]
        for run, each, of_run in zip((first, second), found, scores, strict=True)
    ]
    header = ["run", "policies", "steps", "learners", f"{kind} return, IQM", "95% interval"]
    print(text_table(header, rows))
    for what, estimate in (
        ("difference of the IQMs", statistics.bootstrap_difference(*scores[::-1])),
        ("probability of improvement", statistics.probability_of_improvement(*scores[::-1])),
    ):
        interval = _interval(estimate.low, estimate.high)
        print(f"{what}, second over first: {estimate.value:.4g} {interval}")


def _interval(low: float, high: float) -> str:
    return f"[{low:.4g}, {high:.4g}]"


main = functools.partial(call, compare)
