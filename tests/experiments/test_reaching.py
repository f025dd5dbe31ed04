"""When learners reach half of the best return. Oracle: numbers worked out by hand."""

import numpy as np

from experiments.reaching import steps_to_half


def test_half_of_the_best_is_reached_by_the_mean_of_five_records() -> None:
    # Oracle: by hand. With 0 and 1 in turn from record 4 on, the mean of five records first
    # reaches one half, of a best of 1, where it is 3/5.
    returns = np.array([0, 0, 0, 1, 0, 1, 0, 1, 0, 1.0])[:, None]
    steps = 10 * np.arange(1, 11)
    np.testing.assert_array_equal(steps_to_half(returns, steps, 1.0), [80])
    np.testing.assert_array_equal(steps_to_half(returns, steps, 2.0), [np.inf])
    unknown = np.where(returns == 0, np.nan, returns)
    np.testing.assert_array_equal(steps_to_half(unknown, steps, 2.0), [40])
