"""The Boltzmann-optimality experiment.

Oracles: fixed points in plain NumPy, simulated deviations, closed forms at the ends of the path.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest
import scipy.special

from experiments.boltzmann_optimality import __main__ as command
from experiments.boltzmann_optimality import analysis, runs
from experiments.boltzmann_optimality.sweep import REGULARIZERS, Arguments, Path

PATH = Path("TwoGoalGrid", count=9, deviations=12)


@pytest.fixture(scope="module")
def arrays() -> runs.Arrays:
    return runs.run(PATH)


def test_shannons_policies_are_boltzmann_in_their_own_values(arrays: runs.Arrays) -> None:
    # Oracle: soft value iteration in plain NumPy, with log-sum-exp.
    grid = runs.world(PATH)
    follows, reward = grid.next_state[..., 0], grid.reward[..., 0]
    for k in (2, 4, 8):
        alpha, value = arrays["alpha"][k], np.zeros(25)
        for _ in range(4000):
            q = reward + 0.99 * value[follows]
            value = np.where(grid.terminal, 0, alpha * scipy.special.logsumexp(q / alpha, axis=-1))
        expected = scipy.special.softmax(q / alpha, axis=-1)
        living = ~grid.terminal
        np.testing.assert_allclose(arrays["policy"][0, k][living], expected[living], atol=1e-6)


def test_what_a_policy_earns_and_its_entropy_are_sums_over_time(arrays: runs.Arrays) -> None:
    # Oracle: the distribution of states, pushed forward step by step.
    grid, k = runs.world(PATH), 5
    for i in range(len(REGULARIZERS)):
        policy = arrays["policy"][i, k]
        entropy = scipy.special.entr(policy).sum(-1)
        state, earned, total, visits = grid.initial, 0.0, 0.0, 0.0
        for t in range(4000):
            living = state * ~grid.terminal
            flow = living[:, None] * policy
            earned += 0.99**t * (flow * grid.reward[..., 0]).sum()
            total += 0.99**t * living @ entropy
            visits += 0.99**t * living.sum()
            state = np.bincount(grid.next_state[..., 0].ravel(), flow.ravel(), 25)
        assert arrays["return"][i, k] == pytest.approx(earned, abs=1e-10)
        assert arrays["entropy"][i, k] == pytest.approx(0.01 * total, abs=1e-10)
        assert arrays["entropy_per_step"][i, k] == pytest.approx(total / visits, abs=1e-10)


def test_every_deviation_loses_what_the_identity_says(arrays: runs.Arrays) -> None:
    # Oracle: both sides, computed apart: by evaluating policies, and by visits and divergences.
    np.testing.assert_allclose(arrays["loss"], arrays["predicted"], atol=1e-9, rtol=1e-9)
    assert np.all(arrays["loss"] > 0)


def test_the_ends_of_the_path(arrays: runs.Arrays) -> None:
    # Closed form: greedy earns 0.99^7; the divergence ends at the uniform policy.
    assert arrays["return"][:, 0] == pytest.approx(0.99**7, abs=1e-3)
    hot = arrays["policy"][2, PATH.count - 1]
    np.testing.assert_allclose(hot, 0.25, atol=0.03)
    assert arrays["epsilon_return"][0] == pytest.approx(0.99**7, abs=1e-9)
    visits_all = arrays["epsilon_entropy"][-1] / arrays["entropy_per_step"].max()
    assert 0 < visits_all <= 1


def test_only_sparsemax_reaches_zeros(arrays: runs.Arrays) -> None:
    # Closed form: logarithms of Boltzmann's probabilities are finite; sparsemax is greedy, but for
    # ties, when cold, and shuns only the four moves into the goals when hot: they end the bonus.
    assert np.all(arrays["zeros"][[0, 2]] == 0)
    sparse = analysis.along(PATH, arrays["zeros"][1])
    assert sparse[0] > 0.4
    grid = runs.world(PATH)
    shunned = (arrays["policy"][1, PATH.count - 1] == 0) & ~grid.terminal[:, None]
    np.testing.assert_array_equal(shunned, grid.reward[..., 0] > 0)
    assert sparse[-1] == pytest.approx(4 / (23 * 4))


def test_no_policy_passes_the_front(arrays: runs.Arrays) -> None:
    # Oracle: optimality itself: a maximum over all policies bounds the epsilon-greedy ones.
    assert analysis.above_the_front(PATH, arrays) < 1e-8
    better = {**arrays, "epsilon_return": arrays["epsilon_return"] + 0.1}
    assert analysis.above_the_front(PATH, better) > 0.05


def test_the_command_writes_summary_and_figures(tmp_path: pathlib.Path) -> None:
    # Oracle: the verdict is computed: the identity and the front hold, sparsemax alone has zeros.
    arguments = Arguments(env=("TwoGoalGrid",), count=9, output=tmp_path)
    summary = command.main(arguments)
    folder = tmp_path / "boltzmann_optimality"
    written = json.loads((folder / "summary.json").read_text())
    assert written == summary
    assert "soft-optimal policies, 0 gain" in written["verdict"]
    assert "falls throughout in 1 and the entropy rises throughout in 1" in written["verdict"]
    assert "0.00 with Shannon" in written["verdict"]
    assert "No epsilon-greedy policy passes this front." in written["verdict"]
    for name in ("policies_TwoGoalGrid", "trade_off", "deviations"):
        assert (folder / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="--count must be at least 2, not 1"):
        Arguments(count=1)
