"""Epsilon-greedy exploration against its probabilities by hand."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import exploration
from maxent_tf.exploration import EpsilonGreedy, epsilon_greedy
from maxent_tf.temperature import linear


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_probabilities_are_those_of_the_definition(epsilon: float) -> None:
    # Oracle: the definition, action by action; two of the actions are equally good.
    q = np.array([[1.0, 3.0, 3.0, -2.0], [5.0, 0.0, 0.0, 0.0]])
    probs = epsilon_greedy(q, epsilon).probs_parameter()
    best = q == q.max(-1, keepdims=True)
    expected = epsilon / 4 + (1 - epsilon) * best / best.sum(-1, keepdims=True)
    np.testing.assert_allclose(probs, expected, rtol=1e-12)


def test_illegal_actions_have_no_probability_whatever_their_value() -> None:
    # Oracle: the definition among the legal actions.
    q, legal = tf.constant([[9.0, 1.0, np.nan, 2.0]]), [[False, True, False, True]]
    found = epsilon_greedy(q, 0.5, legal)
    np.testing.assert_allclose(found.probs_parameter(), [[0.0, 0.25, 0.0, 0.75]], rtol=1e-6)
    # -inf says the same; and the entropy is that of two actions.
    same = epsilon_greedy([[-np.inf, 1.0, -np.inf, 2.0]], 0.5)
    np.testing.assert_array_equal(same.probs_parameter(), found.probs_parameter())
    np.testing.assert_allclose(
        found.entropy(), [-0.25 * np.log(0.25) - 0.75 * np.log(0.75)], rtol=1e-6
    )


def test_each_learner_has_its_own_schedule() -> None:
    # Oracle: the schedule's values at the step, one for each learner.
    behaviour = EpsilonGreedy(linear([1.0, 0.5], [0.0, 0.1], steps=10))
    q = tf.constant(np.random.default_rng(0).normal(size=(2, 5, 3)), tf.float32)
    probs = behaviour.distribution(q, tf.constant(5)).probs_parameter().numpy()
    for i, epsilon in enumerate((0.5, 0.3)):
        np.testing.assert_allclose(
            probs[i], epsilon_greedy(q[i], epsilon).probs_parameter(), rtol=1e-6
        )


def test_there_is_no_gradient() -> None:
    # Oracle: the probabilities are piecewise constant in the values.
    q = tf.constant([0.0, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(q)
        log_prob = epsilon_greedy(q, 0.1).log_prob(1)
    assert tape.gradient(log_prob, q) is None


@pytest.mark.parametrize("epsilon", [-0.1, 1.1, np.nan])
def test_a_bad_probability_is_named(epsilon: float) -> None:
    with pytest.raises(ValueError, match="epsilon"):
        epsilon_greedy([0.0, 1.0], epsilon)
    with pytest.raises(ValueError, match="epsilon"):
        EpsilonGreedy(epsilon)
    assert isinstance(EpsilonGreedy(0.5), exploration.Behaviour)
