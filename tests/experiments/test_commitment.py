"""The commitment experiment.

Oracles: naive loops, enumeration of action sequences, exact recursions, integration of a flow.
"""

from __future__ import annotations

import itertools
import json
import pathlib

import numpy as np
import pytest
import scipy.integrate

from experiments.commitment import __main__ as command
from experiments.commitment import analysis, explorers, gradients, runs, theory
from experiments.commitment.sweep import (
    LUCK_NEEDED,
    Arguments,
    Exploration,
    Explorer,
    NaturalGradient,
    NoisyBandit,
    World,
)

EXPLORERS = (
    Explorer("constant", 10.0),
    Explorer("log", 1.0),
    Explorer("log", 10.0),
    Explorer("root", 1.0),
    Explorer("gumbel", 0.5),
    Explorer("ucb"),
)
SURE = World("sure", (0.6, 0.5), (True, True))
RUNS = 400


@pytest.fixture(scope="module")
def sure_regret() -> np.ndarray:
    """Of all explorers where nothing but their own choice is random: [2, explorers, runs]."""
    return explorers.regret(SURE, EXPLORERS, runs=RUNS, marks=[30, 1000], seed=0)


def test_natural_gradient_is_the_expectation_over_action_sequences() -> None:
    # Oracle: enumeration of all sequences of four draws, in plain Python.
    for step_size, alpha, baseline in [(1.0, 0.0, False), (0.3, 0.2, False), (0.5, 0.1, True)]:
        likelier = never = 0.0
        for draws in itertools.product([True, False], repeat=4):
            lead, chance = 0.0, 1.0
            for worse in draws:
                p = 1 / (1 + np.exp(-lead))
                reward = 0.9 if worse else 1.0
                reward -= baseline * (0.9 * p + 1.0 * (1 - p))
                drawn = p if worse else 1 - p
                chance *= drawn
                if not drawn:  # rounded to certainty: this sequence does not happen
                    break
                # theta += eta (x / pi(a) - alpha log pi), of which only differences matter.
                lead += step_size * ((1 if worse else -1) * reward / drawn - alpha * lead)
            likelier += chance * (lead > 0)
            never += chance * all(draws)
        found = gradients.natural_gradient(step_size, alpha, baseline, runs=40_000, steps=4, seed=1)
        for estimate, truth in [(found.likelier[-1], likelier), (found.never_better[-1], never)]:
            error = np.sqrt(truth * (1 - truth) / 40_000)
            assert abs(estimate - truth) <= 4 * error


def test_the_product_bound_is_the_known_one_and_what_happens() -> None:
    # Oracle: 0.39085, computed elsewhere; and the fraction of runs that draw one arm only.
    product = gradients.chance_of_only_worse(1.0, 60)
    assert product[-1] == pytest.approx(0.39085, abs=5e-6)
    found = gradients.natural_gradient(1.0, 0.0, [False, True], runs=20_000, steps=60, seed=2)
    error = np.sqrt(product * (1 - product) / 20_000)
    assert np.all(np.abs(found.never_better[:, 0] - product) <= 4 * error + 1e-12)
    assert found.likelier[-1, 1] == 0  # with its value as baseline every step is towards the better


def test_noisy_gradients_follow_a_naive_loop() -> None:
    # Oracle: one run at a time, gradients written out, fed with the same random numbers.
    alphas, seeds, steps = (0.0, 0.3), 3, 40
    found = gradients.noisy_bandit(alphas, seeds=seeds, steps=steps, seed=5, marks=4)
    rng = np.random.default_rng(5)
    numbers = [(rng.random((2, seeds)), rng.standard_normal((2, seeds))) for _ in range(steps)]
    rewards = np.array([1.0, 0.9, 0.1])
    for i, alpha in enumerate(alphas):
        for run in range(seeds):
            theta = np.log([0.01, 0.98, 0.01])
            for step, (uniform, noise) in enumerate(numbers, 1):
                policy = np.exp(theta) / np.exp(theta).sum()
                action = int(np.searchsorted(np.cumsum(policy), uniform[i, run], side="right"))
                advantage = rewards[action] + noise[i, run] - policy @ rewards
                entropy_gradient = -policy * (np.log(policy) - policy @ np.log(policy))
                score = np.eye(3)[action] - policy
                theta = theta + 0.4 * (score * advantage + alpha * entropy_gradient)
                if step % 10 == 0:
                    assert found[step // 10 - 1, i, run] == (theta.argmax() == 0)


@pytest.mark.parametrize("index", range(4))
def test_boltzmanns_regret_is_exact_where_arms_are_sure(
    index: int, sure_regret: np.ndarray
) -> None:
    # Oracle: the sum of the worse arm's probabilities, in closed form.
    exact = theory.sure_regret(EXPLORERS[index], 0.1, 1000)[[29, 999]]
    regret = sure_regret[:, index]
    error = regret.std(-1) / np.sqrt(RUNS)
    assert np.all(np.abs(regret.mean(-1) - exact) <= 4 * error + 1e-6)


def test_ucb_is_a_naive_loop_where_arms_are_sure(sure_regret: np.ndarray) -> None:
    # Oracle: the rule, one step at a time; nothing is random.
    count, worse = np.ones(2), []
    for t in range(3, 1001):
        action = int(np.argmax(np.array(SURE.means) + np.sqrt(2 * np.log(t) / count)))
        count[action] += 1
        worse.append(count[1])
    for mark, found in zip([30, 1000], sure_regret[:, 5], strict=True):
        np.testing.assert_allclose(found, 0.1 * worse[mark - 3], rtol=1e-6)


def test_boltzmann_gumbel_follows_its_fluid_limit(sure_regret: np.ndarray) -> None:
    # Oracles: a naive loop in NumPy with its own random numbers; and the flow, integrated.
    rng, count = np.random.default_rng(0), np.ones((RUNS, 2))
    for _ in range(998):
        noise = rng.gumbel(size=(RUNS, 2))
        action = np.argmax(np.array(SURE.means) + 0.5 / np.sqrt(count) * noise, -1)
        count[np.arange(RUNS), action] += 1
    naive, found = 0.1 * count[:, 1], sure_regret[1, 4]
    error = np.sqrt((naive.var() + found.var()) / RUNS)
    assert abs(naive.mean() - found.mean()) < 4 * error

    flow = scipy.integrate.solve_ivp(
        lambda _, n: np.exp(-np.sqrt(n) * 0.2 / 0.5), (0, 1e5), [1.0], rtol=1e-9, atol=1e-9
    )
    fluid = theory.gumbel_fluid_regret(1e5, (0.7, 0.5), 0.5)
    np.testing.assert_allclose(0.2 * flow.y[0, -1], fluid, rtol=1e-6)


def test_the_gumbel_bound_adds_up_over_arms() -> None:
    # Oracle: the formula by hand at C = sigma, log_+ = 0 and 2.
    constants = 19 * 0.25 + 18 * 0.25 * np.exp(0.5)
    small = theory.gumbel_regret_bound(1, (0.7, 0.5), 0.5)
    np.testing.assert_allclose(small, constants / 0.2 + 0.2)
    steps = 0.25 * np.exp(2) / 0.2**2
    three = theory.gumbel_regret_bound(steps, (0.7, 0.5, 0.5), 0.5)
    np.testing.assert_allclose(three, 2 * ((9 * 0.25 * 4 + constants) / 0.2 + 0.2))


def test_the_unlucky_are_counted_from_below() -> None:
    # Oracle: enumeration of what the first and later draws pay, five steps, by conditioning.
    explorer, gap, steps = Explorer("log", 3.0), 0.2, 5

    def expected(step: int, ones: int, count: int, worse: int) -> float:
        """The expected regret at the end: `count` draws of the better arm paid `ones`."""
        if step > steps:
            return gap * worse
        eta = 3 * np.log(step)
        p = 1 / (1 + np.exp(eta * (0.5 - ones / count)))
        lucky = 0.5 + gap
        return (1 - p) * expected(step + 1, ones, count, worse + 1) + p * (
            lucky * expected(step + 1, ones + 1, count + 1, worse)
            + (1 - lucky) * expected(step + 1, ones, count + 1, worse)
        )

    exact = 0.7 * expected(3, 1, 1, 1) + 0.3 * expected(3, 0, 1, 1)
    bound = theory.unlucky_regret(explorer, gap, steps)
    assert bound[-1] <= exact
    found = explorers.regret(LUCK_NEEDED, [explorer], runs=20_000, marks=[steps], seed=3)[0, 0]
    assert abs(found.mean() - exact) < 4 * found.std() / np.sqrt(20_000)
    # The bound's own figure: no luck, and never drawn again.
    never = [1 / (1 + np.exp(-3 * np.log(t) / 2)) for t in (3, 4, 5)]
    by_hand = gap * (1 + 0.3 * np.cumprod(never).sum())
    assert bound[-1] == pytest.approx(by_hand, abs=1e-12)


def test_rows_and_verdict_tell_what_was_found() -> None:
    # Oracle: arrays made up by hand.
    explored = Exploration(
        worlds=(SURE,), explorers=(EXPLORERS[0], EXPLORERS[4]), runs=4, steps=1000, marks=3
    )
    times = np.array([100, 500, 1000])
    linear = np.broadcast_to(0.1 * times[:, None], (3, 4))
    slow = np.broadcast_to(np.array([1.0, 1.5, 2.0])[:, None], (3, 4))
    regret = np.stack([linear, slow], 1)[None]
    boltzmann, gumbel = analysis.exploration_rows(explored, {"regret": regret, "times": times})
    assert boltzmann["slope"] == pytest.approx(1)
    assert boltzmann["never_recovered"] == 1
    assert gumbel["slope"] == pytest.approx(np.log10(2))
    assert gumbel["never_recovered"] == 0
    assert gumbel["regret"] == 2 < gumbel["at_most"]

    noisy = NoisyBandit(alphas=(0.0, 0.1, 1.0), seeds=100)
    best = np.arange(100) < np.array([40, 90, 50])[:, None]
    noisy_rows = list(analysis.noisy_rows(noisy, {"best": best[None]}))
    assert [row["greedy_optimal"] for row in noisy_rows] == [0.4, 0.9, 0.5]

    natural = NaturalGradient(step_sizes=(1.0,), alphas=(0.0, 0.1), entropy_step_sizes=(1.0,))
    fractions = {
        "likelier": np.array([[[0.48], [0.0]]]),
        "locked": np.array([[[0.48], [0.0]]]),
        "entropy_likelier": np.array([[[0.48, 0.2]], [[0.0, 0.0]]]),
        "entropy_locked": np.array([[[0.48, 0.1]], [[0.0, 0.0]]]),
    }
    natural_rows = list(analysis.natural_rows(natural, fractions))
    said = analysis.verdict(analysis.Rows(natural_rows, noisy_rows, [boltzmann, gumbel]))
    assert "0 of 1 step sizes fall below the product bound" in said
    assert "An entropy bonus halves that" in said
    assert "alpha has an optimum inside its range" in said
    assert "on 1 with Boltzmann, eta = 10" in said


def test_the_command_writes_summary_and_figures(tmp_path: pathlib.Path) -> None:
    # Oracle: the rows that a direct run of a part gives.
    rows = command.main(Arguments(seeds=8, steps=100, output=tmp_path))["rows"]
    folder = tmp_path / "commitment"
    written = json.loads((folder / "summary.json").read_text())
    assert written["rows"]["noisy"] == rows["noisy"]
    sweep = NaturalGradient(runs=8, steps=100)
    assert rows["natural"] == list(analysis.natural_rows(sweep, runs.natural(sweep)))
    for name in ("natural_gradient", "noisy_bandit", "exploration"):
        assert (folder / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"seeds": 1}, "--seeds must be at least 2"), ({"steps": 10}, "--steps must be at least 100")],
)
def test_bad_arguments(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Arguments(**arguments)  # type: ignore[arg-type]
