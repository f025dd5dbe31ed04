"""PUCT's exploration beside an entropy bonus.

Oracles: searches of one learner alone, the game played by hand, plain loops.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

import maxent_tf as mx
from experiments.search_exploration import __main__ as command
from experiments.search_exploration import measures, runs, worlds
from experiments.search_exploration.rule import PuctOfEach
from experiments.search_exploration.sweep import Arguments, plan
from maxent_tf import draws, tabular
from maxent_tf.environments import TicTacToe
from maxent_tf.types import Acted
from tests.experiments.search_exploration_sweep import SWEEP
from tests.search import naive


@pytest.fixture(scope="module")
def solution() -> tabular.GameSolution:
    return tabular.solve_game(TicTacToe())


def test_every_learner_searches_with_its_own_constant() -> None:
    # Oracle: `Puct` for each learner alone, with a constant that hardly grows.
    constants = np.array([0.02, 0.3, 4.0], np.float32)
    roots, mask = naive.roots(6, 5, tf.float32)
    model = naive.model(5, tf.float32)
    rule = PuctOfEach(constants, 0.0)
    together = mx.search.search(model, None, roots, 40, rule, mask=mask, seed=3)
    for i, c in enumerate(constants):
        own, legal = tf.nest.map_structure(lambda x, i=i: x[2 * i : 2 * i + 2], (roots, mask))
        puct = mx.search.Puct(float(c), c_base=1e12, noise_fraction=0.0, normalize_q=False)
        alone = mx.search.search(model, None, own, 40, puct, mask=legal, seed=3)
        np.testing.assert_array_equal(together.visits[2 * i : 2 * i + 2], alone.visits)
    shares = mx.search.summary(together).policy
    np.testing.assert_allclose(shares, together.visits[:, 0] / 40, rtol=1e-6)


def test_noise_is_that_of_puct_and_can_be_left_out() -> None:
    # Oracle: `Puct` with the same seed, and the prior.
    roots, mask = naive.roots(6, 5, tf.float32)
    zeros = tf.zeros([6, 5])
    node = mx.search.Node(
        tf.nn.log_softmax(tf.where(mask, roots.prior_logits, -np.inf)), zeros, zeros, roots.value
    )
    seed = tf.constant([0, 7])
    rule = PuctOfEach(np.ones(3, np.float32), 0.25)
    found, _ = rule.begin(node, 10, seed)
    expected, _ = mx.search.Puct(noise_fraction=0.25).begin(node, 10, seed)
    np.testing.assert_array_equal(found, expected)
    assert np.abs(np.exp(found) - np.exp(node.log_prior)).max() > 0.05
    clean, _ = rule.without_noise().begin(node, 10, seed)
    np.testing.assert_array_equal(clean, node.log_prior)


def test_the_opponent_plays_best_and_alike(solution: tabular.GameSolution) -> None:
    # Oracle: the game itself, two moves a step, with the solver's values: after every reply, the
    # opponent has what the position was worth.
    env = worlds.AgainstBestPlay(TicTacToe(), solution)
    numbers = worlds.board_number(solution.state.board).numpy()
    assert len(np.unique(numbers)) == 5478
    place = {number: i for i, number in enumerate(numbers)}
    rng = np.random.default_rng(0)
    world, timestep = env.reset([200], 0)
    totals = np.zeros(200)
    for _ in range(5):
        before = [place[n] for n in worlds.board_number(world.board).numpy()]
        legal = timestep.observation["action_mask"].numpy()
        action = np.array([rng.choice(np.flatnonzero(row)) for row in legal], np.int32)
        over = timestep.terminated.numpy()
        world, timestep = env.step(world, tf.constant(action), 0)
        again, _ = env.step(
            tf.nest.map_structure(lambda x, b=before: tf.constant(x[b]), solution.state),
            tf.constant(action),
            1,
        )
        np.testing.assert_array_equal(world.board, again.board)
        totals += timestep.reward
        for i in np.flatnonzero(~over):
            moved = solution.child[before[i], action[i]]
            if solution.terminated[moved]:
                assert timestep.terminated[i]
                continue
            after = place[int(worlds.board_number(world.board[i]))]
            assert after in solution.child[moved]
            # What is lost is lost at the end at the latest; nothing is won back.
            worth = timestep.reward[i] + solution.value[after]
            assert worth == -solution.value[moved]
        np.testing.assert_array_equal(timestep.reward.numpy()[over], 0)
    assert timestep.terminated.numpy().all()
    assert set(np.unique(totals)) == {-1, 0}


def test_behaviour_is_that_of_episodes_one_by_one() -> None:
    # Oracle: a uniform policy on DeepSea, whose entropy is log 2 in every step and whose positions
    # are the rows; and a learner that always moves right and pays for it.
    sweep = dataclasses.replace(SWEEP, method="bonus", settings=(0.1, 0.2), episodes=200)
    env = worlds.make_world(sweep)
    learner = runs.make_learner(sweep, env)
    behaviour = measures.make_behaviour(learner, env, 200, 3)
    state = tf.nest.map_structure(tf.zeros_like, learner.init(0))
    uniform = behaviour(state, 5)
    np.testing.assert_allclose(uniform.entropy, np.log(2), rtol=1e-6)
    np.testing.assert_array_equal(uniform.positions, 1 + 2 + 3)
    # One episode of eight finds 0.99; each of the others pays 0.01 / 3 for a move to the right.
    spread = np.sqrt(0.99**2 / 8 / 200)
    np.testing.assert_allclose(uniform.returns, (1 - 3 * 0.01 / 2) / 8 - 0.0, atol=5 * spread)


class Uniform:
    """Draws legal moves uniformly."""

    batch_shape = (2,)

    def initial_carry(self, num_envs: int) -> tuple[()]:
        return ()

    def policy(self, state: Any, observation: Any) -> Any:
        legal = observation["action_mask"] == 1
        return tfd.Categorical(logits=tf.where(legal, 0.0, -np.inf))

    def act(self, state: Any, carry: Any, observation: Any, seed: Any, world: Any) -> Acted:
        weight = tf.cast(observation["action_mask"], tf.float32)
        return Acted(draws.categorical(weight, seed))


def test_rewards_of_two_players_count_for_the_one_who_begins(
    solution: tabular.GameSolution,
) -> None:
    # Oracle: the value of uniform play, by recursion over all positions, to 5 standard errors.
    legal = solution.child >= 0
    value = np.zeros(len(legal))
    for s in reversed(np.flatnonzero(~solution.terminated)):
        after = solution.child[s, legal[s]]
        reward = solution.q[s, legal[s]] + solution.value[after]
        value[s] = np.mean(reward - value[after])
    assert value[0] > 0.2
    found = measures.make_behaviour(Uniform(), TicTacToe(), 2000, 9)((), 3)
    np.testing.assert_allclose(found.returns, value[0], atol=5 / np.sqrt(2000))
    # The last of nine moves has no alternative, and the first has nine.
    assert np.all((found.entropy > np.log(4)) & (found.entropy < np.log(9)))
    assert np.all(found.positions < 4520)


def test_grades_against_best_play_are_of_what_can_come_up(
    solution: tabular.GameSolution,
) -> None:
    # Oracle: the two-player solution, position by position, of a network whose moves are fixed: the
    # lowest legal cell.
    sweep = dataclasses.replace(SWEEP, world="best_play", method="bonus", seeds=2)
    env = worlds.make_world(sweep)
    learner = runs.make_learner(sweep, env)
    state = tf.nest.map_structure(tf.zeros_like, learner.init(0))
    place = {n: i for i, n in enumerate(worlds.board_number(solution.state.board).numpy())}
    pending, seen, right = [0], set(), []
    while pending:
        s = pending.pop()
        if s in seen:
            continue
        seen.add(s)
        legal = np.flatnonzero(solution.child[s] >= 0)
        best = solution.optimal[s, legal]
        if not best.all():
            right.append(best[0])
        here = [s] * len(legal)
        world = tf.nest.map_structure(lambda x, at=here: tf.constant(x[at]), solution.state)
        after, timestep = env.step(world, tf.constant(legal, tf.int32), 0)
        numbers = worlds.board_number(after.board).numpy()
        pending += [
            place[n] for n, over in zip(numbers, timestep.terminated, strict=True) if not over
        ]
    grades = runs.make_grader(sweep, learner, 0)(state)
    assert 20 < len(right) < len(seen) < 300
    np.testing.assert_allclose(grades["optimal"], np.mean(right))


def test_the_plan_leaves_out_what_cannot_be_trained() -> None:
    # Oracle: the names.
    names = [sweep.name for sweep in plan(Arguments())]
    assert names == [
        "deep_sea-search",
        "deep_sea-noise",
        "deep_sea-bonus",
        "best_play-search",
        "best_play-noise",
        "best_play-bonus",
        "self_play-search",
        "self_play-noise",
    ]
    assert [s.seeds for s in plan(Arguments(env=("self_play",), seeds=3))] == [3, 3]
    with pytest.raises(ValueError, match="spec must be of one player"):
        mx.learners.A2C(TicTacToe().spec)


@pytest.mark.slow
def test_the_command_trains_and_writes(tmp_path: pathlib.Path) -> None:
    # Oracle: the second run gives the rows of the first and trains nothing.
    arguments = Arguments(quick=True, output=tmp_path, env=("best_play",), seeds=1)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "search_exploration"
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    assert (directory / "search_exploration.png").read_bytes().startswith(b"\x89PNG")
    stored = {p: p.stat().st_mtime_ns for p in directory.glob("*/arrays.npz")}
    assert len(stored) == 3
    assert command.main(arguments)["rows"] == rows
    assert {p: p.stat().st_mtime_ns for p in stored} == stored
    assert all("searched_strength" in row for row in rows if row["method"] in ("search", "noise"))
