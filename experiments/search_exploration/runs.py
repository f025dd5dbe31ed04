"""The measurements of learners before they are trained, and as they learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import examination
from experiments.frame import Arrays, stacked
from experiments.learning import configure
from experiments.search_exploration.measures import make_behaviour
from experiments.search_exploration.rule import PuctOfEach
from experiments.search_exploration.sweep import Sweep
from experiments.search_exploration.worlds import longest_episode, make_world
from maxent_tf import draws
from maxent_tf.environments import Environment
from maxent_tf.learners import A2C, A2CConfig, AlphaZero, AlphaZeroConfig
from maxent_tf.seeds import as_seed


def make_learner(sweep: Sweep, env: Environment) -> AlphaZero | A2C:
    """Returns the learners of a sweep, of batch shape [settings * seeds].

    Their networks have the same hidden layers. `AlphaZero` has one network for the policy and the
    value, and `A2C` one for each.
    """
    setting = np.repeat(np.float32(sweep.settings), sweep.seeds)
    shared = {"activation": "relu", "discount": 1.0}
    if sweep.method != "bonus":
        searching = configure(
            AlphaZeroConfig,
            sweep,
            **shared,
            rule=PuctOfEach(setting, sweep.noise),
            num_simulations=sweep.simulations,
            # Uniformly random steps would explore for every setting alike.
            learning_starts=sweep.num_envs,
        )
        return AlphaZero(env, searching, [setting.size])
    config = configure(
        A2CConfig, sweep, **shared, rollout_length=10, gae_lambda=0.95, alpha=setting
    )
    return A2C(env.spec, config, [setting.size])


def phases(sweep: Sweep) -> list[int]:
    """Returns the steps of each learner at the end of every phase of the training."""
    return [sweep.steps, *([sweep.steps * (sweep.simulations + 1)] if sweep.evaluations else [])]


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep, and measures their behaviour before and as they learn.

    Returns:
      "steps", [records], the steps of each learner, the first of which is 0. The other arrays end
      in the shape of the sweep, [settings, seeds]. "entropy", "positions" and "returns",
      [records, ...], are those of `measures.Behaviour`. "greedy", [records, ...], is the return of
      a greedy episode, except in self-play. In tic-tac-toe there are the grades of `make_grader`:
      "optimal" and others, [records, ...], of the network alone, and "searched_optimal" and others,
      [...], of the search at the end.
    """
    env = make_world(sweep)
    learner = make_learner(sweep, env)
    init_seed, train_seed, act_seed = tf.unstack(draws.split(as_seed(sweep.seed), 3))
    behaviour = make_behaviour(learner, env, sweep.episodes, longest_episode(sweep))
    alone = make_grader(sweep, learner, 0)
    looks: list[Arrays] = []

    def look(steps: int, metrics: Any, state: Any) -> None:
        del metrics
        seen = behaviour(state, draws.fold_in(act_seed, steps))._asdict()
        if sweep.world != "self_play":
            seen["greedy"] = mx.evaluate(learner, state, env, 1).returns[:, 0]
        looks.append({"steps": np.asarray(steps), **seen, **alone(state)})

    state, done = learner.init(init_seed), 0
    look(0, None, state)
    for end in phases(sweep):
        state = mx.train(
            learner,
            env,
            end - done,
            seed=draws.fold_in(train_seed, done),
            num_envs=sweep.num_envs,
            records=sweep.records,
            progress=progress,
            callback=lambda steps, metrics, state, done=done: look(done + steps, metrics, state),
            state=state,
        ).state
        done = end
    arrays = stacked(looks)
    if sweep.method != "bonus":
        by_search = make_grader(sweep, learner, sweep.simulations)(state)
        arrays |= {f"searched_{name}": values for name, values in by_search.items()}
    return {
        name: values if name == "steps" else values.reshape([*values.shape[:-1], *sweep.shape])
        for name, values in arrays.items()
    }


def make_grader(
    sweep: Sweep, learner: AlphaZero | A2C, simulations: int
) -> Callable[[Any], dict[str, np.ndarray]]:
    """Returns a function from the state of learners to grades of their moves, [K] each.

    Args:
      sweep: The constants.
      learner: The learners, of batch shape [K].
      simulations: The number of simulations of a search in every position; 0 grades the network
        alone.

    Returns:
      The function. In self-play, its grades are "optimal", "first" and "second" of
      `examination.Grades`. Against the best play there is "optimal" alone: the share of best moves
      in all positions that can come up against this opponent and in which some moves are better
      than others. On DeepSea there is nothing to grade.
    """
    if sweep.world == "deep_sea":
        return lambda state: {}
    # Against the best play, these are the positions in which the learner moves.
    solution = mx.tabular.solve_game(make_world(sweep))
    moves = examination.player(learner, simulations, solution)

    def of_games(state: Any) -> dict[str, np.ndarray]:
        grades = examination.grade(solution, moves(state))
        return {name: getattr(grades, name) for name in ("optimal", "first", "second")}

    def of_positions(state: Any) -> dict[str, np.ndarray]:
        matters = solution.optimal.any(-1) & (solution.optimal != (solution.child >= 0)).any(-1)
        return {"optimal": examination.right(solution, moves(state))[:, matters].mean(axis=-1)}

    return of_games if sweep.world == "self_play" else of_positions
