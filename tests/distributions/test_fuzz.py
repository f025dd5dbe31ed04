"""The fuzz run, in small; and that it sees what it looks for."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.benchmarks import fuzz_distributions
from experiments.benchmarks.fuzz_distributions import QUANTITIES, Count, Quantity, fuzz


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_faults(name: str, dtype: type) -> None:
    # Oracle: finiteness and range, over 40,000 inputs.
    count = fuzz(QUANTITIES[name], 1, dtype, jit=False, num_boxes=1)
    assert count == Count(40_000, 0, 0, 0)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        # The forms that other packages ship: infinite from 8 on, and NaN at a stored bound.
        (lambda x, *a: tf.math.log1p(-tf.square(tf.tanh(x.gaussian))), "bad_values"),
        (lambda x, *a: tf.atanh(tf.tanh(x.gaussian)), "bad_values"),
        (lambda x, *a: tf.sqrt(tf.abs(x.p)), "bad_gradients"),
        (lambda x, *a: tf.nn.relu(x.loc) - 1, "out_of_range"),
    ],
)
def test_faults_are_seen(value: object, fault: str) -> None:
    # Oracle: functions that are known to fail.
    quantity = Quantity(value, low=lambda *a: 0.0 if fault == "out_of_range" else -np.inf)
    assert getattr(fuzz(quantity, 1, np.float32, jit=False, num_boxes=1), fault) > 1000


def test_the_exit_status_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    # Oracle: 1 with a fault, 0 without.
    monkeypatch.setattr(fuzz_distributions, "COUNT", 1)
    for value, status in [(tf.identity, 0), (tf.math.log, 1)]:
        broken = {"x": Quantity(lambda x, *a, f=value: f(x.loc))}
        monkeypatch.setattr(fuzz_distributions, "QUANTITIES", broken)
        assert fuzz_distributions.main() == status
