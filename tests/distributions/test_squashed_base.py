"""What the squashed distributions have in common: `validate_args`, a draw with its density."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.distributions import (
    SquashedGaussian,
    SquashedGaussianMixture,
    SquashedMultivariateGaussian,
    log_likelihood,
)

VALID: dict[type, dict[str, Any]] = {
    SquashedGaussian: {"loc": [0.1, -0.2], "scale": [1.0, 2.0]},
    SquashedGaussianMixture: {
        "logits": [0.0, 1.0],
        "loc": [[0.1, -0.2], [1.0, 0.0]],
        "scale": [[1.0, 2.0], [0.5, 0.5]],
    },
    SquashedMultivariateGaussian: {"loc": [0.1, -0.2], "scale_tril": [[1.0, 0.0], [0.3, 0.5]]},
}
NAN, INF = np.nan, np.inf
INVALID = [
    (SquashedGaussian, {"scale": [1.0, 0.0]}, "scale must be positive"),
    (SquashedGaussian, {"scale": [1.0, NAN]}, "scale must be"),
    (SquashedGaussian, {"scale": [1.0, INF]}, "scale must be finite"),
    (SquashedGaussian, {"loc": [NAN, 0.0]}, "loc must be finite"),
    (SquashedGaussianMixture, {"scale": [[1.0, 2.0], [-0.5, 0.5]]}, "scale must be positive"),
    (SquashedGaussianMixture, {"loc": [[INF, 0.0], [0.0, 0.0]]}, "loc must be finite"),
    (SquashedGaussianMixture, {"logits": [0.0, NAN]}, "logits must be finite"),
    (SquashedGaussianMixture, {"logits": [-INF, -INF]}, "logits must be finite"),
    (
        SquashedMultivariateGaussian,
        {"scale_tril": [[1.0, 0.0], [0.3, -0.5]]},
        "scale_tril must have a positive diagonal",
    ),
    (
        SquashedMultivariateGaussian,
        {"scale_tril": [[1.0, 0.1], [0.3, 0.5]]},
        "scale_tril must be lower triangular",
    ),
    (
        SquashedMultivariateGaussian,
        {"scale_tril": [[1.0, 0.0], [NAN, 0.5]]},
        "scale_tril must be finite",
    ),
    (SquashedMultivariateGaussian, {"loc": [0.0, -INF]}, "loc must be finite"),
]
classes = pytest.mark.parametrize("kind", VALID)


@pytest.mark.parametrize(("kind", "wrong", "message"), INVALID)
def test_parameters_are_checked_eagerly_and_in_graphs(
    kind: type, wrong: dict[str, Any], message: str
) -> None:
    # Oracle: without validate_args the same arguments raise nothing.
    arguments = {**VALID[kind], **wrong}
    kind(**arguments)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        kind(**arguments, validate_args=True)

    @tf.function
    def draw(arguments: dict[str, tf.Tensor]) -> tf.Tensor:
        return kind(**arguments, validate_args=True).sample(seed=0)

    draw({key: tf.constant(value) for key, value in VALID[kind].items()})
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        draw({key: tf.constant(value) for key, value in arguments.items()})


USES: dict[str, Callable[[Any], Any]] = {
    "sample": lambda d: d.sample(seed=0),
    "sample_with_gaussian": lambda d: d.sample_with_gaussian(seed=0),
    "log_prob": lambda d: d.log_prob([0.1, 0.2]),
    "log_prob_from_gaussian": lambda d: d.log_prob_from_gaussian([0.1, 0.2]),
    "mean": lambda d: d.mean(),
}


@classes
@pytest.mark.parametrize("use", USES)
def test_variables_are_checked_whenever_they_are_used(kind: type, use: str) -> None:
    # Oracle: the variable is valid at the construction and is not at the use.
    *_, name = VALID[kind]
    variable = tf.Variable(VALID[kind][name])
    d = kind(**{**VALID[kind], name: variable}, validate_args=True)
    USES[use](d)
    variable.assign(-variable)
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{name} must"):
        USES[use](d)


@classes
def test_values_beyond_the_bounds_are_refused(kind: type) -> None:
    # Oracle: the bounds themselves, and without validate_args everything, are taken.
    d = kind(**VALID[kind], low=[-2.0, -1.0], high=3.0, validate_args=True)
    ends = tf.constant([[-2.0, -1.0], [3.0, 3.0]])
    f = tf.function(d.log_prob)
    np.testing.assert_array_equal(
        f(ends), kind(**VALID[kind], low=[-2.0, -1.0], high=3.0).log_prob(ends)
    )
    for value in ([0.0, -1.5], [3.1, 0.0], [np.nan, 0.0]):
        kind(**VALID[kind], low=[-2.0, -1.0], high=3.0).log_prob(value)
        with pytest.raises(tf.errors.InvalidArgumentError, match="value must lie within low"):
            f(tf.constant(value))
        if kind is not SquashedMultivariateGaussian:
            with pytest.raises(tf.errors.InvalidArgumentError, match="value must lie within low"):
                log_likelihood(d, value)


@classes
def test_validate_args_is_a_parameter_that_copies_keep(kind: type) -> None:
    # Oracle: the argument, through a copy, a slice and a function boundary.
    d = kind(**{k: np.stack([v, v]) for k, v in VALID[kind].items()}, validate_args=True)
    for same in (d.copy(), d[0], tf.function(lambda d: d)(d)):
        assert same.validate_args
        assert same.parameters["validate_args"]


@classes
def test_a_draw_comes_with_its_density_and_its_gaussian(kind: type) -> None:
    # Oracle: the squashing of the pre-tanh value, and its density.
    d = kind(**VALID[kind], low=-2.0, high=3.0)
    action, log_prob, u = d.sample_with_gaussian(5, seed=1)
    np.testing.assert_array_equal(action, d.bounds.squash(u))
    np.testing.assert_allclose(log_prob, d.log_prob_from_gaussian(u), rtol=2e-6)
    np.testing.assert_array_equal(d.sample(5, seed=1), action)
    np.testing.assert_array_equal(d.experimental_sample_and_log_prob(5, seed=1)[1], log_prob)
