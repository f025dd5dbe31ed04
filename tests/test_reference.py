"""The NumPy oracles against SciPy and against the definitions, written out."""

import numpy as np
import pytest
import scipy.stats

from maxent_tf import reference

RNG = np.random.default_rng(0)


def test_discrete_entropy_matches_scipy() -> None:
    logits = RNG.normal(scale=5.0, size=(50, 7))
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    expected = scipy.stats.entropy(probabilities, axis=-1)
    np.testing.assert_allclose(reference.discrete_entropy(logits), expected, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e4, 1e30, 1e300])
def test_discrete_entropy_stays_in_range_at_any_scale(scale: float) -> None:
    # Oracle: 0 <= H <= log A.
    entropy = reference.discrete_entropy(scale * RNG.normal(size=(100, 5)))
    assert np.all((entropy >= 0) & (entropy <= np.log(5) + 1e-12))


def test_discrete_entropy_counts_impossible_actions_as_zero() -> None:
    # Oracle: the entropy of the two possible actions alone.
    masked = reference.discrete_entropy([0.3, -np.inf, -0.2])
    np.testing.assert_allclose(masked, reference.discrete_entropy([0.3, -0.2]), rtol=1e-15)


@pytest.mark.parametrize("logits", [[np.nan, 0.0], [np.inf, 0.0], [-np.inf, -np.inf]])
def test_discrete_entropy_refuses_rows_without_a_distribution(logits: list[float]) -> None:
    with pytest.raises(ValueError, match="logits must have a finite"):
        reference.discrete_entropy(logits)


def test_gaussian_entropy_matches_scipy() -> None:
    log_std = RNG.normal(size=(20, 3))
    expected = scipy.stats.norm(scale=np.exp(log_std)).entropy().sum(-1)
    np.testing.assert_allclose(reference.gaussian_entropy(log_std), expected, rtol=1e-13)


def test_entropy_regularised_loss_matches_the_formula_term_by_term() -> None:
    log_probs, advantages, entropy = RNG.normal(size=(3, 9))
    loop = sum(-lp * a - 0.3 * h for lp, a, h in zip(log_probs, advantages, entropy, strict=True))
    loss = reference.entropy_regularised_loss(log_probs, advantages, entropy, alpha=0.3)
    np.testing.assert_allclose(loss, loop / 9, rtol=1e-14)


def test_entropy_regularised_loss_defaults_to_a_temperature_of_one_hundredth() -> None:
    # Oracle: with zero advantages and unit entropy the loss is -alpha.
    assert reference.entropy_regularised_loss([0.0], [0.0], [1.0]) == pytest.approx(-0.01)


def test_entropy_regularised_loss_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="one shape"):
        reference.entropy_regularised_loss([0.0], [0.0, 1.0], [1.0])
    with pytest.raises(ValueError, match=r"alpha must be at least 0, not -1\.0"):
        reference.entropy_regularised_loss([0.0], [0.0], [1.0], alpha=-1.0)
