"""The rates of policy gradients, held against the recursions."""

import numpy as np
import pytest

from maxent_tf.tabular import bounds


def test_policy_gradient_approaches_its_limit() -> None:
    # Oracle: two actions in one number, u = theta_1 - theta_2, u += 2 eta Delta p (1 - p).
    step_size, gap, u = 0.4, 1.0, 0.0
    steps = 200_000
    for _ in range(steps):
        p = 1 / (1 + np.exp(-u))
        u += 2 * step_size * gap * p * (1 - p)
    limit = bounds.gradient_ascent_limit(2, step_size)
    np.testing.assert_allclose(steps * gap / (1 + np.exp(u)), limit, rtol=1e-3)


def test_steps_beyond_the_largest_have_no_bound() -> None:
    # Oracle: at twice the largest step, 1 - eta tau is negative or the constant too small.
    message = r"step_size must be at most \(1 - discount\) / alpha, not 2 times"
    with pytest.raises(ValueError, match=message):
        bounds.natural_gradient_constant(1.0, 1.0, 0.5, 2.0, 0.5)
    with pytest.raises(ValueError, match=message):
        bounds.natural_gradient_errors(1.0, 0.5, 4.0, 0.0, [1, 2])
    # The largest itself, in floats that do not divide, is soft policy iteration: one step of it.
    largest = (1 - 0.7) / 0.3
    assert bounds.natural_gradient_constant(0.2, 5.0, 0.3, largest, 0.7) == pytest.approx(0.2)
