"""Specs refuse what no world could have."""

import numpy as np
import pytest

from maxent_tf.specs import Box, Discrete, Image, MultiDiscrete


@pytest.mark.parametrize("num_values", [0, -1, 2.0])
def test_discrete_needs_a_positive_integer(num_values: object) -> None:
    with pytest.raises(ValueError, match="num_values must be a positive integer"):
        Discrete(num_values)  # type: ignore[arg-type]


@pytest.mark.parametrize("nvec", [(), (2, 0), (2.0,), [2, 3], 3], ids=str)
def test_multi_discrete_needs_positive_integers(nvec: object) -> None:
    with pytest.raises(ValueError, match="nvec must be a tuple of positive integers"):
        MultiDiscrete(nvec)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(), (2, 0), (2.0,), [2, 3], 3], ids=str)
def test_image_needs_positive_integers(shape: object) -> None:
    with pytest.raises(ValueError, match="shape must be a tuple of positive integers, not"):
        Image(shape)  # type: ignore[arg-type]


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (np.nan, 1.0)])
def test_box_needs_low_below_high(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="low must be below high"):
        Box.of((2,), low, high)


def test_box_needs_one_bound_an_element() -> None:
    with pytest.raises(ValueError, match=r"4 elements each for shape \(2, 2\)"):
        Box((2, 2), (0.0,), (1.0,))


def test_box_bounds_come_back_in_row_major_order() -> None:
    # Oracle: NumPy's own broadcasting.
    low, high = Box.of((2, 3), np.arange(6.0).reshape(2, 3), 9.0).bounds()
    np.testing.assert_array_equal(low, np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(high, np.full((2, 3), 9.0))


def test_box_is_bounded_only_if_every_bound_is_finite() -> None:
    assert Box.of((2,), -1.0, 1.0).bounded
    assert not Box.of((2,), -1.0, [1.0, np.inf]).bounded


def test_numpys_integers_give_the_spec_of_pythons() -> None:
    # Oracle: the spec of Python's integers, which prints and hashes alike.
    pairs = [
        (Discrete(np.int64(4)), Discrete(4)),
        (MultiDiscrete((np.uint8(3), np.int32(2))), MultiDiscrete((3, 2))),
        (Image((np.int16(6), np.int64(5), 1)), Image((6, 5, 1))),
        (Box.of((np.int64(2),), 0, 1), Box.of((2,), 0, 1)),
    ]
    for numpy, python in pairs:
        assert numpy == python
        assert hash(numpy) == hash(python)
        assert repr(numpy) == repr(python)


def test_truth_is_no_number_of_values() -> None:
    for make in (lambda: Discrete(True), lambda: MultiDiscrete((2, True)), lambda: Image((True,))):
        with pytest.raises(ValueError, match="positive integer"):
            make()
