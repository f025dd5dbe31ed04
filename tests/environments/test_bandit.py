"""Bandit pays its means once, with noise if asked."""

from typing import Any

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf.environments import Bandit

MEANS = [1.0, 0.9, 0.1]


def test_pays_the_mean_of_the_arm_and_ends() -> None:
    # Oracle: the means.
    env = Bandit(MEANS)
    state, _ = env.reset([3], seed=0)
    _, timestep = env.step(state, tf.range(3), seed=0)
    np.testing.assert_array_equal(timestep.reward, np.float32(MEANS))
    assert np.all(timestep.terminated)


def test_noise_is_gaussian_about_the_mean() -> None:
    # Oracle: the Kolmogorov-Smirnov test for each arm.
    env = Bandit(MEANS, noise_stddev=2.0)
    state, _ = env.reset([3, 10_000], seed=0)
    arm = tf.tile(tf.range(3)[:, None], [1, 10_000])
    _, timestep = env.step(state, arm, seed=1)
    for reward, mean in zip(timestep.reward.numpy(), MEANS, strict=True):
        assert scipy.stats.kstest(reward, scipy.stats.norm(mean, 2.0).cdf).pvalue > 1e-3


@pytest.mark.parametrize("means", [[], [[1.0]], 1.0], ids=str)
def test_means_must_be_one_row(means: Any) -> None:
    with pytest.raises(ValueError, match="means must have shape"):
        Bandit(means)


@pytest.mark.parametrize("stddev", [-1.0, np.inf])
def test_noise_must_be_possible(stddev: float) -> None:
    with pytest.raises(ValueError, match="reward_noise must be finite"):
        Bandit(MEANS, noise_stddev=stddev)
