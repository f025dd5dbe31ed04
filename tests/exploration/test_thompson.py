"""Thompson sampling against the posterior of a Gaussian bandit."""

import numpy as np
import pytest
import scipy.stats

from maxent_tf.exploration import thompson

COUNT = 40_000


def test_values_are_drawn_from_the_posterior() -> None:
    # Oracle: the conjugate posterior of a Gaussian mean, by a Kolmogorov-Smirnov test an action.
    mean, count = np.array([0.5, -1.0, 7.0]), np.array([3, 20, 0])
    value, _ = thompson(np.tile(mean, (COUNT, 1)), count, noise_stddev=2.0, prior_count=4.0, seed=1)
    for i in range(3):
        n = count[i]
        posterior = scipy.stats.norm(n * mean[i] / (n + 4), 2 / np.sqrt(n + 4))
        assert scipy.stats.kstest(value[:, i], posterior.cdf).pvalue > 1e-3


def test_an_action_is_drawn_as_likely_as_it_is_the_best() -> None:
    # Oracle: of two Gaussian posteriors, the chance that the first is larger.
    mean, count = np.array([0.2, 0.0]), np.array([9, 4])
    _, action = thompson(np.tile(mean, (COUNT, 1)), count, seed=2)
    gap, spread = 9 * 0.2 / 10, np.sqrt(1 / 10 + 1 / 5)
    chance = scipy.stats.norm.cdf(gap / spread)
    error = np.sqrt(chance * (1 - chance) / COUNT)
    assert abs(np.mean(action.numpy() == 0) - chance) < 4 * error


@pytest.mark.parametrize("name", ["noise_stddev", "prior_count"])
def test_bad_scales_are_named(name: str) -> None:
    arguments: dict[str, float] = {name: 0.0}
    with pytest.raises(ValueError, match=f"{name} must be positive, not 0"):
        thompson([0.0], [1], **arguments, seed=0)
