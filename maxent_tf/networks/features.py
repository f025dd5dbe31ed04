"""From observations to the flat feature vectors that networks take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.axes import sizes
from maxent_tf.specs import ACTION_MASK, Discrete, Image, MultiDiscrete, ObservationSpec


def num_features(spec: ObservationSpec) -> int:
    """Returns the number of features of one observation: its size, or one for each discrete value.

    Args:
      spec: of the observation; the mask of actions in it is no feature.

    >>> num_features({"position": Discrete(7), "picture": Image((8, 8, 3))})
    199
    """
    return _num_features(_without_mask(spec))


def _without_mask(x: Any) -> Any:
    """A spec, or an observation, without the mask of actions that it may have as a part."""
    return {k: part for k, part in x.items() if k != ACTION_MASK} if isinstance(x, Mapping) else x


def _num_features(spec: ObservationSpec) -> int:
    if isinstance(spec, dict):
        return sum(_num_features(part) for part in spec.values())
    if isinstance(spec, MultiDiscrete):
        return sum(spec.nvec)
    return spec.num_values if isinstance(spec, Discrete) else math.prod(spec.shape)


def flatten(spec: ObservationSpec, observation: Any) -> tf.Tensor:
    """Flattens observations; discrete ones become one-hot, images numbers in [0, 1].

    What has several parts becomes one behind the other, those of a dict in the order of its sorted
    keys. The mask of actions is left out; see `action_mask`.

    Args:
      spec: of one observation, of shape O.
      observation: [*P, B, *O], of the spec's dtype; of a dict each part so.

    Returns:
      [*P, B, num_features], float32.

    Raises:
      ValueError: if the trailing axes of `observation` are not O, its dtype is not the spec's, the
        keys of a dict are others, or a discrete value is outside of its range. Values inside a
        graph are not known, and not looked at; there such a value is a vector of zeros.
    """
    if isinstance(spec, dict):
        check_keys("an observation", spec, observation)
    return _flatten(_without_mask(spec), _without_mask(observation))


def action_mask(spec: ObservationSpec, observation: Any) -> tf.Tensor | None:
    """Returns which actions are legal, or None where observations do not say so.

    Args:
      spec: of one observation.
      observation: as `flatten` takes it.

    Returns:
      [*P, B, A], bool, A the number of values of a discrete action, or of all parts of one.

    Raises:
      ValueError: as `flatten` does, for the mask.
    """
    if not isinstance(spec, dict) or ACTION_MASK not in spec:
        return None
    check_keys("an observation", spec, observation)
    return tf.cast(_checked(spec[ACTION_MASK], observation[ACTION_MASK]), tf.bool)


def _flatten(spec: ObservationSpec, observation: Any) -> tf.Tensor:
    if isinstance(spec, dict):
        check_keys("an observation", spec, observation)
        return tf.concat([_flatten(spec[key], observation[key]) for key in sorted(spec)], axis=-1)
    observation = _checked(spec, observation)
    if isinstance(spec, Discrete):
        return tf.one_hot(observation, spec.num_values)
    if isinstance(spec, MultiDiscrete):
        values = zip(tf.unstack(observation, axis=-1), spec.nvec, strict=True)
        return tf.concat([tf.one_hot(value, count) for value, count in values], axis=-1)
    if isinstance(spec, Image):
        observation = tf.cast(observation, tf.float32) / 255
    rank = len(spec.shape)
    if rank == 1:
        return observation
    in_front = sizes(observation)[: len(observation.shape) - rank]
    return tf.reshape(observation, [*in_front, _num_features(spec)])


def _checked(spec: Any, observation: Any) -> tf.Tensor:
    """An observation that is no dict as a tensor, or ValueError if it is not one of the spec."""
    observation = tf.convert_to_tensor(observation)
    split = len(observation.shape) - len(spec.shape)
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
    if isinstance(spec, Discrete | MultiDiscrete) and tf.executing_eagerly():
        _check_range(spec, observation)
    return observation


def _check_range(spec: Discrete | MultiDiscrete, observation: tf.Tensor) -> None:
    """Raises ValueError unless discrete values are counted from 0 and below their number."""
    values = np.asarray(observation)
    sizes = np.broadcast_to(
        spec.num_values if isinstance(spec, Discrete) else spec.nvec, values.shape
    )
    outside = (values < 0) | (values >= sizes)
    if outside.any():
        raise ValueError(
            f"an observation of {spec} holds {values[outside][0]}, where the values are 0 to "
            f"{sizes[outside][0] - 1}: an environment's own numbers may start elsewhere, and "
            "maxent_tf.gymnasium_observation counts them from 0."
        )


def unflatten(spec: ObservationSpec, flat: tf.Tensor) -> Any:
    """Gives the features of observations the structure they had before `flatten`.

    Args:
      spec: of one observation, of shape O.
      flat: [*P, B, num_features], float32.

    Returns:
      [*P, B, *O], float32; a dict of such where the spec is one, without the mask of actions.
      Discrete observations stay one-hot.
    """
    return _unflatten(_without_mask(spec), flat)


def _unflatten(spec: ObservationSpec, flat: tf.Tensor) -> Any:
    if isinstance(spec, dict):
        keys = sorted(spec)
        parts = tf.split(flat, [_num_features(spec[key]) for key in keys], axis=-1)
        return {key: _unflatten(spec[key], part) for key, part in zip(keys, parts, strict=True)}
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
