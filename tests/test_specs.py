"""Specs refuse what no world could have."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from maxent_tf.specs import (
    Box,
    Discrete,
    EnvironmentSpec,
    Image,
    MultiDiscrete,
    action_mask_spec,
)


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


@pytest.mark.parametrize(("low", "high"), [(2.0, 1.0), (np.nan, 1.0), (0.0, np.nan)])
def test_box_needs_low_not_above_high(low: float, high: float) -> None:
    with pytest.raises(ValueError, match=r"low must not be above high.*element 1 of shape \(2,\)"):
        Box.of((2,), [0.0, low], [0.0, high])


def test_an_observation_may_be_constant_but_an_action_may_not() -> None:
    # Oracle: bounds of observations mean nothing to a learner; an action without width is no
    # choice, and neither is one whose width float32 does not see.
    constant = Box.of((3,), [0.0, -2.0, 5.0], [1.0, -2.0, 5.0])
    assert EnvironmentSpec(constant, Discrete(2)).observation == constant
    with pytest.raises(ValueError, match=r"in dimension 1 of .* both are -2.0: there is nothing"):
        EnvironmentSpec(Discrete(2), constant)
    with pytest.raises(ValueError, match=r"low must be below high in every dimension .* 0 of"):
        EnvironmentSpec(Discrete(2), Box.of((1,), 1.0, 1 + 1e-9))


@pytest.mark.parametrize("make", [np.array, list, lambda x: np.array(x, np.float32)])
def test_a_box_of_arrays_is_the_box_of_their_numbers(make: Callable[[Any], Any]) -> None:
    # Oracle: the box of plain tuples, equal and with one hash; indeed the two are interchangeable.
    plain = Box((2, 1), (-1.0, 0.5), (2.0, 3.0))
    box = Box([2, 1], make([-1.0, 0.5]), make([2.0, 3.0]))  # type: ignore[arg-type]
    assert box == plain
    assert hash(box) == hash(plain)
    assert box != Box((2, 1), make([-1.0, 0.5]), make([2.0, 4.0]))
    assert Box((2, 1), np.array([[-1.0], [0.5]]), plain.high) == plain  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"for shape \(2, 1\), not shapes \(1, 2\) and \(2,\)"):
        Box((2, 1), np.array([[-1.0, 0.5]]), plain.high)  # type: ignore[arg-type]


def test_specs_print_in_a_line() -> None:
    # Oracle: by hand; however large a box is, what tells it from others fits in a line.
    assert repr(Box.of((64, 64, 3), 0, 255)) == "Box(shape=(64, 64, 3), low=0.0, high=255.0)"
    assert repr(Box.of((2,), -1, [1, 2])) == "Box(shape=(2,), low=-1.0, high=(1.0, 2.0))"
    long = Box.of((1000,), -np.inf, np.arange(1000))
    assert repr(long) == "Box(shape=(1000,), low=-inf, high=(0.0, 1.0, 2.0, ..., 999.0))"
    assert repr(MultiDiscrete((3, 2))) == "MultiDiscrete(nvec=(3, 2))"
    assert repr(MultiDiscrete((2,) * 500)) == "MultiDiscrete(nvec=(2, 2, 2, ..., 2))"


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


def test_a_mask_of_actions_has_one_flag_for_each_value() -> None:
    # Oracle: by hand.
    for action, flags in ((Discrete(3), 3), (MultiDiscrete((3, 2)), 5)):
        mask = action_mask_spec(action)
        assert mask == MultiDiscrete((2,) * flags)
        assert EnvironmentSpec({"a": Discrete(4), "action_mask": mask}, action).masks_actions
        assert not EnvironmentSpec({"a": Discrete(4)}, action).masks_actions
        assert not EnvironmentSpec({"a": {"action_mask": mask}}, action).masks_actions


@pytest.mark.parametrize(
    ("mask", "shape"),
    [
        (MultiDiscrete((2, 2)), r"\(2,\)"),
        (MultiDiscrete((2, 3, 2)), r"\(3,\)"),
        (Box.of((3,), 0, 1), r"\(3,\)"),
        ({"a": Discrete(2)}, "None"),
    ],
    ids=str,
)
def test_another_mask_is_named_with_both_shapes(mask: Any, shape: str) -> None:
    message = rf"must be MultiDiscrete.* of shape \(3,\).* of shape {shape}: .*MultiBinary\(3\)"
    with pytest.raises(ValueError, match=message):
        EnvironmentSpec({"a": Discrete(4), "action_mask": mask}, Discrete(3))


def test_a_mask_needs_discrete_actions_and_an_observation_beside_it() -> None:
    mask = MultiDiscrete((2, 2))
    with pytest.raises(ValueError, match=r"but the action is Box.*another name"):
        EnvironmentSpec({"a": Discrete(4), "action_mask": mask}, Box.of((2,), -1, 1))
    with pytest.raises(ValueError, match=r"only part of the observation.* add another part"):
        EnvironmentSpec({"action_mask": mask}, Discrete(2))
    with pytest.raises(ValueError, match="only discrete actions have a mask"):
        action_mask_spec(Box.of((2,), -1, 1))
