"""The command `evaluate`: the returns of a run's policies."""

from __future__ import annotations

import functools
import pathlib

from maxent_tf.checks import as_integer
from maxent_tf.cli import runs
from maxent_tf.cli.command import call
from maxent_tf.cli.table import returns_table


def evaluate(run: pathlib.Path, /, *, episodes: int = 100, seed: int = 0) -> None:
    """Measure the undiscounted returns of a run's greedy and sampled policies, by whole episodes.

    The table has a row for each learner, with the mean and the standard deviation over episodes.
    The policies are those with the best greedy return of the run's evaluations, or, if the run was
    not evaluated while it trained, those of its last checkpoint. Nothing is written.

    Args:
      run: The folder of the run.
      episodes: The number of episodes of each learner and kind.
      seed: The seed of the episodes.
    """
    trained = runs.open_run(run)
    as_integer("episodes", episodes)
    print(f"{run}: {trained.which} policies, after {trained.env_steps} steps; {episodes} episodes")
    print(returns_table(runs.measure(trained, episodes, seed)))


main = functools.partial(call, evaluate)
