"""Wilson's interval against its equation and SciPy."""

import numpy as np
import pytest
import scipy.stats

from maxent_tf import statistics


def test_its_bounds_solve_the_equation_of_the_test() -> None:
    # Oracle: its bounds are where the normal test of that proportion is just not rejected.
    for successes, trials in [(0, 20), (3, 20), (20, 20), (57, 100)]:
        for bound in statistics.wilson_interval(successes, trials):
            z = (successes / trials - bound) / np.sqrt(max(bound * (1 - bound), 1e-30) / trials)
            if 1e-9 < bound < 1 - 1e-9:
                np.testing.assert_allclose(abs(z), 1.959964, rtol=1e-5)


def test_it_is_that_of_scipy_to_the_bit() -> None:
    # Oracle: SciPy, which stored summaries were made with.
    for trials in (1, 7, 40, 100):
        for successes in range(trials + 1):
            test = scipy.stats.binomtest(successes, trials)
            expected = test.proportion_ci(method="wilson")
            interval = statistics.wilson_interval(successes, trials)
            assert interval == (expected.low, expected.high)


def test_more_successes_than_trials_are_refused() -> None:
    # Oracle: the error that the docstring promises.
    with pytest.raises(ValueError, match="at most trials, 3, not 4"):
        statistics.wilson_interval(4, 3)
