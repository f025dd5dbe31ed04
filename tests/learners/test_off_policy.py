"""What the off-policy learners share, against loops over learners."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.learners import off_policy

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_of_an_ensemble_is_the_sum_of_its_critics(weighted: bool) -> None:
    # Oracle: the formula, critic by critic.
    q, target = RNG.normal(size=(2, 3, 5)), RNG.normal(size=(2, 5))
    weight = RNG.uniform(size=(2, 5)) if weighted else np.ones((2, 5))
    expected = sum(0.5 * np.mean(weight * (q[:, k] - target) ** 2, axis=-1) for k in range(3))
    loss, error = off_policy.ensemble_loss(
        tf.constant(q), tf.constant(target), tf.constant(weight) if weighted else None
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    each = [np.abs(q[:, k] - target) for k in range(3)]
    np.testing.assert_allclose(error, np.mean(each, axis=0), rtol=1e-12)


def test_the_values_of_actions_are_selected() -> None:
    # Oracle: NumPy's indexing; what is not selected may be infinite, with its gradient.
    q = RNG.normal(size=(2, 5, 3))
    action = RNG.integers(3, size=(2, 5))
    expected = np.take_along_axis(q, action[..., None], -1)[..., 0]
    selected = np.eye(3, dtype=bool)[action]
    x = tf.constant(np.where(selected, q, np.inf))
    with tf.GradientTape() as tape:
        tape.watch(x)
        taken = off_policy.of_action(x, tf.constant(action))
    np.testing.assert_array_equal(taken, expected)
    np.testing.assert_array_equal(tape.gradient(taken, x), selected)


def test_targets_follow_by_each_learners_fraction() -> None:
    # Oracle: (1 - tau) target + tau source; tau 0 and 1 keep one of the two to the bit.
    tau = np.array([0.0, 0.3, 1.0])
    target, source = RNG.integers(9, size=(2, 3, 2, 2)).astype(float)
    followed = off_policy.follow((tf.constant(target),), (source,), tf.constant(tau))
    weight = tau[:, None, None]
    np.testing.assert_allclose(followed[0], (1 - weight) * target + weight * source, rtol=1e-12)
    np.testing.assert_array_equal(followed[0][0], target[0])
    np.testing.assert_array_equal(followed[0][2], source[2])
