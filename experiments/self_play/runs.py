"""The measurements of learners that play themselves and are examined as they learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import examination
from experiments.frame import Arrays, stacked
from experiments.learning import train
from experiments.self_play.sweep import Sweep, make_game, make_rule
from maxent_tf import draws
from maxent_tf.seeds import as_seed


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

    Returns:
      "steps", [records + 1], the steps that each learner had taken; "optimal", "mistakes", "first"
      and "second", [records + 1, tests, seeds], see `examination.Grades`; "positions", [], the
      number of undecided positions; and "seconds", [], the time of the training alone.
    """
    learner = make_learner(sweep)
    solution = mx.tabular.solve_game(learner.env)
    init_seed, train_seed = tf.unstack(draws.split(as_seed(sweep.seed), 2))
    players = [examination.player(learner, n, solution) for n in sweep.tests]
    found: list[Arrays] = []
    examined = 0.0

    def examine(state: Any) -> None:
        grades = (examination.grade(solution, moves(state)) for moves in players)
        found.append(stacked(grade._asdict() for grade in grades))

    def callback(steps: int, metrics: Any, state: Any) -> None:
        nonlocal examined
        del steps, metrics
        began = tf.timestamp()
        examine(state)
        examined += float(tf.timestamp() - began)

    state = learner.init(init_seed)
    examine(state)
    result = train(
        learner, learner.env, sweep, progress, seed=train_seed, callback=callback, state=state
    )
    return {
        "steps": np.concatenate([[0], result.history["env_steps"]]),
        **stacked(found),
        "positions": np.sum(~solution.terminated),
        "seconds": np.array(result.wall_time - examined),
    }
