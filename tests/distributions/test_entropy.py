"""The generic entropy against the NumPy oracle; no stand-ins."""

import numpy as np
import pytest
import tensorflow_probability as tfp

from maxent_tf import reference
from maxent_tf.distributions import entropy

tfb, tfd = tfp.bijectors, tfp.distributions
LOGITS = np.random.default_rng(0).normal(size=(5, 4))


def test_categorical_matches_the_oracle() -> None:
    # Oracle: maxent_tf.reference.discrete_entropy.
    expected = reference.discrete_entropy(LOGITS)
    np.testing.assert_allclose(entropy(tfd.Categorical(logits=LOGITS)), expected, rtol=1e-13)


def test_an_unknown_entropy_raises_and_names_the_estimator() -> None:
    # TFP cannot know it; a stand-in (the base Gaussian's) would be silent.
    squashed = tfd.TransformedDistribution(tfd.Normal(0.0, 1.0), tfb.Tanh())
    with pytest.raises(NotImplementedError, match="entropy_estimate"):
        entropy(squashed)
