"""The inverse-reinforcement-learning experiment.

Oracles: long iterations in NumPy, enumeration, `numpy.corrcoef`, and what the recipe cannot change.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest

from experiments.maxent_irl import __main__ as command
from experiments.maxent_irl import analysis, controls, demonstrator, fits, recipe
from experiments.maxent_irl.demonstrator import DECOY, GOAL, REWARD
from experiments.maxent_irl.sweep import Arguments, Controls, Sweep
from experiments.reproduce import inverse


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    return fits.run(Sweep(seeds=1, count=60))


def test_the_demonstrator_prefers_cells_of_high_value() -> None:
    # Oracle: value iteration in plain NumPy, rewards paid in the state itself.
    transition = demonstrator.endless_world(0.7).transition.numpy()
    value = np.zeros(25)
    for _ in range(200):
        value = REWARD + 0.7 * (transition @ value).max(-1)
    policy = demonstrator.policy(0.7, 5.0)
    moves = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    for row, column in [(0, 0), (2, 2), (4, 3)]:
        meant = [
            5 * min(max(row + down, 0), 4) + min(max(column + right, 0), 4) for down, right in moves
        ]
        weight = np.exp(value[meant]) ** 5
        np.testing.assert_allclose(policy[5 * row + column], weight / weight.sum(), atol=1e-8)


def test_demonstrations_end_at_the_goal_and_not_before() -> None:
    m = demonstrator.world(0.7)
    for states, actions in demonstrator.demonstrate(m, np.full((25, 4), 0.25), 20, seed=0):
        assert states[0] == 0
        assert states.index(GOAL) == len(states) - 1 == len(actions)


def test_the_recipes_path_policy_counts_paths() -> None:
    # Oracle: without rewards the weight of a path is its chance, so that an action's is the
    # chance to be at the goal after 50 steps of which the first is this and the others uniform.
    transition = demonstrator.endless_world(0.7).transition.numpy()
    at_goal = np.linalg.matrix_power(transition.mean(1), recipe.BACKWARD_STEPS - 1)[:, GOAL]
    weight = transition @ at_goal
    expected = weight / weight.sum(-1, keepdims=True)
    found = recipe.path_policy(transition, np.zeros(25), GOAL)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_recipes_causal_policy_solves_the_soft_equation() -> None:
    # Oracle: the equation itself: log-probabilities are q - v, and v the soft maximum of q.
    transition = demonstrator.endless_world(0.7).transition.numpy()
    reward = np.random.default_rng(0).normal(size=25)
    policy = recipe.causal_policy(transition, reward, GOAL, 0.7)
    mass = policy.sum(-1)
    np.testing.assert_allclose(np.delete(mass, GOAL), 1, atol=1e-9)
    v = np.zeros(25)
    for _ in range(300):
        q = reward[:, None] + 0.7 * transition @ v
        v = np.log(np.exp(q).sum(-1) + (np.arange(25) == GOAL))
    np.testing.assert_allclose(policy, np.exp(q - v[:, None]), atol=1e-8)
    assert mass[GOAL] < 1  # the rest is the option to stop


def test_expected_visits_agree_with_stepping() -> None:
    # Oracle: the distribution over states, pushed through the chain and added up.
    transition = demonstrator.endless_world(0.7).transition.numpy()
    policy = demonstrator.policy(0.7, 5.0)
    now, total = np.eye(25)[0], np.zeros(25)
    for _ in range(3000):
        total += now
        now[GOAL] = 0
        now = np.einsum("s,sa,sat->t", now, policy, transition)
    np.testing.assert_allclose(recipe.expected_visits(transition, policy, GOAL), total, atol=1e-9)
    np.testing.assert_allclose(total[GOAL], 1, atol=1e-9)


def test_the_recipe_never_moves_the_goals_weight(arrays: dict[str, np.ndarray]) -> None:
    # Oracle: every demonstration and every model reaches the goal once, so the gradient is 0.
    for i in (0, 1):
        np.testing.assert_allclose(arrays["weights"][0, i, GOAL], 1, atol=1e-9)
        assert np.ptp(arrays["weights"][0, i]) > 0.5


def test_the_duals_match_and_predict_better(arrays: dict[str, np.ndarray]) -> None:
    # Oracle: the demonstrator itself, than which nothing predicts better but by chance. The recipe
    # maximises no likelihood.
    assert (arrays["mismatch"][0, 2:] <= 1e-6).all()
    assert (arrays["mismatch"][0, :2] > 0.1).all()
    recipes, duals = arrays["log_likelihood"][0, :2], arrays["log_likelihood"][0, 2:]
    assert (duals > recipes).all()
    assert (duals < arrays["demonstrator_log_likelihood"][0] + 0.5).all()


def test_correlations_are_pearsons() -> None:
    weights = np.random.default_rng(0).normal(size=(3, 25))
    expected = [np.corrcoef(w, REWARD)[0, 1] for w in weights]
    np.testing.assert_allclose(fits.pearson(weights), expected)


def test_rows_and_table_tell_what_was_found(arrays: dict[str, np.ndarray]) -> None:
    # Oracle: the arrays.
    rows = list(analysis.fit_rows(arrays))
    assert [row["fit"] for row in rows] == list(fits.FITS)
    assert rows[0]["largest_elsewhere"] == [DECOY]
    assert rows[3]["largest"] == [GOAL]
    line = " ".join(analysis.table(rows).splitlines()[5].split())
    correlation = fits.pearson(arrays["weights"][0, 3])
    assert line.startswith(f"| causal, dual | {correlation:.3f} [")
    assert "causal fit finds the goal in 1 of 1 sets" in analysis.verdict(
        rows, arrays["averages_reachable"]
    )


def test_the_command_writes_summary_and_figure(
    tmp_path: pathlib.Path, arrays: dict[str, np.ndarray]
) -> None:
    # Oracle: the rows of a second run with the same seed.
    command.main(Arguments(seeds=1, demonstrations=60, output=tmp_path))
    written = json.loads((tmp_path / "maxent_irl" / "summary.json").read_text())
    assert written["rows"] == list(analysis.fit_rows(arrays))
    header = (tmp_path / "maxent_irl" / "rewards.png").read_bytes()[:8]
    assert header == b"\x89PNG\r\n\x1a\n"


def test_controls_agree_with_the_experiment(arrays: dict[str, np.ndarray]) -> None:
    # Oracle: the experiment's own duals; and a penalty's stationary point.
    sweep = Controls(seeds=1, count=60, variants=((0.0, 0.0), (0.0, 1e-3)))
    found = controls.run(sweep)
    np.testing.assert_allclose(found["non_causal_weights"], arrays["weights"][:, 2], atol=1e-9)
    np.testing.assert_allclose(found["weights"][0], arrays["weights"][:, 3], atol=1e-9)
    largest = np.abs(found["weights"][1]).max(-1)
    np.testing.assert_allclose(found["mismatch"][1], 1e-3 * largest, atol=1e-8)
    np.testing.assert_array_equal(found["averages_reachable"], arrays["averages_reachable"])
    rows = list(analysis.rows(sweep, found))
    assert [row["fit"] for row in rows] == [
        "causal, pseudocount 0, l2 0",
        "causal, pseudocount 0, l2 0.001",
        "non-causal",
    ]
    assert rows[1]["mismatch"] == found["mismatch"][1].max()
    assert controls.table(rows).splitlines()[3].startswith("| causal, pseudocount 0, l2 0.001 | ")


def test_every_check_of_the_row_holds_on_the_first_sets() -> None:
    # Oracle: the figures known from an independent run of the public recipe.
    checks = list(inverse.icy_grid(seeds=2))
    assert {check.row for check in checks} == {"R16"}
    assert not [check for check in checks if not check.holds]


@pytest.mark.parametrize("name", ["seeds", "demonstrations"])
def test_bad_arguments(name: str) -> None:
    with pytest.raises(ValueError, match=f"--{name} must be at least 1, not 0"):
        Arguments(**{name: 0})
