"""The zoo: each preset trained, beside the published return.

Oracles: `train` and `evaluate` called by hand, numbers worked out by hand, published optima.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib

import gymnasium
import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from experiments.frame import Result
from experiments.zoo import __main__ as command
from experiments.zoo import analysis, figures, published, runs
from experiments.zoo.optimum import optimum
from experiments.zoo.sweep import DEFAULT_ENVS, ENVS, Arguments, plan, sweep_of
from maxent_tf import draws, presets, statistics
from maxent_tf.presets import PRESETS
from maxent_tf.seeds import as_seed

PPO = dataclasses.replace(
    sweep_of(presets.for_env("ppo", "CartPole-v1")), seeds=2, steps=512, records=2, episodes=3
)


def arrays(returns: list[list[float]], optimum: float = np.nan) -> dict[str, np.ndarray]:
    return {
        "returns": np.array(returns),
        "steps": np.array([500, 1000]),
        "episode_return": np.array([[np.nan] * len(returns), [row[0] for row in returns]]),
        "wall_time": np.array(60.0),
        "cpu_time": np.array(30.0),
        "optimum": np.array(optimum),
    }


def squeezed(table: str) -> str:
    """Returns a table without the blanks that align its columns."""
    return " ".join(table.split())


def test_a_run_is_train_and_evaluate_by_hand(tmp_path: pathlib.Path) -> None:
    # Oracle: the preset's own learner, trained by the public functions, to the bit; and a run that
    # was killed after its last record, which trains no more.
    found = runs.run(PPO, False, tmp_path)
    again = runs.run(PPO, False, tmp_path)
    for name, values in found.items():
        np.testing.assert_array_equal(again[name], values)
    assert found["cpu_time"] > 0
    assert found["wall_time"] > 0
    world = mx.environments.CartPole()
    preset = presets.for_env("ppo", "CartPole-v1")._replace(num_steps=512)
    learner = preset.learner(world.spec, [2])
    train_seed, test_seed = tf.unstack(draws.split(as_seed(0), 2))
    result = mx.train(learner, world, 512, train_seed, num_envs=8, records=2)
    np.testing.assert_array_equal(found["steps"], [256, 512])
    np.testing.assert_array_equal(
        found["episode_return"], result.history["episode_return"], strict=True
    )
    returns = mx.evaluate(learner, result, world, 3, seed=test_seed).returns
    np.testing.assert_array_equal(found["returns"], returns, strict=True)
    assert np.isnan(found["optimum"])


def test_normalisation_and_the_host_are_the_presets_own() -> None:
    # Oracle: the environments themselves, and the state that only normalised learners have.
    worlds = {sweep.name: runs.make_world(sweep) for sweep in map(sweep_of, PRESETS)}
    assert worlds["MiniGrid-DoorKey-5x5-v0-ppo"] == mx.environments.DoorKey(5)
    assert worlds["MountainCar-v0-ppo"] == mx.environments.MountainCar()
    assert worlds["LunarLander-v3-ppo"] == "LunarLander-v3"
    for preset in PRESETS:
        sweep = sweep_of(preset)
        assert sweep.normalize_observation == preset.normalize_observation
        assert sweep.normalize_reward == preset.normalize_reward
        assert (sweep.steps, sweep.num_envs) == (preset.num_steps, preset.num_envs)
        assert sweep.config == preset.config


def test_the_optimum_is_the_known_one() -> None:
    # Oracle: a chain by hand; Gymnasium's registry, which gives 0.74 for FrozenLake-v1; and the
    # mean return of the shortest ways over Taxi's 300 equally likely starts, 7.93.
    class Chain(gymnasium.Env):
        """Wait for 1, or move to the end, where waiting pays 10 once."""

        spec = gymnasium.envs.registration.EnvSpec("Chain-v0", max_episode_steps=3)
        P = {  # noqa: RUF012
            0: {0: [(1.0, 0, 1.0, False)], 1: [(0.5, 1, 0.0, False), (0.5, 0, 0.0, False)]},
            1: {0: [(1.0, 1, 10.0, True)], 1: [(1.0, 1, 0.0, False)]},
        }
        initial_state_distrib = np.array([0.5, 0.5])

    # From state 0 with three steps: try to move, and again; with a single step left, wait for 1.
    from_first = 0.5 * 10 + 0.5 * (0.5 * 10 + 0.5 * 1)
    assert optimum(Chain()) == pytest.approx(0.5 * from_first + 0.5 * 10)
    assert optimum(gymnasium.make("FrozenLake-v1")) == pytest.approx(0.74, abs=0.005)
    taxi = next(name for name in ("Taxi-v4", "Taxi-v3") if name in gymnasium.registry)
    assert optimum(gymnasium.make(taxi)) == pytest.approx(7.93)
    assert optimum(gymnasium.make("CartPole-v1")) is None


def test_rows_compare_with_what_was_published() -> None:
    # Oracle: by hand; rl-zoo's 94.679 with a spread of 1.134.
    sweep = sweep_of(presets.for_env("MountainCarContinuous-v0"))
    (row,) = analysis.rows(sweep, arrays([[93.0, 94.0], [93.6, 93.6], [95.0, 92.6]]))
    assert row["iqm"] == pytest.approx(statistics.interquartile_mean([93.5, 93.6, 93.8]))
    assert (row["reference"], row["reference_spread"]) == (94.679, 1.134)
    assert not row["below"]
    (row,) = analysis.rows(sweep, arrays([[93.5, 93.5]] * 3))
    assert row["below"]
    assert "| 93.5 [93.5, 93.5] | 94.7 ± 1.1 | 50,000 |" in squeezed(analysis.table([row]))
    assert "Below it by more than its spread: sac on MountainCarContinuous" in analysis.verdict(
        [row]
    )


def test_an_exact_optimum_stands_in_for_a_published_return() -> None:
    # Oracle: by hand. Episodes of 0 and 1 with a mean of 0.7 have a variance of 0.21 in each
    # learner, so that 1.96 standard errors of the mean of 20 are 0.2008.
    sweep = dataclasses.replace(PPO, environment="FrozenLake-v1")
    episodes = [[1.0] * 7 + [0.0] * 3] * 2
    (row,) = analysis.rows(sweep, arrays(episodes, optimum=0.9))
    assert row["iqm"] == pytest.approx(0.7)
    assert row["reference_spread"] == pytest.approx(0.2008, abs=1e-4)
    assert not row["below"]
    (worse,) = analysis.rows(sweep, arrays(episodes, optimum=0.91))
    assert worse["below"]
    (none,) = analysis.rows(sweep, arrays(episodes))
    assert "below" not in none
    assert "| 0.900 | | exact optimum | no |" in squeezed(analysis.table([row, none]))
    assert "1 of 2 presets reach" in analysis.verdict([row, worse, none])
    assert "Without a published return: ppo on FrozenLake-v1" in analysis.verdict([none])


def test_every_published_return_is_of_a_preset() -> None:
    # Oracle: the presets.
    pairs = {(preset.algo, preset.env) for preset in PRESETS}
    assert set(published.PUBLISHED) <= pairs
    for found in published.PUBLISHED.values():
        assert found.spread >= 0
        assert found.steps > 0


def test_the_plan_has_every_preset_but_the_expensive_ones() -> None:
    # Oracle: the presets, and MuJoCo's environments by name.
    expensive = {"HalfCheetah-v5", "Hopper-v5", "Walker2d-v5", "Ant-v5"}
    assert [(s.algo, s.environment) for s in plan(Arguments())] == [
        (p.algo, p.env) for p in PRESETS if p.env not in expensive
    ]
    assert set(ENVS) - set(DEFAULT_ENVS) == expensive
    (cheetah,) = plan(Arguments(env=("HalfCheetah-v5",)))
    assert (cheetah.seeds, cheetah.in_graph) == (3, "")
    assert {s.steps for s in plan(Arguments(env=("CartPole-v1",), steps=5))} == {5}
    with pytest.raises(ValueError, match=r"--env must be of CartPole-v1, .*, not Pong"):
        Arguments(env=("Pong",))


def test_the_figure_shows_every_preset() -> None:
    # Oracle: the titles and the level, read from the panels.
    sweep = sweep_of(presets.for_env("ppo", "Pendulum-v1"))
    data = arrays([[-150.0, -160.0], [-170.0, -180.0]])
    results = [Result(sweep, data, list(analysis.rows(sweep, data)))] * 4
    figure = figures.draw(results)["zoo.png"]
    axes = [axis for axis in figure.axes if axis.get_title()]
    assert [axis.get_title() for axis in axes] == ["ppo, Pendulum-v1"] * 4
    levels = [line.get_ydata()[0] for line in axes[0].lines if line.get_label() == "published"]
    assert levels == [-172.225]


@pytest.mark.slow
def test_the_command_trains_and_then_loads(tmp_path: pathlib.Path) -> None:
    # Oracle: the second run gives the rows of the first and trains nothing.
    arguments = Arguments(quick=True, output=tmp_path)
    summary = command.main(arguments)
    directory = tmp_path / "zoo"
    assert json.loads((directory / "summary.json").read_text())["rows"] == summary["rows"]
    assert (directory / "zoo.png").read_bytes().startswith(b"\x89PNG")
    stored = {path: path.stat().st_mtime_ns for path in directory.glob("*/arrays.npz")}
    assert len(stored) == len(summary["rows"]) == 4
    assert command.main(arguments)["rows"] == summary["rows"]
    assert {path: path.stat().st_mtime_ns for path in stored} == stored
