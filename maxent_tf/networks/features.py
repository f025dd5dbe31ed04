"""From observations to the flat feature vectors that networks take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from maxent_tf.axes import sizes
from maxent_tf.specs import Discrete, Image, MultiDiscrete, ObservationSpec


def num_features(spec: ObservationSpec) -> int:
    """Returns the number of features of one observation: its size, or one for each discrete value.

    Args:
      spec: of the observation.

    >>> num_features({"position": Discrete(7), "picture": Image((8, 8, 3))})
    199
    """
    if isinstance(spec, dict):
        return sum(num_features(part) for part in spec.values())
    if isinstance(spec, MultiDiscrete):
        return sum(spec.nvec)
    return spec.num_values if isinstance(spec, Discrete) else math.prod(spec.shape)


def flatten(spec: ObservationSpec, observation: Any) -> tf.Tensor:
    """Flattens observations; discrete ones become one-hot, images numbers in [0, 1].

    What has several parts becomes one behind the other, those of a dict in the order of its sorted
    keys.

    Args:
      spec: of one observation, of shape O.
      observation: [*P, B, *O], of the spec's dtype; of a dict each part so.

    Returns:
      [*P, B, num_features], float32.

    Raises:
      ValueError: if the trailing axes of `observation` are not O, its dtype is not the spec's, or
        the keys of a dict are others.
    """
    if isinstance(spec, dict):
        check_keys("an observation", spec, observation)
        return tf.concat([flatten(spec[key], observation[key]) for key in sorted(spec)], axis=-1)
    observation = tf.convert_to_tensor(observation)
    rank = len(spec.shape)
    split = len(observation.shape) - rank
    if split < 1 or tuple(observation.shape[split:]) != tuple(spec.shape):
        raise ValueError(
            f"an observation of shape {observation.shape} does not end in {tuple(spec.shape)}, the "
            "shape in the spec that the learner was built with: pass [*batch_shape, B, *shape]."
        )
    if observation.dtype != spec.dtype:
        raise ValueError(
            f"observations must be {spec.dtype.name}, as in the spec, not "
            f"{observation.dtype.name}: cast them."
        )
    if isinstance(spec, Discrete):
        return tf.one_hot(observation, spec.num_values)
    if isinstance(spec, MultiDiscrete):
        values = zip(tf.unstack(observation, axis=-1), spec.nvec, strict=True)
        return tf.concat([tf.one_hot(value, count) for value, count in values], axis=-1)
    if isinstance(spec, Image):
        observation = tf.cast(observation, tf.float32) / 255
    if rank == 1:
        return observation
    return tf.reshape(observation, [*sizes(observation)[:split], num_features(spec)])


def unflatten(spec: ObservationSpec, flat: tf.Tensor) -> Any:
    """Gives the features of observations the structure they had before `flatten`.

    Args:
      spec: of one observation, of shape O.
      flat: [*P, B, num_features], float32.

    Returns:
      [*P, B, *O], float32; a dict of such where the spec is one. Discrete observations stay
      one-hot.
    """
    if isinstance(spec, dict):
        keys = sorted(spec)
        parts = tf.split(flat, [num_features(spec[key]) for key in keys], axis=-1)
        return {key: unflatten(spec[key], part) for key, part in zip(keys, parts, strict=True)}
    if isinstance(spec, Discrete | MultiDiscrete):
        return flat
    return tf.reshape(flat, [*sizes(flat)[:-1], *spec.shape])


def check_keys(name: str, spec: dict[str, Any], value: Any) -> None:
    """Raises ValueError unless `value` is a dict with the keys of `spec`."""
    if not isinstance(value, Mapping) or set(value) != set(spec):
        raise ValueError(
            f"{name} must be a dict with the keys {sorted(spec)}, as in the spec, not "
            f"{sorted(value) if isinstance(value, Mapping) else value!r}."
        )
