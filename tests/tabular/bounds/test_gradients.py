"""The rates of policy gradients, held against the recursions."""

import numpy as np

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
