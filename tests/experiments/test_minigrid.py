"""PPO on MiniGrid. Oracles: the published settings, MiniGrid itself, and numbers by hand."""

from __future__ import annotations

import json
import pathlib
import sys

import numpy as np
import pytest

from experiments.minigrid import __main__ as command
from experiments.minigrid import analysis, runs
from experiments.minigrid.sweep import IDS, SWEEPS, Arguments, Sweep, plan
from maxent_tf.environments import DoorKey


def test_ppo_has_the_published_settings() -> None:
    # Oracle: RL Baselines3 Zoo's settings for MiniGrid-DoorKey-5x5-v0: minibatches of 64 of the
    # 8 x 128 steps, of which ten epochs make 160 gradient steps; no entropy bonus.
    sweep = SWEEPS[0]
    learner = runs.make_learner(sweep, DoorKey(5).spec)
    config = learner.config
    assert sweep.num_envs * config.rollout_length / config.num_minibatches == 64
    assert (config.num_epochs, config.num_minibatches, config.alpha) == (10, 16, 0.0)
    assert (config.clip_epsilon, config.actor_optimizer.learning_rate) == (0.2, 2.5e-4)
    assert (config.discount, config.gae_lambda, config.max_grad_norm) == (0.99, 0.95, 0.5)
    assert learner.batch_shape == (1, sweep.seeds)


@pytest.mark.parametrize("bonus", ["rnd", "counts"])
def test_every_scale_has_its_learners(bonus: str) -> None:
    sweep = Sweep(task="four_rooms", bonus=bonus, scales=(0.0, 0.5), seeds=3)  # type: ignore[arg-type]
    learner = runs.make_learner(sweep, DoorKey(5).spec)
    assert learner.batch_shape == (2, 3)
    np.testing.assert_allclose(learner.config["scale"], [[0.0], [0.5]])


def test_minigrid_is_asked_for_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "minigrid.wrappers", None)
    assert runs.make_env(Sweep(task="door_key")) == DoorKey(5)
    with pytest.raises(ModuleNotFoundError, match=r"'six_rooms' needs MiniGrid: pip install"):
        runs.make_env(Sweep(task="six_rooms"))


def test_tasks_are_those_of_minigrid() -> None:
    # Oracle: MiniGrid's environments: the rooms that they have, and what they observe.
    minigrid = pytest.importorskip("minigrid", reason="of the extra `minigrid`")
    assert minigrid
    for task, rooms in (("four_rooms", 4), ("six_rooms", 6)):
        env = runs.make_env(Sweep(task=task))()  # type: ignore[arg-type]
        observation, _ = env.reset(seed=0)
        assert len(env.unwrapped.rooms) == rooms
        assert env.unwrapped.max_steps == 20 * rooms
        image = env.unwrapped.gen_obs()["image"]
        np.testing.assert_array_equal(observation, image.ravel())


def test_rows_and_verdict_hold_what_the_arrays_do() -> None:
    # Oracle: by hand. Greedy means are 0.5 and 0.75; one of two learners arrives in training.
    sweep = Sweep(task="six_rooms", bonus="rnd", scales=(0.0, 1.0), seeds=2, episodes=2)
    returns = np.zeros([3, 2, 2])
    returns[0] = np.nan
    returns[1, 1, 0] = 0.25
    greedy = np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.5, 1.0]]])
    arrays = {"steps": np.array([1, 2, 3]), "return": returns, "greedy": greedy}
    alone, curious = analysis.rows(sweep, arrays)
    assert (alone["bonus"], alone["arrived"], alone["highest"]) == ("none", 0, 0)
    assert (curious["bonus"], curious["arrived"], curious["highest"]) == ("rnd", 1, 0.25)
    assert (curious["returns"], curious["return"]) == ([0.5, 0.75], 0.625)
    assert curious["deviation"] == pytest.approx(np.std([0.0, 1.0, 0.5, 1.0]))
    first, second = analysis.verdict([alone, curious]).splitlines()
    assert "by PPO alone: greedy episodes return 0.000 after 3 steps, published 0.000" in first
    assert "with RND at scale 1: 1 of 2 learners ever arrived" in second
    assert "| 0.000 (0.000) |" in analysis.table([alone, curious])


def test_plan_has_every_task() -> None:
    assert [sweep.task for sweep in plan(Arguments())] == ["door_key", "empty_random"]
    everything = plan(Arguments(tasks=tuple(IDS)))
    assert len({sweep.name for sweep in everything}) == len(everything) == len(SWEEPS)
    assert {s.steps for s in plan(Arguments(tasks=("four_rooms",), steps=5))} == {5}
    with pytest.raises(ValueError, match="--steps must be at least 1, not 0"):
        Arguments(steps=0)


@pytest.mark.slow
def test_the_command_writes_summary_and_figure(tmp_path: pathlib.Path) -> None:
    # Oracle: the second run gives the rows of the first and trains nothing.
    arguments = Arguments(quick=True, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "minigrid"
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    assert (directory / "minigrid.png").read_bytes().startswith(b"\x89PNG")
    stored = {p: p.stat().st_mtime_ns for p in directory.glob("*/arrays.npz")}
    assert command.main(arguments)["rows"] == rows
    assert {p: p.stat().st_mtime_ns for p in stored} == stored
