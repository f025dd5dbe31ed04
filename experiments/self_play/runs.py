"""The measurements of learners that play themselves and are examined as they learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import examination
from experiments.self_play.sweep import Sweep, make_game, make_rule
from maxent_tf import draws
from maxent_tf.seeds import as_seed

Arrays = dict[str, np.ndarray]


def make_learner(sweep: Sweep) -> mx.learners.AlphaZero:
    """Returns the learners of a sweep, of batch shape [seeds]."""
    config = mx.learners.AlphaZeroConfig(
        hidden_sizes=sweep.hidden_sizes,
        rule=make_rule(sweep.rule),
        num_simulations=sweep.simulations,
        n_step=5,
    )
    return mx.learners.AlphaZero(make_game(sweep.game), config, [sweep.seeds])


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep and examines them before, at every record and at the end.

    Args:
      sweep: The constants.
      progress: Whether to show a progress bar.

    Returns:
      "steps", [records + 1], the steps that each learner had taken; "optimal", "mistakes", "first"
      and "second", [records + 1, tests, seeds], see `examination.Grades`; "positions", [], the
      number of undecided positions; and "seconds", [], the time of the training alone.
    """
    learner = make_learner(sweep)
    solution = mx.tabular.solve_game(learner.env)
    init_seed, train_seed = tf.unstack(draws.split(as_seed(sweep.seed), 2))
    players = [examination.player(learner, n, solution) for n in sweep.tests]
    found: dict[str, list[np.ndarray]] = {name: [] for name in examination.Grades._fields}
    examined = 0.0

    def examine(state: Any) -> None:
        grades = [examination.grade(solution, moves(state)) for moves in players]
        for name, values in zip(found, zip(*grades, strict=True), strict=True):
            found[name].append(np.stack(values))

    def callback(steps: int, metrics: Any, state: Any) -> None:
        nonlocal examined
        del steps, metrics
        began = tf.timestamp()
        examine(state)
        examined += float(tf.timestamp() - began)

    state = learner.init(init_seed)
    examine(state)
    result = mx.train(
        learner,
        learner.env,
        sweep.steps,
        seed=train_seed,
        num_envs=sweep.num_envs,
        records=sweep.records,
        progress=progress,
        callback=callback,
        state=state,
    )
    return {
        "steps": np.concatenate([[0], result.history["env_steps"]]),
        **{name: np.stack(values) for name, values in found.items()},
        "positions": np.sum(~solution.terminated),
        "seconds": np.array(result.wall_time - examined),
    }
