"""Target entropies against their definitions, and the refusals."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.specs import Box, Discrete, MultiDiscrete
from maxent_tf.temperature import linear, target_entropy, validate_target_entropy


def test_box_rules_are_stated_for_the_unit_box_and_shift_with_the_bounds() -> None:
    # Oracle: the entropy of X on [-1, 1]^d grows by log|det| = sum log((high - low) / 2) under the
    # scaling to [low, high]. The rule without the shift gives -3 for every box.
    unit = Box.of((3,), -1.0, 1.0)
    assert target_entropy(unit, "minus_dim") == -3.0
    assert target_entropy(unit, "minus_half_dim") == -1.5
    scaled = Box.of((3,), [-2.0, 0.0, -0.2], [2.0, 10.0, 0.2])
    shift = np.log(2) + np.log(5) + np.log(0.2)
    np.testing.assert_allclose(target_entropy(scaled, "minus_dim"), -3 + shift, rtol=1e-14)


def test_discrete_rule_is_a_fraction_of_the_maximum() -> None:
    # Oracle: the entropy of the uniform distribution over actions, or their combinations.
    for spec in (Discrete(6), MultiDiscrete((3, 2))):
        np.testing.assert_allclose(target_entropy(spec, 0.89), 0.89 * np.log(6), rtol=1e-15)


@pytest.mark.parametrize("dimension", [1, 6])
def test_box_targets_end_below_the_uniform_distribution(dimension: int) -> None:
    # Oracle: the largest entropy on [-1, 1]^d is d log 2.
    box = Box.of((dimension,), -1.0, 1.0)
    largest = dimension * np.log(2)
    validate_target_entropy(box, largest - 1e-3)
    validate_target_entropy(box, -100.0)
    with pytest.raises(ValueError, match=f"must be below {largest:.6g} nats"):
        validate_target_entropy(box, largest + 1e-9)
    wide = Box.of((dimension,), -2.0, 2.0)
    validate_target_entropy(wide, largest + 0.1)


@pytest.mark.parametrize("count", [2, 18])
def test_discrete_targets_near_the_maximum_are_refused_with_the_number(count: int) -> None:
    maximum = np.log(count)
    validate_target_entropy(Discrete(count), 0.95 * maximum)
    validate_target_entropy(Discrete(count), tf.constant(0.95 * maximum, tf.float32))
    with pytest.raises(ValueError, match=f"at most {0.95 * maximum:.6g} nats .*{maximum:.6g}"):
        target_entropy(Discrete(count), 0.98)
    with pytest.raises(ValueError, match=f"must be below {maximum:.6g} nats"):
        validate_target_entropy(Discrete(count), maximum)


@pytest.mark.parametrize("target", [0.0, -np.log(4), -1.0])
def test_discrete_targets_that_never_bind_are_refused(target: float) -> None:
    with pytest.raises(ValueError, match=f"must be positive .* not {target}.*never bind"):
        validate_target_entropy(Discrete(4), target)


def test_every_target_of_a_tensor_and_both_ends_of_a_schedule_are_checked() -> None:
    box = Box.of((1,), -1.0, 1.0)
    validate_target_entropy(box, tf.constant([[-1.0], [0.5]]))
    with pytest.raises(ValueError, match="must be below"):
        validate_target_entropy(box, tf.constant([[-1.0], [0.7]]))
    validate_target_entropy(Discrete(2), linear(0.6, 0.1, 100))
    with pytest.raises(ValueError, match="must be positive"):
        validate_target_entropy(Discrete(2), linear(0.6, 0.0, 100))
    with pytest.raises(ValueError, match="must be at most"):
        validate_target_entropy(Discrete(2), linear(0.69, 0.1, 100))


def test_spaces_and_rules_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="must be bounded"):
        target_entropy(Box.of((2,)), "minus_dim")
    with pytest.raises(ValueError, match=r"low must be below high .* in dimension 1 of"):
        target_entropy(Box.of((2,), 0.0, [1.0, 0.0]), "minus_dim")
    with pytest.raises(ValueError, match="two actions or more"):
        target_entropy(Discrete(1), 0.5)
    with pytest.raises(ValueError, match="would always be met"):
        target_entropy(Discrete(3), "minus_dim")
    with pytest.raises(ValueError, match=r"one of \['minus_dim', 'minus_half_dim'\]"):
        target_entropy(Box.of((2,), -1.0, 1.0), 0.5)
