"""The checks of the arrays, one broken rule at a time."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.tabular import TabularMDP


def _arrays(**changes: Any) -> dict[str, Any]:
    arrays = {
        "transition": np.array([[[0.5, 0.5], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]]),
        "reward": np.array([[0.0, 1.0], [0.0, 0.0]]),
        "discount": 0.9,
        "initial": np.array([1.0, 0.0]),
    }
    return {**arrays, **changes}


def _changed(array: np.ndarray, index: tuple[int, ...], value: float) -> np.ndarray:
    array = array.copy()
    array[index] = value
    return array


_GOOD = _arrays()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"transition": _changed(_GOOD["transition"], (0, 1, 1), 0.999)},
            r"transition must sum to one over its last axis, not 0\.999 at \[0, 1\]",
        ),
        (
            {"transition": _changed(_GOOD["transition"], (0, 0, 0), np.nan)},
            r"transition must hold probabilities, at least 0, not nan at \[0, 0, 0\]",
        ),
        (
            {"transition": _changed(_GOOD["transition"], (0, 0, 0), -0.1)},
            r"transition must hold probabilities, at least 0, not -0\.1 at \[0, 0, 0\]",
        ),
        ({"transition": np.ones([2, 2, 3]) / 3}, r"transition must have shape \[\.\.\., S, A, S\]"),
        ({"transition": np.ones([2])}, r"transition must have shape"),
        (
            {"transition": np.zeros([2, 0, 2]), "reward": np.zeros([2, 0])},
            r"at least one state and one action, not 2 states and 0 actions",
        ),
        ({"reward": np.zeros([2, 3])}, r"reward must have shape \[2, 2\] .* not \[2, 3\]"),
        (
            {"reward": _changed(_GOOD["reward"], (0, 1), np.nan)},
            r"reward must be finite, not nan at \[0, 1\]",
        ),
        ({"reward": _changed(_GOOD["reward"], (0, 0), np.inf)}, r"reward must be finite"),
        ({"discount": 1.01}, r"discount must lie in \[0, 1\], not 1\.01"),
        ({"discount": -0.1}, r"discount must lie in \[0, 1\], not -0\.1"),
        ({"discount": float("nan")}, r"discount must lie in \[0, 1\], not nan"),
        ({"discount": [0.9, 0.9]}, r"discount must have shape \[\], not \[2\]"),
        ({"initial": [0.5, 0.4]}, r"initial must sum to one"),
        ({"initial": [0.5, 0.25, 0.25]}, r"initial must have shape \[2\], not \[3\]"),
        ({"terminal": [True, False]}, r"transition of a terminal state must be to itself"),
        (
            {"terminal": [False, True], "reward": _changed(_GOOD["reward"], (1, 0), 1.0)},
            r"reward in a terminal state must be 0, not 1\.0 at \[1, 0\]",
        ),
        ({"terminal": [0, 1]}, r"terminal must be bool, not int64"),
        (
            {"discount": 1.0, "terminal": [False, False]},
            r"discount must be below 1 unless every policy ends .* from state 0",
        ),
        (
            {"discount": 1.0, "transition": np.tile(np.eye(2)[:, None], [1, 2, 1])},
            r"discount must be below 1 unless every policy ends .* from state 0",
        ),
    ],
)
def test_a_broken_rule_is_named_with_its_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TabularMDP(**_arrays(**changes))


def test_good_arrays_are_kept_in_float64() -> None:
    m = TabularMDP(**_arrays(discount=1.0))
    np.testing.assert_array_equal(m.transition, _GOOD["transition"])
    np.testing.assert_array_equal(m.reward, _GOOD["reward"])
    assert m.discount.dtype == tf.float64
    assert m.terminal.numpy().tolist() == [False, True]


def test_rows_rounded_to_float32_are_normalised() -> None:
    # Oracle: a float32 row of thirds sums to one in float64 only after normalisation.
    third = np.full([3, 1, 3], np.float32(1) / 3, np.float32)
    assert third.astype(np.float64).sum(-1)[0, 0] != 1
    m = TabularMDP(third, np.zeros([3, 1]), 0.9, [1.0, 0.0, 0.0])
    np.testing.assert_allclose(m.transition.numpy().sum(-1), 1, rtol=2e-16)


def test_an_explicit_array_overrules_what_is_taken_for_terminal() -> None:
    assert TabularMDP(**_arrays()).terminal.numpy().tolist() == [False, True]
    assert not TabularMDP(**_arrays(terminal=[False, False])).terminal.numpy().any()


def test_batches_share_one_discount_and_one_start() -> None:
    arrays = _arrays()
    batch = {k: np.stack([arrays[k]] * 3) for k in ("transition", "reward")}
    m = TabularMDP(**{**arrays, **batch})
    assert m.batch_shape == [3]
    assert m.discount.numpy().tolist() == [0.9] * 3
    assert m.initial.numpy().tolist() == [[1.0, 0.0]] * 3


def test_survives_structures_and_traced_functions() -> None:
    # Oracle: doubling the rewards by NumPy.
    m = TabularMDP(**_arrays())

    @tf.function(autograph=False)
    def doubled(m: TabularMDP) -> TabularMDP:
        return m._replace(reward=2 * m.reward)

    result = doubled(m)
    assert isinstance(result, TabularMDP)
    np.testing.assert_array_equal(result.reward, 2 * _GOOD["reward"])
    shapes = tf.nest.map_structure(lambda x: x.shape, m)
    assert shapes.transition == [2, 2, 2]
