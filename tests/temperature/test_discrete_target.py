"""What a discrete target implies, against the Boltzmann policy's own entropy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maxent_tf.reference import discrete_entropy
from maxent_tf.temperature import forced_probability, implied_alpha


@settings(deadline=None)
@given(gap=st.floats(1e-3, 1e3), fraction=st.floats(1e-6, 0.999), num_actions=st.integers(2, 50))
def test_the_boltzmann_policy_at_the_implied_alpha_meets_the_target(
    gap: float, fraction: float, num_actions: int
) -> None:
    # Oracle: the NumPy entropy of softmax(q / alpha).
    target = fraction * np.log(num_actions)
    alpha = implied_alpha(gap, target, num_actions)
    logits = np.append(gap, np.zeros(num_actions - 1)) / alpha
    np.testing.assert_allclose(discrete_entropy(logits), target, rtol=1e-9)
    probability = 1 / (1 + (num_actions - 1) * np.exp(-logits[0]))
    np.testing.assert_allclose(forced_probability(target, num_actions), probability, rtol=1e-12)


def test_near_the_maximum_the_policy_is_uniform_and_alpha_diverges() -> None:
    # Oracle: log 2 - H = (2p - 1)^2 / 2 to leading order, and alpha = gap / (2 (2p - 1)).
    deficit = np.array([1e-4, 1e-6, 1e-8])
    lean = np.sqrt(2 * deficit)
    target = np.log(2) - deficit
    np.testing.assert_allclose(2 * forced_probability(target) - 1, lean, rtol=1e-4)
    np.testing.assert_allclose(implied_alpha(3.0, target), 3 / (2 * lean), rtol=1e-4)


def test_the_forced_probability_does_not_know_the_gap_and_alpha_follows_it() -> None:
    # Oracle: by hand. H(3/4, 1/4), so the odds are 3.
    target = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    np.testing.assert_allclose(forced_probability(target), 0.75, rtol=1e-13)
    np.testing.assert_allclose(
        implied_alpha([0.0, 1.0, 10.0], target), np.array([0, 1, 10]) / np.log(3), rtol=1e-13
    )


@pytest.mark.parametrize("target", [0.0, -0.1, np.log(2), np.nan])
def test_targets_out_of_range_are_refused_with_the_range(target: float) -> None:
    with pytest.raises(ValueError, match=r"target_entropy must be in \(0, 0\.693147\)"):
        forced_probability(target)


def test_other_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="num_actions must be at least 2, not 1"):
        forced_probability(0.1, num_actions=1)
    with pytest.raises(ValueError, match=r"gap must be finite and at least 0, not -1\.0"):
        implied_alpha(-1.0, 0.5)
