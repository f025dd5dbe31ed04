"""Boltzmann exploration against SciPy's softmax."""

import numpy as np
import pytest
import scipy.special

from maxent_tf.exploration import Boltzmann, boltzmann
from maxent_tf.temperature import exponential


def test_probabilities_are_the_softmax_among_legal_actions() -> None:
    # Oracle: SciPy's softmax over the legal ones.
    rng = np.random.default_rng(0)
    q, legal = rng.normal(size=(6, 4)), rng.random((6, 4)) < 0.7
    legal[:, 0] = True
    probs = boltzmann(q, 0.3, legal).probs_parameter().numpy()
    for i in range(6):
        np.testing.assert_allclose(
            probs[i, legal[i]], scipy.special.softmax(q[i, legal[i]] / 0.3), rtol=1e-12
        )
        assert not np.any(probs[i, ~legal[i]])


def test_each_learner_has_its_own_temperature() -> None:
    # Oracle: the schedule's values by hand.
    q = np.random.default_rng(1).normal(size=(2, 5, 3)).astype(np.float32)
    behaviour = Boltzmann(exponential([2.0, 1.0], [0.5, 0.25], steps=2))
    probs = behaviour.distribution(q, 1).probs_parameter().numpy()
    for i, alpha in enumerate((1.0, 0.5)):
        np.testing.assert_allclose(probs[i], scipy.special.softmax(q[i] / alpha, -1), rtol=1e-5)


@pytest.mark.parametrize("alpha", [-1.0, np.inf, np.nan])
def test_a_bad_temperature_is_named(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        Boltzmann(alpha)
