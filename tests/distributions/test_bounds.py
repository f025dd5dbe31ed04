"""Boxes that a dtype cannot hold are refused. Oracle: NumPy's rounding to that dtype."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.distributions import (
    SquashedGaussian,
    SquashedGaussianMixture,
    SquashedMultivariateGaussian,
    Tanh,
)
from maxent_tf.distributions.bounds import Bounds
from maxent_tf.distributions.state_dependent import state_dependent_gaussian
from maxent_tf.learners import A2C, PPO, SAC, SQL
from maxent_tf.specs import Box, EnvironmentSpec

Make = Callable[[type, Any, Any], object]
MAKERS: dict[str, Make] = {
    "gaussian": lambda t, low, high: SquashedGaussian(t([0.0]), t([1.0]), low, high),
    "mixture": lambda t, low, high: SquashedGaussianMixture(
        t([0.0, 0.0]), t([[0.0], [1.0]]), t([[1.0], [1.0]]), low, high
    ),
    "multivariate": lambda t, low, high: SquashedMultivariateGaussian(
        t([0.0]), t([[1.0]]), low, high
    ),
    "state-dependent": lambda t, low, high: state_dependent_gaussian(
        t([0.0]), t([1.0]), t([[1.0]]), low, high
    ),
    "forward": lambda t, low, high: Tanh(low, high).forward(t([0.0])),
    "inverse": lambda t, low, high: Tanh(low, high).inverse(t([0.0])),
}
UNFIT = [
    (np.float32, -7.0, -7.0 + 1e-8),
    (np.float32, 1e6, 1e6 + 0.01),
    (np.float32, -2e38, 2e38),
    (np.float32, -1.0, 1e39),
    (np.float32, 0.0, 1e-39),
    (np.float64, -1.5e308, 0.9e308),
    (np.float64, 0.0, 1e-310),
]


@pytest.mark.parametrize(("dtype", "low", "high"), UNFIT, ids=str)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_box_that_its_dtype_cannot_hold_is_refused(
    make: Make, dtype: type, low: float, high: float
) -> None:
    message = re.escape(f"low={low} and high={high} become")
    with pytest.raises(ValueError, match=f"{message} .* in {dtype.__name__}"):
        make(lambda x: tf.constant(x, dtype), low, high)


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        (np.float64, -7.0, -7.0 + 1e-8),
        (np.float64, -2e38, 1e39),
        (np.float64, 1.5e308, 1.7e308),
        (np.float32, 2e38, 3e38),
        (np.float32, 0.0, 1e-30),
    ],
    ids=str,
)
def test_a_narrow_or_wide_box_that_fits_is_squashed_into(
    dtype: type, low: float, high: float
) -> None:
    # Oracle: a long way out is on the bounds, and 0 is the middle, in exact arithmetic.
    bounds = Bounds(low, high)
    bounds.check_dtype(tf.as_dtype(dtype))
    inside = bounds.squash(tf.constant([-50.0, 0.0, 50.0], dtype)).numpy()
    exact = [low, low / 2 + high / 2, high]
    np.testing.assert_allclose(inside, np.asarray(exact, dtype), rtol=2 * np.finfo(dtype).eps)


def test_the_dimension_that_does_not_fit_is_named() -> None:
    bounds = Bounds((0.0, 3.0, -1.0), (1.0, 3.0 + 1e-9, 1.0))
    with pytest.raises(ValueError, match=r"low=3.0 and high=3.000000001 become 3.0 and 3.0"):
        bounds.check_dtype(tf.float32)


@pytest.mark.parametrize("learner", [A2C, PPO, SAC, SQL])
@pytest.mark.parametrize(("low", "high"), [(-3e38, 3e38), (-1.0, 1e40)])
def test_learners_refuse_actions_that_float32_cannot_hold(
    learner: Callable[[EnvironmentSpec], object], low: float, high: float
) -> None:
    spec = EnvironmentSpec(Box.of((2,)), Box.of((2,), [-1.0, low], [1.0, high]))
    with pytest.raises(ValueError, match=r"become .* in float32, .* rescale or shift the actions"):
        learner(spec)


def test_specifications_refuse_actions_that_float32_collapses() -> None:
    with pytest.raises(ValueError, match=r"in dimension 1 of .* both are 5\.0"):
        EnvironmentSpec(Box.of((2,)), Box.of((2,), [-1.0, 5.0], [1.0, 5.0 + 1e-9]))
