"""The experiment on PPO's bonus. Oracles: closed forms, Monte Carlo, PPO, numbers by hand."""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import types

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from experiments.ppo_entropy import __main__ as command
from experiments.ppo_entropy import analysis, runs
from experiments.ppo_entropy.learner import ManyBonuses, bonus_entropy
from experiments.ppo_entropy.sweep import ESTIMATORS, SWEEPS, Arguments, GridSweep, Sweep, plan
from maxent_tf.distributions import log_likelihood
from maxent_tf.types import Transition

TRAP = mx.environments.ContinuousTrap()


def _estimates(count: int, loc: float = 0.4, scale: float = 1.5) -> dict[str, np.ndarray]:
    """Each estimator's value and gradients in location and log scale, [3, count]."""
    means, log_scales = tf.fill([count, 1], loc), tf.fill([count, 1], math.log(scale))
    stored = mx.distributions.SquashedGaussian([loc], [scale]).sample(count, seed=[0, 1])
    found = {}
    for estimator in ESTIMATORS:
        with tf.GradientTape() as tape:
            tape.watch((means, log_scales))
            policy = mx.distributions.SquashedGaussian(means, tf.exp(log_scales))
            entropy = bonus_entropy(estimator, policy, stored, tf.constant([2, 3]))
        # TensorFlow gives no gradient where there is none to have.
        grads = tape.gradient(entropy, (means, log_scales), unconnected_gradients="zero")
        found[estimator] = np.stack([entropy, *(g[:, 0] for g in grads)])
    return found


def test_what_each_estimator_estimates() -> None:
    count = 20_000
    found = _estimates(count)
    exact = found["exact"].mean(axis=-1)
    # The Gaussian's entropy knows no tanh: it has a gradient of 1 in log sigma and none in mu.
    base = 0.5 * math.log(2 * math.pi * math.e) + math.log(1.5)
    np.testing.assert_allclose(found["base"][:, 0], [base, 0, 1], atol=1e-5)

    def close(samples: np.ndarray, expected: np.ndarray | list[float]) -> None:
        error = samples.std(axis=-1) / math.sqrt(count)
        assert np.all(np.abs(samples.mean(axis=-1) - expected) < 4 * error)

    close(found["sample"], exact)
    # The surprise of a given action has the right mean, but its gradient's is that of nothing.
    close(found["stored"], [exact[0], 0, 0])
    # At this spread a wider Gaussian is a squashed one with less entropy.
    assert exact[2] < 0


def test_a_learner_with_the_exact_bonus_is_ppo() -> None:
    config = mx.learners.PPOConfig(
        hidden_sizes=(4,), num_epochs=2, num_minibatches=2, rollout_length=3, alpha=0.3
    )
    each = dataclasses.replace(config, bonus_entropy=ManyBonuses(ESTIMATORS))
    many = mx.learners.PPO(TRAP.spec, each, (4, 2))
    ppo = mx.learners.PPO(TRAP.spec, config, (4, 2))
    state = ppo.init(0)
    ones = tf.ones([3, 4, 2, 4, 1])
    action = tf.random.stateless_uniform([3, 4, 2, 4, 1], [1, 2], -0.9, 0.9)
    ended = tf.ones([3, 4, 2, 4], tf.bool)
    batch = Transition(
        observation=ones,
        action=action,
        reward=TRAP.reward(action[..., 0]),
        next_observation=ones,
        terminated=ended,
        truncated=~ended,
        valid=ended,
    )
    log_prob = tf.stack([log_likelihood(ppo.policy(state, ones[0]), x) for x in action])
    batch = batch._replace(extras=mx.learners.Known(log_prob=log_prob))
    new, expected = (
        tf.nest.flatten(x.update(state, batch, seed=5).state.actor) for x in (many, ppo)
    )
    for mine, theirs in zip(new, expected, strict=True):
        np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-5, atol=1e-7)
    assert all(np.abs(new[-1][i] - expected[-1][i]).max() > 1e-5 for i in (1, 2, 3))


def _arrays(sweep: Sweep | GridSweep) -> runs.Arrays:
    """The last kind returns 1 more than all others at the last coefficient."""
    shape = (len(sweep.kinds), len(sweep.alphas), sweep.seeds)
    value = 0.01 * np.linspace(-1, 1, sweep.seeds) + np.zeros(shape)
    value[-1, -1] += 1
    entropy = np.asarray(sweep.alphas)[:, None] + np.zeros(shape)
    return {"value": value, "entropy": entropy}


def test_rows_and_verdict_hold_what_the_arrays_do() -> None:
    sweep = GridSweep(alphas=(0.0, 0.1, 0.3), seeds=4)
    none, *others = rows = list(analysis.rows(sweep, _arrays(sweep)))
    assert (none["kind"], none["learners"], none["no_better_fraction"]) == ("none", 8, 1)
    assert [(row["kind"], row["alpha"]) for row in others] == [
        ("bonus", 0.1),
        ("reward", 0.1),
        ("bonus", 0.3),
        ("reward", 0.3),
    ]
    assert others[3]["minus_none"] == pytest.approx(1)
    assert others[3]["minus_first"] == pytest.approx(1)
    assert others[3]["no_better_fraction"] == 0
    all_, bonus, reward = analysis.verdict(rows).splitlines()
    assert all_.endswith(
        "own entropy returned more at 0 and less at 0 of 2 settings than no bonus."
    )
    assert "the entropy as a bonus returned more at 0 and less at 0 of 2 alphas than no" in bonus
    assert "from 0.1 nats at alpha 0.1 to 0.3 at 0.3; without a bonus it is 0." in bonus
    assert "the entropy as a reward returned more at 1 and less at 0 of 2 alphas than no" in reward
    assert "It returned more at 1 and less at 0 of 2 alphas than the entropy as a bonus" in reward
    assert "At best, at alpha 0.3, 0% of the learners did no better than the trap" in reward
    assert "against 100% without a bonus." in reward


def test_plan_applies_overrides() -> None:
    (sweep,) = plan(Arguments(env=("grid",), seeds=7))
    assert (sweep.seeds, sweep.alphas) == (7, SWEEPS["grid"].alphas)
    with pytest.raises(ValueError, match="--seeds must be at least 1, not 0"):
        Arguments(seeds=0)


@pytest.mark.slow
def test_the_command_writes_what_it_says_and_loads_it_again(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = Arguments(env=("trap", "grid"), output=tmp_path, quick=True)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "ppo_entropy"
    summary = json.loads((directory / "summary.json").read_text())
    assert len(summary["rows"]) == len(rows) == 1 + 4 * 2 + 1 + 2 * 2
    assert json.loads((directory / "provenance.json").read_text())["config"]["quick"] is True
    assert {path.name for path in directory.glob("*.png")} == {"end.png", "over_time.png"}
    assert summary["verdict"] in capsys.readouterr().out
    # Uniform policies have the most entropy: log 2 over [-1, 1], log 4 over four moves.
    for row in rows:
        most = math.log(2 if row["world"] == "trap" else 4)
        assert row["entropy_range"][0] <= row["entropy"] <= row["entropy_range"][1] <= most + 1e-5

    def fail(*_: object) -> runs.Arrays:
        raise AssertionError("the result was on disk")

    stored = dataclasses.replace(command.EXPERIMENT, runs=types.SimpleNamespace(run=fail))
    assert stored.main(arguments)["rows"] == rows
