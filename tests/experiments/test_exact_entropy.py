"""The exact-entropy experiment.

Oracles: naive loops, closed forms, unbiasedness, numbers worked out by hand.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import types

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

import maxent_tf as mx
from experiments.exact_entropy import __main__ as command
from experiments.exact_entropy import analysis, gradients, runs
from experiments.exact_entropy.learner import ManyEstimators
from experiments.exact_entropy.sweep import ESTIMATORS, GYMNASIUM, Arguments, Sweep, plan
from maxent_tf import draws

PENDULUM = mx.environments.Pendulum()


CONFIG = mx.learners.SACConfig(
    hidden_sizes=(4,), replay_capacity=10, batch_size=4, alpha=0.5, initial_stddev=0.7
)


def _parts() -> list[mx.learners.SAC]:
    """A learner for each estimator, of batch shape [2]."""
    configs = (dataclasses.replace(CONFIG, entropy_estimator=name) for name in ESTIMATORS)
    return [mx.learners.SAC(PENDULUM.spec, config, (2,)) for config in configs]


def test_every_learner_has_the_estimator_of_its_index() -> None:
    draw = ManyEstimators(ESTIMATORS)
    sac = mx.learners.SAC(PENDULUM.spec, CONFIG, (3, 2))
    policy = sac.policy(sac.init(0), tf.random.stateless_normal([3, 2, 5, 3], [0, 1]))
    action, entropy = draw(policy, tf.constant([1, 2]))
    surprise = -policy.log_prob(action)
    np.testing.assert_allclose(entropy[0], surprise[0], rtol=1e-4)
    np.testing.assert_allclose(entropy[1], policy.entropy()[1], rtol=1e-6)
    np.testing.assert_allclose(entropy[2], surprise[2], rtol=1e-4)

    def gradient(i: int) -> np.ndarray:
        with tf.GradientTape() as tape:
            tape.watch((policy.loc, policy.scale))
            _, entropy = draw(policy, tf.constant([1, 2]))
        return tape.gradient(entropy, policy.scale).numpy()[i]

    # Through the score term, log scale itself has a gradient of exactly 1, the path's has none.
    assert not np.allclose(gradient(2), gradient(0), rtol=0.01)


OBSERVATION = tf.random.stateless_normal([2, 3, 3], [0, 1])
ALPHA = tf.constant([0.2, 1.0])
SEED = tf.constant([0, 4])


def _moments(draws: int, critics: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance; the critics are multiplied by `critics`."""
    parts = _parts()
    state = parts[0].init(3)
    state = state._replace(critics=tf.nest.map_structure(lambda x: critics * x, state.critics))
    program = gradients.moments_program(parts, draws)
    mean, variance = program(state, OBSERVATION, ALPHA, SEED)
    return mean.numpy(), variance.numpy()


def test_moments_equal_those_of_a_naive_loop() -> None:
    parts = _parts()
    state = parts[0].init(3)

    @tf.function(autograph=False, jit_compile=True)  # which draws other noise than eager TensorFlow
    def one(i: tf.Tensor) -> list[tf.Tensor]:
        own = draws.fold_in(SEED, i)
        return [gradients.actor_gradient(p, state, OBSERVATION, ALPHA, own) for p in parts]

    naive = np.stack([one(tf.constant(i)) for i in range(4)], axis=1).astype(np.float64)
    mean, variance = _moments(4)
    scale = np.abs(naive).max()
    np.testing.assert_allclose(mean, naive.mean(axis=1), atol=1e-5 * scale)
    expected = naive.var(axis=1, ddof=1)
    np.testing.assert_allclose(variance, expected, rtol=1e-3, atol=1e-9 * scale**2)


def test_the_three_estimators_have_one_mean() -> None:
    draws = 2000
    mean, variance = _moments(draws)
    for i in (1, 2):
        error = np.sqrt((variance[0] + variance[i]) / draws)
        # 4.5 standard errors, for one of some hundred parameters; unused ones have no gradient.
        assert np.all(np.abs(mean[i] - mean[0]) <= 4.5 * error + 1e-6)
    assert np.all(variance[0].sum(axis=-1) > 0)


def test_without_a_critic_the_exact_gradient_is_the_entropys() -> None:
    mean, variance = _moments(8, critics=0.0)
    total = variance.sum(axis=-1)
    assert np.all(total[1] < 1e-10 * total[0])
    parts = _parts()
    state = parts[0].init(3)
    with tf.GradientTape() as tape:
        tape.watch(state.actor)
        entropy = tf.reduce_mean(parts[0].policy(state, OBSERVATION).entropy(), axis=-1)
        loss = -tf.reduce_sum(ALPHA * entropy)
    grads = tf.nest.flatten(tape.gradient(loss, state.actor))
    expected = np.concatenate([np.reshape(g, (2, -1)) for g in grads], axis=-1)
    np.testing.assert_allclose(mean[1], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("world", [PENDULUM, "Pendulum-v1"])
def test_states_are_visited_in_worlds_and_at_times_of_their_own(world: object) -> None:
    first = _parts()[0]
    states = gradients.visited_states(first, first.init(0), world, count=4, horizon=8, seed=1)
    states = states.numpy()
    assert states.shape == (2, 4, 3)
    np.testing.assert_allclose((states[..., :2] ** 2).sum(-1), 1, atol=1e-5)
    assert len(np.unique(states[..., 2])) == 8  # no world twice
    assert np.all(np.abs(states[:, 0, 2]) <= 1)  # a start's speed
    # Speed at a later time follows from Newton's law, up to 3 g / 2 l + 3 u / m l^2 = 21 rad/s^2.
    assert np.all(np.abs(states[:, 3, 2]) <= 1 + 6 * 0.05 * 21)


def test_the_geometric_mean_and_its_interval() -> None:
    middle, low, high = analysis.geometric_mean(np.array([1.0, 4.0]))
    assert middle == pytest.approx(2.0)
    # The logarithms 0 and log 4 have a standard error of log 2; t with one degree of freedom.
    half = 12.7062 * math.log(2)
    assert (low, high) == pytest.approx((2 * math.exp(-half), 2 * math.exp(half)), rel=1e-3)
    assert analysis.geometric_mean(np.array([3.0])) == pytest.approx((3.0, 0.0, math.inf))


def _arrays(sweep: Sweep) -> runs.Arrays:
    """Ratios of alpha^-1 for exact and of 2 for path; exact returns one more than the others."""
    shape = (3, len(sweep.alphas), sweep.seeds)
    alphas = np.asarray(sweep.alphas)[:, None] + np.zeros(shape[1:])
    variance = np.stack([np.stack([np.full(shape[1:], 4.0), 4 / alphas, 2 * 4 + 0 * alphas])] * 2)
    spread = 0.01 * np.linspace(-1, 1, sweep.seeds)
    best = np.ones(shape)
    best[2, :, 0] = 0.2
    return {
        "value": np.array([0.0, 1.0, 0.0])[:, None, None] + spread + np.zeros(shape),
        "entropy": np.full(shape, -1.5),
        "best": best,
        "variance": variance,
        "mean_squared": np.full_like(variance, 1.0),
        "steps": np.arange(1, sweep.records + 1),
        "episode_return": np.zeros((sweep.records, *shape)),
    }


def test_rows_and_verdict_hold_what_the_arrays_do() -> None:
    sweep = Sweep("trap", alphas=(2.0, 8.0), seeds=4)
    arrays = _arrays(sweep)
    near = list(analysis.gradient_rows(sweep, arrays))
    assert [(row["place"], row["alpha"]) for row in near[:3]] == [
        ("near", 2.0),
        ("near", 8.0),
        ("away", 2.0),
    ]
    assert near[1]["exact_ratio"] == pytest.approx(1 / 8)
    assert near[1]["path_interval"] == pytest.approx([2, 2])
    assert near[0]["signal"] == pytest.approx(0.5)
    learning = list(analysis.learning_rows(sweep, arrays))
    assert [row["estimator"] for row in learning] == [*ESTIMATORS, *ESTIMATORS]
    assert [row["stuck_fraction"] for row in learning[:3]] == [0, 0, 0.25]
    half = scipy.stats.t.ppf(0.975, 6) * 0.01 * math.sqrt(20 / 27 * 2 / 4)
    np.testing.assert_allclose(learning[1]["difference_interval"], [1 - half, 1 + half])
    first, exact, path = analysis.verdict(near, learning).splitlines()
    assert "leaves 12.5% to 50% of the variance" in first
    assert "return more with it at 2 and less at 0 of 2 temperatures" in first
    assert "0.5 at alpha 2 to 0.13 at 8 with trained actors (at most 0.5)" in exact
    assert "It returned more than the single sample at 2 and less at 0 of 2" in exact
    assert "2 at alpha 2 to 2 at 8 with trained actors (at most 2)" in path
    assert "It returned more than the single sample at 0 and less at 0 of 2" in path


def test_plan_knows_worlds_and_overrides() -> None:
    trap, cheetah = plan(Arguments(env=("trap", "HalfCheetah-v5"), seeds=2, alphas=(0.3,)))
    assert (trap.world, trap.seeds, trap.alphas) == ("trap", 2, (0.3,))
    assert (cheetah.world, cheetah.hidden_sizes) == ("HalfCheetah-v5", GYMNASIUM.hidden_sizes)
    with pytest.raises(ValueError, match="--alphas must be positive"):
        Arguments(alphas=(0.0, 1.0))


@pytest.mark.slow
def test_the_command_writes_what_it_says_and_loads_it_again(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = Arguments(env=("trap",), steps=40, output=tmp_path, quick=True)
    summary = command.main(arguments)
    directory = tmp_path / "exact_entropy"
    assert json.loads((directory / "summary.json").read_text())["verdict"] == summary["verdict"]
    assert json.loads((directory / "provenance.json").read_text())["config"]["quick"] is True
    assert len(list(directory.glob("*.png"))) == 3
    assert (len(summary["rows"]["gradients"]), len(summary["rows"]["learning"])) == (4, 6)
    assert all(row["exact_ratio"] > 0 for row in summary["rows"]["gradients"])
    assert summary["verdict"] in capsys.readouterr().out

    def fail(*_: object) -> runs.Arrays:
        raise AssertionError("the result was on disk")

    stored = dataclasses.replace(command.EXPERIMENT, runs=types.SimpleNamespace(run=fail))
    assert stored.main(arguments)["rows"]["learning"] == summary["rows"]["learning"]
