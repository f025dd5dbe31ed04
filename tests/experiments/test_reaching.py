"""When learners reach something. Oracle: numbers worked out by hand."""

import numpy as np
import pytest

from experiments.reaching import for_good, steps_to_half


def test_half_of_the_best_is_reached_by_the_mean_of_five_records() -> None:
    # Oracle: by hand. With 0 and 1 in turn from record 4 on, the mean of five records first
    # reaches one half, of a best of 1, where it is 3/5.
    returns = np.array([0, 0, 0, 1, 0, 1, 0, 1, 0, 1.0])[:, None]
    steps = 10 * np.arange(1, 11)
    np.testing.assert_array_equal(steps_to_half(returns, steps, 1.0), [80])
    np.testing.assert_array_equal(steps_to_half(returns, steps, 2.0), [np.inf])
    unknown = np.where(returns == 0, np.nan, returns)
    np.testing.assert_array_equal(steps_to_half(unknown, steps, 2.0), [40])


@pytest.mark.parametrize(
    ("reached", "when"),
    [
        ([True, True, True], 10.0),
        ([True, False, True], 30.0),
        ([False, True, True], 20.0),
        ([True, True, False], None),
    ],
)
def test_for_good_means_at_every_later_record(reached: list[bool], when: float | None) -> None:
    # Oracle: by hand, from the last record at which it was missed.
    assert for_good(np.array(reached), np.array([10, 20, 30])) == when
