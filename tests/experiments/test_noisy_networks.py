"""Noisy layers beside other ways to explore.

Oracles: exact probabilities of the behaviours, closed forms of the noise, numbers worked out by
hand.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from experiments.noisy_networks import __main__ as command
from experiments.noisy_networks import analysis, runs
from experiments.noisy_networks.sweep import Arguments, Sweep, plan

_SWEEP = Sweep(
    world="chain",
    method="epsilon_greedy",
    settings=(0.0, 0.2, 0.8),
    steps=40,
    learning_rate=1e-3,
    tau=0.05,
    batch_size=8,
    seeds=2,
    hidden_sizes=(16,),
    records=2,
    episodes=1,
)


def _measured(sweep: Sweep, number: int) -> tuple[np.ndarray, np.ndarray, runs.SoftDQN]:
    learner = runs.make_learner(sweep, runs.make_world(sweep))
    observations = runs.states_to_measure(sweep, 0)
    measure = runs.make_measure(learner, observations, number)
    return *measure(runs.fresh_state(sweep, learner, 1), 2), learner


def test_epsilon_greedy_is_as_random_in_every_state() -> None:
    # Oracle: of two actions with probability epsilon / 2 for the worse one, two acts differ with
    # probability 2 (epsilon / 2) (1 - epsilon / 2), in every state; to five standard errors.
    variance, spread, _ = _measured(_SWEEP, 2000)
    worse = np.array(_SWEEP.settings)[:, None] / 2
    expected = np.broadcast_to(2 * worse * (1 - worse), variance.shape)
    np.testing.assert_allclose(variance, expected, atol=5 * 0.5 / np.sqrt(2000 * 8))
    assert variance[0].max() == 0  # greedy
    # The covariance of two halves has a standard error of about the variance of one estimate.
    assert spread.max() < 0.05


def test_boltzmann_and_noise_are_more_random_in_some_states_than_in_others() -> None:
    # Oracle: Boltzmann's exact probabilities; for noise, the exact greedy actions of networks whose
    # weights are drawn apart, by the public function.
    states = runs.states_to_measure(_SWEEP, 0)
    sweep = dataclasses.replace(_SWEEP, method="boltzmann", settings=(0.1, 1.0, 3.0))
    variance, spread, learner = _measured(sweep, 4000)
    observed = np.broadcast_to(states, [3, 2, *states.shape])
    state = runs.fresh_state(sweep, learner, 1)
    probs = learner.policy(state, observed).probs_parameter().numpy().astype(np.float64)
    exact = 1 - (probs**2).sum(-1)
    np.testing.assert_allclose(variance, exact.mean(-1), atol=0.01)
    np.testing.assert_allclose(spread, exact.std(-1, ddof=1), atol=0.02)
    assert spread[0].min() > 0.05


def test_settings_scale_the_noise_and_nothing_else() -> None:
    # Oracle: a fresh learner of another initial scale; the means do not depend on the scale.
    sweep = dataclasses.replace(_SWEEP, method="noisy", settings=(0.5, 1.0, 2.0))
    learner = runs.make_learner(sweep, runs.make_world(sweep))
    state, plain = runs.fresh_state(sweep, learner, 1), learner.init(1)
    for layer, before in zip(state.network, plain.network, strict=True):
        np.testing.assert_array_equal(layer.kernel, before.kernel)
        sizes = layer.kernel_scale.numpy() * np.sqrt(before.kernel.shape[-2])
        np.testing.assert_allclose(
            sizes,
            np.broadcast_to(np.array(sweep.settings)[:, None, None, None], sizes.shape),
            rtol=1e-6,
        )
    tf.nest.map_structure(np.testing.assert_array_equal, state.network, state.target_network)
    variance, _, _ = _measured(sweep, 400)
    assert (np.diff(variance.mean(-1)) > 0).all()


def test_rows_and_verdict_hold_what_the_arrays_do() -> None:
    # Oracle: by hand. The best setting is that with the largest mean over training.
    def arrays(first: list[float], last: list[float]) -> dict[str, np.ndarray]:
        returns = np.array([first, last])[..., None] + np.array([0.0, 1.0])
        flat = np.broadcast_to(np.array([0.2, 0.4])[:, None, None], returns.shape)
        return {
            "steps": np.array([10, 20]),
            "return": returns,
            "variance": flat,
            "spread": flat / 2,
        }

    sweep = dataclasses.replace(_SWEEP, settings=(0.0, 0.2))
    noisy = dataclasses.replace(sweep, method="noisy", settings=(0.5, 1.0))
    found = [
        *analysis.rows(sweep, arrays([0, 2], [4, 3])),
        *analysis.rows(noisy, arrays([40, 20], [60, 90])),
    ]
    assert [row["area"] for row in found] == [2.5, 3.0, 50.5, 55.5]
    assert [row["return"] for row in found] == [4.5, 3.5, 60.5, 90.5]
    assert found[0]["variance"] == pytest.approx([0.2, 0.4])
    assert found[0]["spread"] == pytest.approx([0.1, 0.2])
    first, second, third = analysis.verdict(found).splitlines()
    assert "epsilon-greedy, epsilon 0.2 with 3, and 3.5 at the end" in first
    assert "noisy layers, sigma0 1 with 55.5, and 90.5 at the end" in first
    assert "noisy layers reach more than epsilon-greedy does: +52.5 [" in second
    assert "epsilon-greedy 0.100 to 0.200; noisy layers 0.100 to 0.200" in third


def test_plan_has_both_environments() -> None:
    assert len(plan(Arguments())) == 6
    assert [s.world for s in plan(Arguments(env=("cartpole",), seeds=3))] == ["cartpole"] * 3
    with pytest.raises(ValueError, match="--seeds must be at least 1, not 0"):
        Arguments(seeds=0)


@pytest.mark.slow
def test_the_command_writes_summary_and_figure(tmp_path: pathlib.Path) -> None:
    # Oracle: the second run gives the rows of the first and trains nothing.
    arguments = Arguments(quick=True, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "noisy_networks"
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    assert (directory / "noisy_networks.png").read_bytes().startswith(b"\x89PNG")
    stored = {p: p.stat().st_mtime_ns for p in directory.glob("*/arrays.npz")}
    assert command.main(arguments)["rows"] == rows
    assert {p: p.stat().st_mtime_ns for p in stored} == stored
