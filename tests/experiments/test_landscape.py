"""Barriers, curvature and stable steps.

Oracles: a Bellman equation in NumPy, finite differences, the trace of the Hessian, a bandit's
closed forms, and counting by hand.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import types

import numpy as np
import pytest
import scipy.special

from experiments.landscape import __main__ as command
from experiments.landscape import analysis, runs, surroundings
from experiments.landscape.sweep import Arguments, Sweep, plan
from maxent_tf.environments import Bandit, TwoGoalGrid
from maxent_tf.tabular import from_environment

SMALL = Sweep(
    alphas=(0.0, 0.003, 0.1, 1.0),
    scales=(5.0,),
    points=21,
    directions=200,
    visited=(0, 30),
    step_sizes=7,
    iterations=30,
)


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    return runs.run(SMALL)


def value(logits: np.ndarray, alpha: float) -> float:
    """The regularised return on the grid, by a linear solve over its tables in NumPy."""
    world = TwoGoalGrid()
    policy = scipy.special.softmax(logits, -1)
    going = ~world.terminal
    chain = np.zeros((25, 25))
    for s in range(25):
        for a in range(4):
            chain[s, world.next_state[s, a, 0]] += 0.99 * policy[s, a] * going[s]
    entropy = scipy.special.entr(policy).sum(-1)
    paid = ((policy * world.reward[..., 0]).sum(-1) + alpha * entropy) * going
    return float(np.linalg.solve(np.eye(25) - chain, paid)[0])


def trap_logits(scale: float) -> np.ndarray:
    m = from_environment(TwoGoalGrid(), discount=0.99)
    return scale * runs.best_actions(m, without_best_goal=True)


def test_the_interpolation_is_between_the_trap_and_the_optimum(
    arrays: dict[str, np.ndarray],
) -> None:
    m = from_environment(TwoGoalGrid(), discount=0.99)
    trap, optimum = trap_logits(5.0), 5.0 * runs.best_actions(m)
    for k, alpha in enumerate(SMALL.alphas):
        for position in (0.0, 0.35, 1.0):
            expected = value(trap + position * (optimum - trap), alpha)
            found = arrays["interpolated"][0, k][round(position * 20)]
            np.testing.assert_allclose(found, expected, rtol=1e-10)
    # By hand: with hardly any other actions the two are worth .8 gamma^3 and gamma^7.
    sharp = dataclasses.replace(SMALL, scales=(30.0,), points=2)
    ends = runs.interpolate(m, np.zeros(1), sharp)["interpolated"][0, 0]
    np.testing.assert_allclose(ends, [0.8 * 0.99**3, 0.99**7], rtol=1e-9)


def test_derivatives_are_those_of_the_objective() -> None:
    # Oracle: central differences.
    m = from_environment(TwoGoalGrid(), discount=0.99)
    logits = np.random.default_rng(0).normal(size=(25, 4))
    alphas = np.array([0.0, 0.3])
    gradient, hessian = surroundings.derivatives(m, logits, alphas)
    assert hessian.shape == (2, 100, 100)
    np.testing.assert_allclose(hessian, hessian.swapaxes(-1, -2), atol=1e-11)
    direction = surroundings.directions(1, 100, seed=1)[0]
    h = 1e-3
    for k, alpha in enumerate(alphas):
        up, down = (value(logits + s * h * direction.reshape(25, 4), alpha) for s in (1, -1))
        slope, curvature = (up - down) / (2 * h), (up + down - 2 * value(logits, alpha)) / h**2
        np.testing.assert_allclose(gradient[k] @ direction, slope, atol=1e-6)
        np.testing.assert_allclose(direction @ hessian[k] @ direction, curvature, atol=1e-5)


def test_random_directions_measure_the_mean_curvature(arrays: dict[str, np.ndarray]) -> None:
    # Oracle: over unit vectors the mean of d' H d is the trace over the dimension, up to the
    # fourth order of the step and four standard errors of the draws.
    m = from_environment(TwoGoalGrid(), discount=0.99)
    alphas = np.array(SMALL.alphas)
    logits = np.broadcast_to(trap_logits(5.0), (len(alphas), 25, 4))
    steps = 0.1 * surroundings.directions(2000, 100, seed=2)
    along, against = surroundings.changes(m, logits, alphas, steps)
    estimates = (along + against) / 0.01
    error = estimates.std(-1) / np.sqrt(2000)
    exact = arrays["curvature"][0].mean(-1)
    assert (np.abs(estimates.mean(-1) - exact) < 4 * error + 1e-3 * np.abs(exact)).all()


def test_ascent_on_a_bandit_arrives_when_its_recursion_does() -> None:
    # Oracle: softmax policy gradient in NumPy.
    rewards, alpha, share = np.array([1.0, 0.9]), 0.1, runs.ARRIVED
    m = from_environment(Bandit(rewards), discount=1.0)
    sweep = Sweep(smallest_step=0.5, largest_step=20.0, step_sizes=3, iterations=200)
    found = runs.ascend(m, np.array([alpha]), sweep)
    best = alpha * scipy.special.logsumexp(rewards / alpha)
    np.testing.assert_allclose(found["best_objective"], best, rtol=1e-9)
    for j, step in enumerate(sweep.steps):
        logits, history = np.zeros(2), []
        for _ in range(sweep.iterations + 1):
            policy = scipy.special.softmax(logits)
            log_policy = scipy.special.log_softmax(logits)
            regularised = rewards - alpha * log_policy
            history.append(policy @ regularised)
            logits = logits + step * policy * (regularised - history[-1])
        gained = (np.array(history) - history[0]) / (best - history[0])
        arrived = np.flatnonzero(gained >= share)
        assert found["needed"][0, 0, j] == (arrived[0] if len(arrived) else -1)
        assert found["monotone"][0, 0, j] == (np.diff(history) >= -1e-9).all()


@pytest.mark.parametrize(
    ("curve", "expected"),
    [([1, 2, 0], 0.0), ([1, 0.5, 0.7, 2, 0], 0.5), ([1, 0.5, 0.2], 0.8), ([1, 1, 2], 0.0)],
)
def test_the_barrier_is_the_descent_before_the_first_gain(
    curve: list[float], expected: float
) -> None:
    assert analysis.barrier(np.array(curve, float)) == pytest.approx(expected)


def test_shares_of_directions() -> None:
    along, against = np.array([1.0, -1, -1, 1]), np.array([-2.0, 1, -1, 2])
    assert analysis.shares(along, against) == {"maximum": 0.25, "minimum": 0.25, "slope": 0.5}


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ((False, False, False), "at no alpha"),
        ((True, True, True), "from alpha = 0.1 on"),
        ((False, True, True), "from alpha = 0.2 on"),
        ((True, False, True), "at alpha = 0.1, 0.3"),
    ],
)
def test_where_something_holds(holds: tuple[bool, ...], expected: str) -> None:
    rows = [{"alpha": alpha} for alpha in (0.0, 0.1, 0.2, 0.3)]
    assert analysis.where(rows, list(holds)) == expected


def test_rows_table_and_verdict_say_what_the_arrays_do(arrays: dict[str, np.ndarray]) -> None:
    # Oracle: the arrays; and the theorem, whose step must lie below every stable one.
    rows = list(analysis.rows(SMALL, arrays))
    assert rows[0]["barrier"][0] > 0 == rows[-1]["barrier"][0]
    assert (
        rows[0]["maximum"][0] == np.mean((arrays["along"] < 0) & (arrays["against"] < 0), -1)[0, 0]
    )
    assert rows[3]["sharpness"][1] == np.abs(arrays["curvature"][1, 3]).max()
    for row in rows:
        assert row["guaranteed_step"] < row["stable_step_uniform"]
        assert row["maximum"][0] + row["minimum"][0] + row["slope"][0] == pytest.approx(1)
    assert rows[0]["guaranteed_step"] == pytest.approx(1e-6 / 8)
    assert rows[0]["iterations_trap"] is None
    line = " ".join(analysis.table(rows).splitlines()[2].split())
    assert line.startswith(f"| 0 | {rows[0]['barrier'][0]:.4f} | {rows[0]['maximum'][0]:.1%} | ")
    verdict = analysis.verdict(rows)
    assert verdict.startswith(
        "Entropy removes the barrier between the trap and the optimum, but allows no larger steps."
    )
    assert "The barrier is gone from alpha = 0.003 on (a place for each scale" in verdict
    assert "From the trap policy, the largest stable step is larger than without entropy at no" in (
        verdict
    )


def test_the_command_writes_summary_and_figures(
    tmp_path: pathlib.Path, arrays: dict[str, np.ndarray]
) -> None:
    # Oracle: the rows of the arrays that it is given in place of a long measurement.
    experiment = dataclasses.replace(
        command.EXPERIMENT, runs=types.SimpleNamespace(run=lambda *_: arrays)
    )
    arguments = Arguments(output=tmp_path, quick=True)
    assert plan(arguments) == [SMALL]
    rows = experiment.main(arguments)["rows"]
    directory = tmp_path / "landscape"
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    assert rows == list(analysis.rows(SMALL, arrays))
    for name in ("way_out.png", "surroundings.png"):
        assert (directory / name).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["directions", "steps"])
def test_bad_arguments(name: str) -> None:
    with pytest.raises(ValueError, match=f"--{name} must be at least 1"):
        Arguments(**{name: 0})


@pytest.mark.parametrize("alphas", [(0.1,), ()])
def test_temperatures_begin_with_none(alphas: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="alphas must be at least 0 and begin with 0"):
        Sweep(alphas=alphas)
