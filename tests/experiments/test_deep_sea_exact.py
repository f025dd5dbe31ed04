"""DeepSea, exactly.

Oracles: enumeration of all action sequences, the soft Bellman solver, and limits by hand.
"""

from __future__ import annotations

import itertools
import json
import pathlib

import numpy as np
import pytest

from experiments.deep_sea_exact import __main__ as command
from experiments.deep_sea_exact import analysis, paths, runs
from experiments.deep_sea_exact.sweep import Arguments, Sweep
from maxent_tf.environments import DeepSea

SWEEP = Sweep(sizes=(2, 5), count=7)


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    return runs.run(SWEEP)


def enumerated(size: int, alpha: float) -> tuple[float, float, float]:
    """Plays every action sequence in the world's own tables: P(goal), return, P(goal) unaware."""
    world = DeepSea(size)
    returns = []
    for actions in itertools.product((0, 1), repeat=size):
        state, total = 0, 0.0
        for action in actions:
            total += world.reward[state, action, 0]
            state = world.next_state[state, action, 0]
        returns.append(total)
    earned = np.array(returns)
    found = earned > 0.5
    weight, unaware = np.exp(earned / alpha), np.exp((earned - found) / alpha)
    probability, unaware = weight / weight.sum(), unaware / unaware.sum()
    return probability[found].sum(), probability @ earned, unaware[found].sum()


@pytest.mark.parametrize("size", [1, 4, 9])
@pytest.mark.parametrize("alpha", [0.02, 0.3, 5.0])
def test_the_sum_over_paths_is_that_of_all_action_sequences(size: int, alpha: float) -> None:
    expected = enumerated(size, alpha)
    np.testing.assert_allclose(paths.path_sum(size, alpha), expected, rtol=1e-10)


def test_the_solver_agrees_with_the_sum_over_paths(arrays: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(arrays["solved_goal"], arrays["goal"], rtol=1e-10)
    np.testing.assert_allclose(arrays["solved_unaware"], arrays["unaware"], rtol=1e-10)


def test_limits_of_the_temperature() -> None:
    # Oracle: hot is uniform; cold takes the best path, or, before the treasure is known, none.
    hot, cold = paths.path_sum(6, 1e9), paths.path_sum(6, 1e-4)
    np.testing.assert_allclose([hot.goal, hot.unaware], 2.0**-6, rtol=1e-6)
    np.testing.assert_allclose(hot.value, 2.0**-6 - 0.005, rtol=1e-6)
    np.testing.assert_allclose([cold.goal, cold.value, cold.unaware], [1, 0.99, 0], atol=1e-12)


@pytest.mark.parametrize("size", [2, 10, 30])
def test_goal_is_even_at_the_threshold(size: int) -> None:
    # Oracle: the enumeration where it can be done, the defining equation elsewhere.
    alpha = paths.threshold(size)
    goal = enumerated(size, alpha)[0] if size <= 10 else paths.path_sum(size, alpha).goal
    np.testing.assert_allclose(goal, 0.5, atol=1e-10)
    np.testing.assert_allclose(
        paths.approximate_goal(size, paths.approximate_threshold(size)), 0.5, rtol=1e-12
    )


def test_rows_and_verdict_tell_what_was_found(arrays: dict[str, np.ndarray]) -> None:
    # Oracle: the enumeration; and arrays made to say the opposite.
    rows = list(analysis.rows(SWEEP, arrays))
    assert [row["size"] for row in rows] == [2, 5]
    reached = enumerated(5, 2 * rows[1]["threshold"])
    assert rows[1]["goal_at"][2] == pytest.approx(reached[0])
    assert rows[1]["value_at"][2] == pytest.approx(reached[1])
    assert " ".join(analysis.table(rows).splitlines()[3].split()).startswith(
        "| 5 | 0.28970 | 0.28565 |"
    )
    verdict = analysis.verdict(rows)
    assert "throughout in 2 of 2 environments" in verdict
    assert "no alpha makes it likelier than uniform moves do" in verdict
    lucky = {**arrays, "goal": arrays["goal"][:, ::-1], "unaware": 2 * arrays["unaware"]}
    opposite = analysis.verdict(list(analysis.rows(SWEEP, lucky)))
    assert "throughout in 0 of 2 environments" in opposite
    assert "than uniform moves do in 2 of 2 environments" in opposite


def test_the_command_writes_summary_and_figure(
    tmp_path: pathlib.Path, arrays: dict[str, np.ndarray]
) -> None:
    # Oracle: the rows of the same sweep; a second run loads what the first has stored.
    arguments = Arguments(sizes=(2, 5), count=7, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "deep_sea_exact"
    assert rows == list(analysis.rows(SWEEP, arrays))
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    assert (directory / "deep_sea.png").read_bytes().startswith(b"\x89PNG")
    (stored,) = directory.glob("*/arrays.npz")
    written = stored.stat().st_mtime_ns
    assert command.main(arguments)["rows"] == rows
    assert stored.stat().st_mtime_ns == written


@pytest.mark.parametrize(("name", "value"), [("sizes", ()), ("sizes", (1,)), ("count", 1)])
def test_bad_arguments(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"--{name} must (be|have) at least"):
        Arguments(**{name: value})  # type: ignore[arg-type]
