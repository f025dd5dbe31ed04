"""The multi-goal experiment. Oracles: a NumPy loop, closed forms, numbers worked out by hand."""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import types

import numpy as np
import pytest
import tensorflow as tf

from experiments.multigoal import __main__ as command
from experiments.multigoal import analysis, runs
from experiments.multigoal.sweep import Arguments, Name, Sweep, make_world, plan
from maxent_tf.environments.multi_goal import GOALS
from maxent_tf.types import Transition


@pytest.mark.parametrize(
    ("costs", "coefficients", "scale"),
    [("sql", (30.0, 1.0, 10.0), 0.1), ("sac", (1.0, 0.1, 1.0), 3.0)],
)
def test_the_worlds_pay_the_papers_rewards_times_their_scale(
    costs: Name, coefficients: tuple[float, float, float], scale: float
) -> None:
    # Oracle: the reward by hand, for a step that arrives at the eastern goal.
    actuation, distance, goal = coefficients
    world = make_world(costs)
    state, _ = world.reset([], 0)
    state = state._replace(position=tf.constant([3.6, 0.3]))
    _, timestep = world.step(state, tf.constant([0.5, -0.1]), 0)
    expected = goal - actuation * 0.26 - distance * (0.9**2 + 0.2**2)
    np.testing.assert_allclose(timestep.reward, scale * expected, rtol=1e-5)


def _trajectory() -> Transition:
    """Three worlds, four steps; what follows an end belongs to other episodes.

    One arrives in the west at the second step, one in the north at the last; one is truncated at
    the third.
    """
    position = np.array(
        [
            [[0, 0], [0, 0.1], [0.2, 0]],
            [[-2, 0], [0, 2], [1, 0]],
            [[-4.5, 0], [0, 3], [2, 0]],
            [[5, 0], [0, 3.5], [3, 1]],
            [[0, -5], [0.1, 4.5], [5, 0]],
        ],
        np.float32,
    )
    terminated = np.zeros((4, 3), bool)
    terminated[1, 0] = terminated[3, 1] = terminated[2, 0] = terminated[3, 2] = True
    truncated = np.zeros((4, 3), bool)
    truncated[2, 2] = True
    reward = tf.constant([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0], [64.0, 128.0, 256.0], [512.0] * 3])
    return Transition(
        observation=tf.constant(position[:-1]),
        action=tf.zeros([4, 3, 2]),
        reward=reward,
        next_observation=tf.constant(position[1:]),
        terminated=tf.constant(terminated),
        truncated=tf.constant(truncated),
        valid=tf.ones([4, 3], tf.bool),
    )


def test_first_episodes_end_where_a_loop_says() -> None:
    # Oracle: a loop over worlds and steps.
    trajectory = _trajectory()
    paths = runs.first_episodes(trajectory)
    for i in range(3):
        path = [trajectory.observation[0, i].numpy()]
        goal = runs.NONE
        for t in range(4):
            path.append(trajectory.next_observation[t, i].numpy())
            if trajectory.terminated[t, i]:
                goal = min(range(4), key=lambda g: math.dist(path[-1], GOALS[g]))
            if trajectory.terminated[t, i] or trajectory.truncated[t, i]:
                break
        path += [path[-1]] * (5 - len(path))
        np.testing.assert_array_equal(paths.position[:, i], path)
        assert paths.goal[i] == goal
        assert paths.total_reward[i] == sum(float(trajectory.reward[s, i]) for s in range(t + 1))
    assert paths.goal.tolist() == [1, 2, runs.NONE]


@pytest.mark.parametrize("name", ["sql", "sac"])
def test_the_kept_critics_are_the_first_learners(name: Name) -> None:
    # Oracle: the learners' own values, asked for one action at a time.
    sweep = Sweep(name, name, alphas=(0.5, 1.0), seeds=3, hidden_sizes=(4,))
    learner = runs.make_learner(sweep)
    state = learner.init(0)
    kept = runs.critic_at_origin(learner, state, 3)
    for i, second in enumerate((-1.0, 0.0, 1.0)):
        for j, first in enumerate((-1.0, 0.0, 1.0)):
            action = tf.broadcast_to(tf.constant([first, second]), [2, 3, 1, 2])
            action = action[..., None, :] if name == "sql" else action
            q = tf.reshape(learner.q(state, tf.zeros([2, 3, 1, 2]), action), [2, 3])
            np.testing.assert_allclose(kept[:, i, j], q[:, 0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["sql", "sac"])
def test_at_the_threshold_living_is_worth_the_goal(name: Name) -> None:
    # Oracle: the world's own rewards at a goal's edge, and a sum over a grid of actions.
    world = make_world(name)
    alpha = analysis.living_threshold(world)
    middles = np.float32((np.arange(400) + 0.5) / 200 - 1)
    action = np.stack(np.meshgrid(middles, middles), axis=-1)
    cost = world.actuation_cost * np.sum(action.astype(np.float64) ** 2, axis=-1)
    soft = alpha * np.log(np.sum(np.exp(-cost / alpha)) / 200**2)
    state, _ = world.reset([], 0)
    state = state._replace(position=tf.constant([4.0, 0.0]))
    _, still = world.step(state, tf.zeros([2]), 0)
    lasting = (soft + float(still.reward)) / (1 - 0.99)
    assert lasting == pytest.approx(world.goal_reward, abs=1e-2)


def test_rows_and_verdict_follow_the_rollouts() -> None:
    # Oracle: counts and the entropies of (1/4, 1/4, 1/4, 1/4) and (1/2, 1/2), by hand.
    sweep = Sweep("sac", "sql", alphas=(0.5, 2.0), seeds=2)
    even, two, lost = [0, 1, 2, 3] * 5, [0] * 8 + [3] * 8 + [runs.NONE] * 4, [runs.NONE] * 20
    total = np.arange(80.0).reshape(2, 2, 20)
    arrays = {"goal": np.array([[even, two], [lost, lost]]), "return": total}
    first, second = analysis.rows(sweep, arrays)
    np.testing.assert_allclose(first["shares"], [[0.25] * 4, [0.4, 0, 0, 0.4]])
    np.testing.assert_allclose(first["entropy"], [math.log(4), math.log(2)])
    assert (first["alpha"], first["found_all"], first["goals_found"]) == (0.5, 1, [4, 2])
    assert (first["arrived"], first["returns"]) == (pytest.approx(0.9), [9.5, 29.5])
    assert (second["alpha"], second["found_all"], second["arrived"]) == (2.0, 0, 0)
    assert np.isnan(second["entropy"]).all()
    said = analysis.verdict([first, second]).splitlines()
    assert said[0] == "No alpha reached every goal in every seed."
    assert "in all 2 seeds at no alpha, at best in 1, at alpha 0.5." in said[1]
    assert "its least visited goal had 0.0% of the rollouts of a seed" in said[1]
    arrays["goal"][0, 1] = even
    said = analysis.verdict(list(analysis.rows(sweep, arrays))).splitlines()
    assert said[0] == "Every learner reached every goal in every seed, at some alpha."
    assert "SAC on SQL's costs reached every goal in all 2 seeds at alpha 0.5." in said[1]
    line = analysis.table([first]).splitlines()[2]
    assert line.startswith("| SAC     | SQL's | 0.5   | 1 of 2    | [0.09, 0.91] ")


def test_plan_applies_overrides() -> None:
    sweeps = plan(Arguments(alphas=(0.2,), seeds=7, steps=99))
    assert {(sweep.alphas, sweep.seeds, sweep.steps) for sweep in sweeps} == {((0.2,), 7, 99)}
    with pytest.raises(ValueError, match="--steps must be at least 1, not 0"):
        Arguments(steps=0)
    with pytest.raises(ValueError, match="--alphas must be positive"):
        Arguments(alphas=(0.0, 1.0))


@pytest.mark.slow
def test_the_command_writes_what_it_says_and_loads_it_again(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = Arguments(output=tmp_path, quick=True)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "multigoal"
    summary = json.loads((directory / "summary.json").read_text())
    kinds = [(row["learner"], row["costs"]) for row in summary["rows"][::2]]
    assert kinds == [("sql", "sql"), ("sac", "sql"), ("sac", "sac"), ("sql", "sac")]
    assert json.loads((directory / "provenance.json").read_text())["config"]["quick"] is True
    names = {path.stem for path in directory.glob("*.png")}
    assert names == {"shares", "paths_sql", "paths_sac", "start_sql", "start_sac"}
    assert summary["verdict"] in capsys.readouterr().out

    def fail(*_: object) -> runs.Arrays:
        raise AssertionError("the result was on disk")

    stored = dataclasses.replace(command.EXPERIMENT, runs=types.SimpleNamespace(run=fail))
    np.testing.assert_equal(stored.main(arguments)["rows"], rows)
