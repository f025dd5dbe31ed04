"""Schedules against their formulas in NumPy, and what they refuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from maxent_tf.temperature import Schedule, constant, cosine, exponential, linear, piecewise

INTERPOLATIONS: dict[str, tuple[Callable[..., Schedule], Callable[..., Any]]] = {
    "linear": (linear, lambda a, b, u: (1 - u) * a + u * b),
    "exponential": (exponential, lambda a, b, u: a ** (1 - u) * b**u),
    "cosine": (cosine, lambda a, b, u: b + (a - b) * (1 + np.cos(np.pi * u)) / 2),
}
POSITIVE = st.floats(2.0**-20, 2.0**10, width=32)


@pytest.mark.parametrize("name", INTERPOLATIONS)
@settings(deadline=None)
@given(
    initial=POSITIVE, final=POSITIVE, steps=st.integers(1, 10**6), step=st.integers(0, 2**31 - 1)
)
def test_interpolations_match_their_formulas(
    name: str, initial: float, final: float, steps: int, step: int
) -> None:
    make, formula = INTERPOLATIONS[name]
    alpha = make(initial, final, steps)(tf.constant(step))
    assert alpha.dtype == tf.float32
    expected = formula(initial, final, min(step / steps, 1.0))
    np.testing.assert_allclose(alpha, expected, rtol=1e-5, atol=1e-6 * max(initial, final))
    assert float(alpha) >= 0


@pytest.mark.parametrize("name", INTERPOLATIONS)
def test_the_ends_are_exact_and_equal_ends_are_constant_to_the_bit(name: str) -> None:
    make, _ = INTERPOLATIONS[name]
    schedule = make(0.3, 1e-9, 1000)
    assert schedule(0) == np.float32(0.3)
    assert schedule(1000) == schedule(10**9) == np.float32(1e-9)
    flat = make(0.3, 0.3, 7)
    assert all(flat(step) == np.float32(0.3) for step in range(9))


@pytest.mark.parametrize("name", INTERPOLATIONS)
@pytest.mark.parametrize("compiled", [False, True])
def test_annealed_and_constant_learners_share_a_program(name: str, compiled: bool) -> None:
    # Oracle: each learner's schedule alone. [variants, alphas, 1], as an ablation lays them out.
    make, _ = INTERPOLATIONS[name]
    initial = np.float32([0.1, 0.5, 1.0])[None, :, None]
    final = np.float32([[[0.01]] * 3, initial[0]])
    steps = np.float32([10.0, 20.0, 30.0])[None, :, None]
    schedule = make(tf.constant(initial), tf.constant(final), tf.constant(steps))
    call = tf.function(schedule, jit_compile=True) if compiled else schedule
    for step in (0, 5, 15, 40):
        together = call(tf.constant(step))
        assert together.shape == [2, 3, 1]
        for i, j in np.ndindex(2, 3):
            alone = make(initial[0, j, 0], final[i, j, 0], steps[0, j, 0])(step)
            np.testing.assert_allclose(together[i, j, 0], alone, rtol=1e-6)


@settings(deadline=None)
@given(step=st.integers(-5, 100))
def test_piecewise_matches_a_search(step: int) -> None:
    # Oracle: NumPy's searchsorted.
    boundaries, values = [10, 20, 50], [1.0, 0.5, 2.0, 0.0]
    expected = values[np.searchsorted(boundaries, step, side="right")]
    assert piecewise(boundaries, values)(step) == expected


def test_piecewise_takes_tensors() -> None:
    schedule = piecewise([tf.constant([10, 20])], [tf.constant([1.0, 2.0]), 0.5])
    np.testing.assert_array_equal(schedule(15), [0.5, 2.0])


def test_float64_ends_give_float64() -> None:
    # Oracle: float64's own 0.1, which float32 would round.
    start, end = tf.constant(0.2, tf.float64), tf.constant(0.0, tf.float64)
    assert linear(start, end, 2)(1).numpy() == np.float64(0.1)


def test_they_print_as_the_calls_that_made_them() -> None:
    # Oracle: the text evaluates to a schedule of the same values.
    schedules = [
        constant(0.1),
        linear(0.1, 0.0, 80_000),
        exponential(tf.constant([0.1, 1.0]), 0.01, tf.constant([5, 10])),
        cosine(1.0, 0.3, 2.5),
        piecewise([5, 10], [1.0, 0.1, [0.3, 0.2]]),
    ]
    assert repr(schedules[1]) == "linear(initial=0.1, final=0.0, steps=80000)"
    for schedule in schedules:
        again = eval(repr(schedule))
        for step in (0, 3, 7, 100):
            np.testing.assert_array_equal(again(step), schedule(step))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constant(-0.1), r"alpha must be finite and at least 0, not -0\.1"),
        (lambda: constant(np.nan), "alpha must be finite"),
        (lambda: constant(tf.constant([0.1, -1.0])), "alpha must be finite and at least 0"),
        (lambda: linear(-1.0, 0.0, 10), "initial must be"),
        (lambda: linear(1.0, -1.0, 10), "final must be"),
        (lambda: cosine(1.0, np.inf, 10), "final must be"),
        (lambda: exponential(1.0, 0.0, 10), r"final must be finite and positive, not 0\.0"),
        (lambda: linear(1.0, 0.0, 0), "steps must be positive, not 0"),
        (lambda: piecewise([1, 2], [1.0, 2.0]), "one more than boundaries, not 2 and 2"),
        (lambda: piecewise([2, 2], [1.0, 2.0, 3.0]), "boundaries must rise"),
        (lambda: piecewise([2], [1.0, -2.0]), r"values\[1\] must be finite and at least 0"),
    ],
)
def test_what_makes_no_sense_is_refused_at_construction(
    make: Callable[[], Schedule], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make()
