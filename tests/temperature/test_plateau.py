"""The plateau schedule against a plain Python loop."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from maxent_tf.temperature import Plateau

VALUES = st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(float("nan"))), max_size=30)


def naive(plateau: Plateau, values: list[float]) -> list[float]:
    alpha, best, waited, alphas = plateau.initial, -np.inf, 0, []
    for value in values:
        if not np.isnan(value):
            if value > best + plateau.min_improvement:
                best, waited = value, 0
            else:
                waited += 1
            if waited == plateau.patience:
                alpha, waited = max(alpha * plateau.factor, plateau.min_alpha), 0
        alphas.append(alpha)
    return alphas


@settings(deadline=None)
@given(values=VALUES, patience=st.integers(1, 4), min_improvement=st.sampled_from([0.0, 1.0]))
def test_matches_a_plain_loop(values: list[float], patience: int, min_improvement: float) -> None:
    # The other way round, the same of the values' negatives.
    for mode, sign in (("max", 1.0), ("min", -1.0)):
        plateau = Plateau(1.0, 0.5, patience, min_improvement, min_alpha=0.2, mode=mode)
        state, alphas, bounds = plateau.init(), [], []
        for value in values:
            state, metrics = plateau.update(state, tf.constant(sign * value))
            alphas.append(float(plateau.alpha(state)))
            bounds.append(float(metrics.bound))
        expected = naive(plateau, values)
        np.testing.assert_allclose(alphas, expected, rtol=1e-6)
        np.testing.assert_array_equal(bounds, [-1.0 if x == 0.2 else 0.0 for x in expected])


def test_learners_fall_each_on_its_own_under_xla() -> None:
    # Oracle: the plain loop for each.
    plateau = Plateau(2.0, 0.25, patience=2)
    values = np.float32(np.random.default_rng(0).normal(size=(20, 2, 3)))

    @tf.function(jit_compile=True)
    def run(values: tf.Tensor) -> tf.Tensor:
        step = lambda state, value: plateau.update(state, value)[0]  # noqa: E731
        return tf.scan(step, values, initializer=plateau.init([2, 3])).alpha

    alphas = run(tf.constant(values))
    for index in np.ndindex(2, 3):
        expected = naive(plateau, list(values[(slice(None), *index)]))
        np.testing.assert_allclose(alphas[(slice(None), *index)], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"initial": -1.0}, "0 <= min_alpha <= initial"),
        ({"min_alpha": 2.0}, r"initial=1\.0, min_alpha=2\.0"),
        ({"factor": 1.0}, r"factor must be in \(0, 1\), not 1\.0"),
        ({"patience": 0}, "patience must be an integer of at least 1, not 0"),
        ({"min_improvement": -1.0}, "min_improvement must be at least 0"),
        ({"mode": "least"}, r"mode must be one of \['max', 'min'\], not 'least'"),
    ],
)
def test_bad_attributes_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Plateau(**({"initial": 1.0, "factor": 0.5, "patience": 2} | arguments))
