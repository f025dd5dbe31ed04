"""Specs against what TF-Agents' own mapping says, or a table where it has none."""

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple

pytest.importorskip("tf_agents", reason="TF-Agents is not installed")

from tf_agents.specs import ArraySpec, BoundedArraySpec, tensor_spec
from tf_agents.trajectories.time_step import time_step_spec

from maxent_tf import specs
from maxent_tf.bridges.tf_agents.specs import (
    action_space,
    array_spec,
    environment_spec,
    observation_space,
)

FLOATS = Box(np.float64([-1, -np.inf]), np.float64([1, 2]))


@pytest.mark.parametrize(
    ("space", "shape", "dtype", "low", "high"),
    [
        (Discrete(3, start=5), (), np.int64, 0, 2),
        (MultiDiscrete([2, 3], start=[1, 4]), (2,), np.int64, 0, [1, 2]),
        (MultiBinary(4), (4,), np.int8, 0, 1),
        (Box(0, 255, (2, 2, 3), np.uint8), (2, 2, 3), np.uint8, 0, 255),
        (FLOATS, (2,), np.float32, [-1, np.finfo(np.float32).min], [1, 2]),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "sample") else "",
)
def test_spaces_become_specs(space: Any, shape: Any, dtype: Any, low: Any, high: Any) -> None:
    # Oracle: written by hand.
    spec = array_spec(space, "name")
    assert (spec.shape, spec.dtype, spec.name) == (shape, dtype, "name")
    np.testing.assert_array_equal(spec.minimum, np.broadcast_to(low, spec.minimum.shape))
    np.testing.assert_array_equal(spec.maximum, np.broadcast_to(high, spec.maximum.shape))


def test_structures_of_spaces_become_structures_of_specs() -> None:
    # Oracle: each part by itself.
    space = Dict({"a": Discrete(2), "b": Tuple([FLOATS, MultiBinary(3)])})
    spec = array_spec(space, "name")
    assert spec["a"] == array_spec(Discrete(2), "")
    assert spec["b"] == (array_spec(FLOATS, ""), array_spec(MultiBinary(3), ""))
    with pytest.raises(ValueError, match=r"the name space .* is not supported"):
        array_spec(Text(3), "name")


def test_specs_become_spaces_again() -> None:
    # Oracle: the spaces that they came from.
    assert action_space(array_spec(Discrete(3), "")) == Discrete(3)
    assert action_space(array_spec(MultiDiscrete([2, 3]), "")) == MultiDiscrete([2, 3])
    shifted = BoundedArraySpec((2,), np.int64, [1, 4], [2, 6])
    assert action_space(shifted) == MultiDiscrete([2, 3], start=[1, 4])
    box = Box(np.float32([-1, 0]), np.float32([1, 2]))
    assert action_space(tensor_spec.from_spec(array_spec(box, ""))) == box
    assert observation_space(array_spec(Discrete(3), "")) == Discrete(3)
    assert observation_space(ArraySpec((3,), np.int32)).shape == (3,)
    unbounded = Box(-np.inf, np.inf, (2,))
    assert action_space(array_spec(unbounded, "")) == unbounded
    # There are 256 bytes, which is no byte.
    assert action_space(BoundedArraySpec((2,), np.uint8, 0, 255)) == MultiDiscrete([256, 256])
    assert action_space(BoundedArraySpec((1,), np.int8, -128, 127)) == MultiDiscrete(
        [256], start=[-128]
    )


def test_other_specs_are_named_with_a_remedy_by_role() -> None:
    # Oracle: TF-Agents' wrappers, of which one is for observations and one for actions.
    single = array_spec(Discrete(2), "")
    with pytest.raises(ValueError, match=r"observation spec must be .*FlattenObservationsWrapper"):
        observation_space({"a": single})
    with pytest.raises(ValueError, match=r"action spec must be a single .*FlattenActionWrapper"):
        action_space({"a": single})
    for spec in (ArraySpec((2,), np.int32), BoundedArraySpec((2, 2), np.int32, 0, 3)):
        with pytest.raises(ValueError, match=r"integer actions must be a BoundedArraySpec, of one"):
            action_space(spec)


def test_a_learner_is_told_what_a_world_is_like() -> None:
    # Oracle: our specs, written by hand.
    observation = ArraySpec((4,), np.float32)
    action = BoundedArraySpec((), np.int32, 2, 4)
    assert environment_spec(time_step_spec(observation), action) == specs.EnvironmentSpec(
        specs.Box.of((4,)), specs.Discrete(3)
    )
