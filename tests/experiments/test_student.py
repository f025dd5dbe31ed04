"""The intervals of means against their equations."""

import numpy as np
import scipy.stats

from experiments import student


def test_the_interval_of_a_mean_solves_the_equation_of_the_test() -> None:
    # Oracle: its bounds are the means that Student's test just does not reject.
    scores = np.random.default_rng(0).normal(size=12)
    for bound in student.mean_interval(scores):
        assert abs(scipy.stats.ttest_1samp(scores, bound).pvalue - 0.05) < 1e-9


def test_the_interval_of_a_difference_solves_the_equation_of_the_test() -> None:
    # Oracle: its bounds are the shifts that Welch's test just does not reject.
    rng = np.random.default_rng(0)
    first, second = rng.normal(1, 1, size=12), rng.normal(0, 3, size=7)
    difference, *bounds = student.mean_difference(first, second)
    np.testing.assert_allclose(difference, first.mean() - second.mean(), rtol=1e-12)
    for bound in bounds:
        test = scipy.stats.ttest_ind(first - bound, second, equal_var=False)
        assert abs(test.pvalue - 0.05) < 1e-9
