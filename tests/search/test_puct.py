"""PUCT's noise; its choices are tested against a naive tree beside the search."""

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.search.tree import Node

PRIOR = np.array([0.6, 0.0, 0.3, 0.1])


def root(batch: int) -> Node:
    zeros = tf.zeros([batch, 4])
    with np.errstate(divide="ignore"):
        log_prior = tf.constant(np.tile(np.log(PRIOR), (batch, 1)), tf.float32)
    return Node(log_prior, zeros, zeros, tf.zeros([batch]))


def test_noise_is_mixed_into_the_priors_of_legal_actions() -> None:
    # Oracle: the mean and the variance of a Dirichlet distribution over the three legal actions,
    # within 5 standard errors (of the variance: by its own spread in the sample).
    rule, batch = mx.search.Puct(noise_fraction=0.25, noise_concentration=0.3), 20_000
    log_prior, _ = rule.begin(root(batch), 10, tf.constant([0, 1]))
    prior = np.exp(log_prior)
    np.testing.assert_allclose(prior.sum(-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(prior[:, 1], 0)
    noise = ((prior - 0.75 * PRIOR) / 0.25)[:, [0, 2, 3]]
    variance = (1 / 3) * (2 / 3) / (1 + 3 * 0.3)
    np.testing.assert_allclose(noise.mean(0), 1 / 3, atol=5 * np.sqrt(variance / batch))
    squares = (noise - 1 / 3) ** 2
    np.testing.assert_allclose(
        squares.mean(0), variance, atol=5 * squares.std(0).max() / np.sqrt(batch)
    )


def test_evaluation_has_no_noise() -> None:
    # Oracle: the prior itself.
    log_prior, _ = mx.search.Puct().without_noise().begin(root(2), 10, tf.constant([0, 1]))
    np.testing.assert_array_equal(log_prior, root(2).log_prior)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("c_init", -1.0, "c_init must be finite and at least 0"),
        ("c_base", 0.0, "c_base must be positive"),
        ("noise_fraction", 1.5, r"noise_fraction must lie in \[0, 1\]"),
        ("noise_concentration", 0.0, "noise_concentration must be positive"),
        ("normalize_q", 1, "normalize_q must be True or False"),
    ],
)
def test_bad_values_are_named(name: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mx.search.Puct(**{name: value})
