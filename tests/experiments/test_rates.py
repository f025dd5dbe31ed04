"""The rates experiment, small. Oracles: closed forms and naive loops."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import types

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from experiments.bandit_ascent import REWARDS
from experiments.random_processes import random_processes
from experiments.rates import __main__ as command
from experiments.rates import analysis, bandits, processes, runs
from experiments.rates.sweep import Arguments, Bandits, Processes, plan
from maxent_tf.tabular import natural_policy_gradient, soft_policy_iteration
from tests.tabular.processes import best_deterministic_values, naive_soft_values

BANDITS = Bandits(
    alphas=5,
    iterations=(300, 3000),
    from_uniform=((1.0, 0.0), (1.0, 0.2, 0.2)),
    steps=60_000,
    temperatures=(0.5, 1.0),
    step_sizes=(0.1,),
)
PROCESSES = Processes(count=5, alphas=(0.02, 2.0, 3), fractions=(0.5, 1.0))

Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def measured() -> tuple[Arrays, Arrays]:
    return runs.run_bandits(BANDITS), runs.run_processes(PROCESSES)


def test_the_final_factor_of_errors_that_stay_large_is_that_of_the_last_two() -> None:
    # Oracle: by hand. The first process falls below 1e-8, and the second does not.
    errors = np.array([[1.0, 1.0], [1e-4, 0.5], [1e-9, 0.3], [0.0, 0.2]])
    assert analysis._final_factor(errors[:, :1]) == pytest.approx(1e-5)
    assert analysis._final_factor(errors) == pytest.approx(2 / 3)


def test_the_limit_of_ascent_loses_what_boltzmann_s_policy_does() -> None:
    # Oracle: two sums over three arms.
    weight = np.exp(np.array(REWARDS) / 0.3)
    expected = 1 - weight @ REWARDS / weight.sum()
    np.testing.assert_allclose(bandits.boltzmann_loss([0.0, 0.3]), [0, expected], rtol=1e-12)


def test_losses_from_uniform_by_a_recursion_in_one_number() -> None:
    # Oracle: the log-odds u of two arms.
    u, expected = 0.0, []
    for _ in range(50):
        expected.append(0.7 / (1 + np.exp(u)))
        p = 1 / (1 + np.exp(-u))
        u += 2 * 0.4 * 0.7 * p * (1 - p)
    found = bandits.losses_from_uniform((1.0, 0.3), [0, 3, 49])
    np.testing.assert_allclose(found, np.array(expected)[[0, 3, 49]], rtol=1e-12)


def test_errors_of_the_log_odds_end_below_the_threshold() -> None:
    # Oracle: the same recursion with entropy.
    u, expected = 0.0, []
    for _ in range(40):
        expected.append(abs(u - 1 / 0.5))
        p = 1 / (1 + np.exp(-u))
        u += 2 * 0.4 * p * (1 - p) * (1 - 0.5 * u)
    found = bandits.log_policy_errors(0.5, 1.0, enough=expected[39] * 1.0001)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_natural_gradient_on_a_bandit_is_a_closed_form() -> None:
    # Oracle: at tau = 1 from uniform, the logits are (1 - (1 - eta)^t) r.
    natural, plain = bandits.regularised_errors((0.1, 0.5), 12)
    best = scipy.special.log_softmax(REWARDS)
    for eta, errors in zip((0.1, 0.5), natural, strict=True):
        logits = (1 - (1 - eta) ** np.arange(13))[:, None] * REWARDS
        expected = np.abs(scipy.special.log_softmax(logits, -1) - best).max(-1)
        np.testing.assert_allclose(errors, expected, rtol=1e-9)
    assert (plain[:, 1:] > natural[:, 1:]).all()


def test_dynamic_programming_against_naive_values() -> None:
    # Oracle: soft value iteration state by state, and every deterministic policy.
    m, alpha = random_processes(count=2), 0.2
    one = [tf.nest.map_structure(lambda x, i=i: x[i] if x.shape.rank else x, m) for i in range(2)]
    truth = np.array([naive_soft_values(x, alpha, 400) for x in one])
    hard = np.array([best_deterministic_values(x) for x in one])
    path = np.array([[alpha]])
    gaps = processes.value_gaps(m, path)
    np.testing.assert_allclose(gaps["added"][0], truth - hard, atol=1e-9)
    errors = processes.value_iteration_errors(m, path, [1, 7])
    for k, error in zip((1, 7), errors[:, 0], strict=True):
        early = np.array([naive_soft_values(x, alpha, k) for x in one])
        np.testing.assert_allclose(error, np.abs(early - truth).max(-1), atol=1e-9)

    # One step of soft policy iteration: the policy greedy for values of 0, evaluated.
    transition, reward = m.transition.numpy(), m.reward.numpy()
    policy = scipy.special.softmax(reward / alpha, -1)
    paid = (policy * (reward - alpha * np.log(policy))).sum(-1)
    chain = np.einsum("msa,msat->mst", policy, transition)
    v = np.linalg.solve(np.eye(6) - 0.9 * chain, paid[..., None])[..., 0]
    first = processes.policy_iteration_errors(m, path, 1)[0, 0]
    np.testing.assert_allclose(first, np.abs(v - truth).max(-1), atol=1e-9)

    u, w = np.random.default_rng(0).normal(size=(2, 2, 6))
    backup = []
    for x in (u, w):
        q = reward + 0.9 * np.einsum("msat,mt->msa", transition, x)
        backup.append(alpha * scipy.special.logsumexp(q / alpha, axis=-1))
    found = processes.contraction(m, path, u, w)
    np.testing.assert_allclose(found["apart"], np.abs(u - w).max(-1))
    np.testing.assert_allclose(found["backed_up"][0], np.abs(backup[0] - backup[1]).max(-1))


def test_natural_gradient_step_by_step_is_the_library_s_run() -> None:
    # Oracle: all steps in one call, and the first bound by its formula.
    m, alpha, fractions = random_processes(count=3), 0.2, np.array([0.5])
    found = processes.natural_gradient(m, alpha, fractions, 4)
    best = soft_policy_iteration(m, alpha, tolerance=0.0)
    logits = np.random.default_rng(2).normal(size=(3, 6, 3))
    size = 0.5 * (1 - 0.9) / alpha
    start, end = (natural_policy_gradient(m, logits, alpha, size, t) for t in (0, 4))
    np.testing.assert_allclose(
        found["q"][-1, 0], np.abs(end.q - best.q).max((-1, -2)), rtol=1e-6, atol=1e-12
    )
    off = np.abs(np.log(start.policy) - np.log(best.policy)).max((-1, -2))
    constant = np.abs(start.q - best.q).max((-1, -2)) + 2 * alpha * (1 - 0.5) * off
    bound = 2 * constant / alpha * (1 - size * alpha) ** 3
    np.testing.assert_allclose(found["log_policy_bound"][-1, 0], bound, rtol=1e-9)


def test_every_check_holds_on_the_small_sweep(measured: tuple[Arrays, Arrays]) -> None:
    # Oracle: the theorems, and the figures of an independent computation.
    on_bandits, on_processes = measured
    checks = [
        *analysis.bandit_checks(BANDITS, on_bandits),
        *analysis.process_checks(PROCESSES, on_processes),
    ]
    # With 60,000 steps t delta_t is some .05% to .1% off.
    assert [check for check in checks if not check.holds] == []
    text = analysis.verdict([check.as_row() for check in checks], BANDITS, on_bandits)
    assert text.startswith("All 33 checks of 9 results agree with the theory.\n")
    assert "U-shape: holds, 6 of 6 checks." in text
    # At the least of the losses that U_SHAPE has after 3,000 steps.
    assert "0.0026 at alpha 0.02 after 3,000 steps" in text


def test_what_breaks_a_theorem_falls_short(measured: tuple[Arrays, Arrays]) -> None:
    # Oracle: arrays changed by hand.
    on_bandits, on_processes = measured
    slower = {**on_bandits, "log_rate": 0.9 * on_bandits["log_rate"]}
    above = {**on_processes, "cost": 1e3 * on_processes["cost"]}
    checks = [
        *analysis.bandit_checks(BANDITS, slower),
        *analysis.process_checks(PROCESSES, above),
    ]
    assert {check.row for check in checks if not check.holds} == {"linear", "two bounds"}
    text = analysis.verdict([check.as_row() for check in checks], BANDITS, slower)
    assert text.startswith("What was measured contradicts the theory of linear, two bounds.")
    assert "linear: FALLS SHORT, 0 of 2 checks." in text


def test_the_command_writes_summary_and_figures(
    tmp_path: pathlib.Path, measured: tuple[Arrays, Arrays]
) -> None:
    # Oracle: the checks of the arrays that are stored.
    produced = list(measured)
    experiment = dataclasses.replace(
        command.EXPERIMENT, runs=types.SimpleNamespace(run=lambda *_: produced.pop(0))
    )
    arguments = Arguments(output=tmp_path, quick=True)
    assert plan(arguments) == [BANDITS, PROCESSES]
    for _ in range(2):  # the second time everything is loaded
        rows = experiment.main(arguments)["rows"]
    on_bandits, on_processes = measured
    checks = [
        *analysis.bandit_checks(BANDITS, on_bandits),
        *analysis.process_checks(PROCESSES, on_processes),
    ]
    assert rows == [check.as_row() for check in checks]
    written = json.loads((tmp_path / "rates" / "summary.json").read_text())
    assert written["verdict"].count("holds") == 9
    figures = sorted(path.name for path in (tmp_path / "rates").glob("*.png"))
    names = ["bounds", "dynamic_programming", "natural_gradient", "policy_gradient", "u_shape"]
    assert figures == [f"{name}.png" for name in names]


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="--processes must be at least 1, not 0"):
        Arguments(processes=0)
