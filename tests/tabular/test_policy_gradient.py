"""Exact gradient ascent against differentiation, a naive loop and published figures."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import Bandit
from maxent_tf.regularizers import Regularizer, Shannon, Tsallis
from maxent_tf.tabular import (
    TabularMDP,
    bounds,
    evaluate_policy,
    from_environment,
    policy_gradient,
)
from tests.tabular.processes import random_episodic_mdp, random_mdp


@pytest.mark.parametrize("regularizer", [Shannon(), Tsallis()], ids=["shannon", "tsallis"])
@pytest.mark.parametrize("episodic", [False, True])
def test_a_step_follows_the_gradient(regularizer: Regularizer, episodic: bool) -> None:
    # Oracle: automatic differentiation through the linear solve, on 20 processes.
    m = random_episodic_mdp((20,)) if episodic else random_mdp((20,))
    logits = tf.constant(np.random.default_rng(1).normal(size=(20, 6, 3)))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        policy = tf.nn.softmax(logits)
        value = evaluate_policy(m, policy, 0.3, regularizer=regularizer).objective
    gradient = tape.gradient(value, logits)
    ascent = policy_gradient(m, logits, 0.3, 0.5, 1, regularizer=regularizer)
    np.testing.assert_allclose(ascent.logits, logits + 0.5 * gradient, atol=1e-12)
    np.testing.assert_allclose(ascent.objective[0], value, atol=1e-12)
    assert np.all(ascent.objective[1] > ascent.objective[0])


def test_the_bandit_at_many_temperatures_gives_the_known_u_shape() -> None:
    # Oracle: figures computed independently in NumPy; optimum 1, 3,000 steps of 0.4.
    m = from_environment(Bandit([1.0, 0.9, 0.1]), discount=1.0)
    logits = np.stack([np.log([0.01, 0.98, 0.01]), np.zeros(3)])
    alphas = np.array([0, 0.01, 0.02, 0.1, 0.3, 1])
    ascent = policy_gradient(m, logits, alphas, 0.4, 3000)
    loss = 1 - evaluate_policy(m, ascent.policy).objective
    known = [0.0996, 0.0037, 0.0026, 0.0282, 0.0659, 0.1975]
    np.testing.assert_allclose(loss, known, atol=1e-4)


def test_the_objective_is_recorded_at_every_step() -> None:
    # Oracle: the same ascent, one step a call.
    m, logits = random_mdp(()), np.zeros((6, 3))
    whole = policy_gradient(m, logits, 0.1, 0.5, 3)
    for t in range(4):
        stepwise = policy_gradient(m, logits, 0.1, 0.5, t)
        np.testing.assert_allclose(stepwise.objective[-1], whole.objective[t], rtol=1e-14)


def test_near_the_optimum_the_rate_is_the_theorem_s() -> None:
    # Oracle: bounds.entropy_gradient_log_rate; errors of 1e-5 leave a deviation near 1e-6.
    alpha, step_size, gap = 0.5, 0.4, 1.0
    m = TabularMDP([[[1.0], [1.0]]], [[gap, 0.0]], 0.0, [1.0])
    best = gap / alpha + 2e-6
    ascent = policy_gradient(m, [[best, 0.0]], alpha, step_size, 1)
    error = float(ascent.logits[0, 0] - ascent.logits[0, 1]) - gap / alpha
    rate = bounds.entropy_gradient_log_rate(step_size, alpha, gap)
    np.testing.assert_allclose(np.log(error / 2e-6), rate, atol=1e-6)


def test_what_does_not_fit_is_named() -> None:
    m = random_mdp(())
    with pytest.raises(ValueError, match=r"step_size must be positive and finite, not 0\.0"):
        policy_gradient(m, np.zeros((6, 3)), 0.1, 0.0, 1)
    with pytest.raises(ValueError, match="iterations must be at least 0, not -1"):
        policy_gradient(m, np.zeros((6, 3)), 0.1, 0.1, -1)
    with pytest.raises(ValueError, match=r"logits must have shape \[\.\.\., 6, 3\], not \(3, 6\)"):
        policy_gradient(m, np.zeros((3, 6)), 0.1, 0.1, 1)
