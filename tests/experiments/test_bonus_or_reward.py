"""Entropy as a bonus and as a reward.

Oracles: closed forms of one-step worlds, a Bellman equation in plain loops, and the exact policies
for the learners.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest

from experiments.bonus_or_reward import __main__ as command
from experiments.bonus_or_reward import analysis, policies, runs
from experiments.bonus_or_reward.sweep import Arguments, LearnerSweep, PathSweep
from maxent_tf.environments import Bandit, TwoGoalGrid
from maxent_tf.tabular import from_environment

ALPHAS = np.array([0.01, 0.1, 1.0])


@pytest.fixture(scope="module")
def path() -> dict[str, np.ndarray]:
    return runs.run_path(PathSweep("TwoGoalGrid", count=9))


@pytest.fixture(scope="module")
def learners() -> tuple[LearnerSweep, dict[str, np.ndarray]]:
    sweep = LearnerSweep("TwoGoalGrid", "bonus", alphas=(0.03, 1.0), seeds=4, steps=20_000)
    return sweep, runs.run_learners(sweep)


@pytest.mark.parametrize("objective", ["bonus", "reward"])
def test_in_one_step_both_objectives_are_boltzmann(objective: str) -> None:
    # Closed form: no later entropy to earn, so that both give softmax(r / alpha).
    rewards = np.array([1.0, 0.9, 0.1])
    found = policies.exact_policies(
        from_environment(Bandit(rewards), discount=1.0), objective, ALPHAS
    )
    weight = np.exp(rewards / ALPHAS[:, None])
    np.testing.assert_allclose(
        found.policy[:, 0], weight / weight.sum(-1, keepdims=True), atol=1e-9
    )


def test_the_gradient_vanishes_at_the_equilibrium_of_the_bonus() -> None:
    # Oracle: what the update of an actor-critic expects in each state, with the values of a Bellman
    # equation iterated in plain loops.
    world, discount = TwoGoalGrid(), 0.99
    m = from_environment(world, discount=discount)
    for alpha, policy in zip(
        ALPHAS, policies.exact_policies(m, "bonus", ALPHAS).policy, strict=True
    ):
        v, q = np.zeros(25), np.zeros((25, 4))
        for _ in range(3000):
            for s in range(25):
                for a in range(4):
                    q[s, a] = world.reward[s, a, 0] + discount * v[world.next_state[s, a, 0]]
            v = (policy * q).sum(-1)
        going = ~world.terminal
        entropy = -(policy * np.log(policy)).sum(-1)
        drift = policy * (q - alpha * np.log(policy) - (v + alpha * entropy)[:, None])
        assert np.abs(drift[going]).max() < 1e-8


def test_a_bonus_has_one_equilibrium_and_outlives_the_reward(path: dict[str, np.ndarray]) -> None:
    # Oracle: the threshold, found by bisection on the return.
    assert path["starts_apart"] < 1e-8
    bonus, reward = path["best"]
    cold, hot = path["alpha"] < path["threshold"] - 1e-3, path["alpha"] > path["threshold"] + 1e-3
    assert (reward[cold] > 0.9).all()
    assert (reward[hot] < 0.1).all()
    assert (bonus > 0.45).all()


def test_learners_end_near_the_equilibrium(
    learners: tuple[LearnerSweep, dict[str, np.ndarray]],
) -> None:
    # Oracle: the exact policies. With little entropy those that begin at 0 are in the trap.
    _, arrays = learners
    fresh, begun = arrays["best"].mean(-1)
    np.testing.assert_allclose(begun, arrays["exact_best"], atol=0.05)
    np.testing.assert_allclose(fresh[1], arrays["exact_best"][1], atol=0.05)
    assert fresh[0] < 0.05 < 0.9 < arrays["exact_best"][0]


def test_rows_and_verdict_tell_who_follows(
    path: dict[str, np.ndarray], learners: tuple[LearnerSweep, dict[str, np.ndarray]]
) -> None:
    # Oracle: the arrays.
    sweep, arrays = learners
    rows = list(analysis.learner_rows(sweep, arrays))
    assert [(r["start"], r["alpha"], r["follows"]) for r in rows] == [
        ("fresh", 0.03, False),
        ("fresh", 1.0, True),
        ("exact", 0.03, True),
        ("exact", 1.0, True),
    ]
    other = [{**row, "objective": "reward", "follows": False} for row in rows]
    verdict = analysis.verdict([analysis.world_row("TwoGoalGrid", path)], rows + other)
    assert "given it up, in 1 of 1 environments." in verdict
    assert "gives up the goals at alpha 0.00734 (predicted 0.00672)" in verdict
    assert "the bonus end near the exact policy at 1 of 2 temperatures from a fresh" in verdict
    assert "the reward end near the exact policy at 0 of 2" in verdict
    exact = arrays["exact_best"][0], arrays["exact_value"][0]
    line = " ".join(analysis.table(rows).splitlines()[2].split())
    assert line.startswith(f"| TwoGoalGrid, bonus | 0.03 | {exact[0]:.3f}, {exact[1]:.3f} |")


@pytest.mark.parametrize(
    ("best", "expected"), [([1, 0.5, 0.4], 0.1), ([0.4, 1, 1], None), ([1, 1, 1], 1.0)]
)
def test_what_a_path_bears(best: list[float], expected: float | None) -> None:
    # Oracle: counting by hand.
    assert analysis._bears(ALPHAS, np.array(best)) == expected


def test_the_command_writes_summary_and_figure(tmp_path: pathlib.Path) -> None:
    # Oracle: the second run gives the rows of the first and trains nothing.
    arguments = Arguments(env=("TwoGoalGrid",), count=3, seeds=2, steps=200, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "bonus_or_reward"
    summary = json.loads((directory / "summary.json").read_text())
    assert summary["rows"] == rows
    assert len(rows) == 2 * 2 * 8
    assert (directory / "bonus_or_reward.png").read_bytes().startswith(b"\x89PNG")
    stored = {p: p.stat().st_mtime_ns for p in directory.glob("*/arrays.npz")}
    assert len(stored) == 3
    assert command.main(arguments)["rows"] == rows
    assert {p: p.stat().st_mtime_ns for p in stored} == stored


@pytest.mark.parametrize(
    ("name", "value"), [("env", ()), ("alphas", (0.0,)), ("count", 1), ("seeds", 0)]
)
def test_bad_arguments(name: str, value: object) -> None:
    with pytest.raises(
        ValueError, match=rf"--{name} must (be|have) at least|--{name} must be positive"
    ):
        Arguments(**{name: value})  # type: ignore[arg-type]
