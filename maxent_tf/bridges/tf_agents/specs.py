"""Conversion of Gymnasium's spaces to TF-Agents' specs, and of these to spaces and to our specs."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import tensorflow as tf
from tf_agents.specs import BoundedArraySpec, tensor_spec
from tf_agents.trajectories import TimeStep

from maxent_tf.specs import Box, EnvironmentSpec, Image, abbreviated
from maxent_tf.training import spaces


def array_spec(space: gymnasium.Space, name: str) -> Any:
    """Returns the TF-Agents spec of a Gymnasium space.

    Values are counted from 0, whatever the `start` of the space, and floats are float32, because
    that is what TF-Agents' networks take.

    Args:
      space: A Box, Discrete, MultiDiscrete or MultiBinary, or a Dict or Tuple of such.
      name: The name of the spec.

    Returns:
      A `BoundedArraySpec`, or a dict or tuple of such.

    Raises:
      ValueError: If the space is none of these.
    """
    kinds = gymnasium.spaces
    if isinstance(space, kinds.Dict):
        return {key: array_spec(part, f"{name}/{key}") for key, part in space.items()}
    if isinstance(space, kinds.Tuple):
        return tuple(array_spec(part, f"{name}/{i}") for i, part in enumerate(space))
    low: Any = 0
    high: Any
    if isinstance(space, kinds.Box):
        low, high = space.low, space.high
    elif isinstance(space, kinds.Discrete):
        high = space.n - 1
    elif isinstance(space, kinds.MultiDiscrete):
        high = space.nvec - 1
    elif isinstance(space, kinds.MultiBinary):
        high = 1
    else:
        raise ValueError(
            f"the {name} space {abbreviated(space)} is not supported: Box, Discrete, "
            "MultiDiscrete, MultiBinary, Dict and Tuple are. Wrap the environment to give one of "
            "them."
        )
    dtype = np.float32 if np.issubdtype(space.dtype, np.floating) else space.dtype
    return BoundedArraySpec(
        space.shape, dtype, np.asarray(low, dtype), np.asarray(high, dtype), name
    )


def environment_spec(time_step_spec: TimeStep, action_spec: Any) -> EnvironmentSpec:
    """Returns the specification of a TF-Agents environment, as learners need it.

    Args:
      time_step_spec: The time step spec of the environment, in arrays or tensors.
      action_spec: The action spec of the environment, in arrays or tensors.

    Raises:
      ValueError: If learners do not support the observations or the actions.
    """
    return EnvironmentSpec(
        spaces.observation_spec(observation_space(time_step_spec.observation)),
        spaces.action_spec(action_space(action_spec)),
    )


def as_learners_have_it(value: tf.Tensor, spec: Any, theirs: Any) -> tf.Tensor:
    """Returns an observation or action of a TF-Agents environment in a learner's numbers and dtype.

    Args:
      value: [..., *shape], the observation or action.
      spec: The learner's spec, not a dict; its integers are counted from 0.
      theirs: The environment's spec, in tensors.
    """
    counted = (
        value if isinstance(spec, Box | Image) else value - tf.cast(theirs.minimum, value.dtype)
    )
    return tf.cast(counted, spec.dtype)


def observation_space(spec: Any) -> gymnasium.Space:
    """Returns the Gymnasium space of a TF-Agents observation spec: Discrete or Box.

    Raises:
      ValueError: If the spec is a structure of several specs.
    """
    spec = _single("observation", spec)
    return _discrete(spec) or _box(spec)


def action_space(spec: Any) -> gymnasium.Space:
    """Returns the Gymnasium space of a TF-Agents action spec: Discrete, MultiDiscrete or Box.

    Raises:
      ValueError: If the spec is a structure of several specs, or is a spec of integers without
        bounds or with two axes or more.
    """
    spec = _single("action", spec)
    discrete = _discrete(spec)
    if discrete or np.issubdtype(spec.dtype, np.floating):
        return discrete or _box(spec)
    if not isinstance(spec, BoundedArraySpec) or len(spec.shape) != 1:
        raise ValueError(
            "integer actions must be a BoundedArraySpec, of one axis at most, not "
            f"{abbreviated(spec)}: give it its bounds, or flatten it, for example with "
            f"{_FLATTENING['action']}."
        )
    # Counted in 64 bits: there are 256 bytes, which is no byte.
    low, high = (
        np.broadcast_to(np.asarray(bound, np.int64), spec.shape)
        for bound in (spec.minimum, spec.maximum)
    )
    return gymnasium.spaces.MultiDiscrete(high - low + 1, start=low)


_FLATTENING = {
    "observation": "tf_agents.environments.wrappers.FlattenObservationsWrapper",
    "action": "tf_agents.environments.wrappers.FlattenActionWrapper",
}


def _single(role: str, spec: Any) -> Any:
    """Returns a spec in arrays; raises ValueError if it is a structure of several specs."""
    if not hasattr(spec, "shape"):
        raise ValueError(
            f"the {role} spec must be a single array, not {abbreviated(spec)}: flatten it, for "
            f"example with {_FLATTENING[role]}."
        )
    return tensor_spec.to_nest_array_spec(tensor_spec.from_spec(spec))


def _discrete(spec: Any) -> gymnasium.spaces.Discrete | None:
    bounded = isinstance(spec, BoundedArraySpec) and np.issubdtype(spec.dtype, np.integer)
    if spec.shape or not bounded:
        return None
    low, high = int(spec.minimum), int(spec.maximum)
    return gymnasium.spaces.Discrete(high - low + 1, start=low)


def _box(spec: Any) -> gymnasium.spaces.Box:
    low: Any = -np.inf
    high: Any = np.inf
    if isinstance(spec, BoundedArraySpec):
        low, high = spec.minimum, spec.maximum
    if np.issubdtype(spec.dtype, np.floating):
        # TF-Agents has its dtype's largest numbers in the place of infinities.
        ends = np.finfo(spec.dtype)
        low = np.where(low <= ends.min, -np.inf, low)
        high = np.where(high >= ends.max, np.inf, high)
    low, high = (np.broadcast_to(np.float32(bound), spec.shape) for bound in (low, high))
    return gymnasium.spaces.Box(low, high, spec.shape, np.float32)
