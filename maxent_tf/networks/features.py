"""Conversion of observations to the flat feature vectors that networks take, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.axes import sizes
from maxent_tf.specs import ACTION_MASK, Box, Discrete, Image, MultiDiscrete, ObservationSpec


def num_features(spec: ObservationSpec) -> int:
    """Returns the number of features of one observation: its size, or one for each discrete value.

    Args:
      spec: The spec of the observation. A mask of actions in it is not a feature.

    >>> num_features({"position": Discrete(7), "picture": Image((8, 8, 3))})
    199
    """
    return _num_features(_without_mask(spec))


def _without_mask(x: Any) -> Any:
    """Returns a spec, or an observation, without the mask of actions if it has one as a part."""
    return {k: part for k, part in x.items() if k != ACTION_MASK} if isinstance(x, Mapping) else x


def _num_features(spec: ObservationSpec) -> int:
    if isinstance(spec, dict):
        return sum(_num_features(part) for part in spec.values())
    if isinstance(spec, MultiDiscrete):
        return sum(spec.nvec)
    return spec.num_values if isinstance(spec, Discrete) else math.prod(spec.shape)


def flatten(spec: ObservationSpec, observation: Any) -> tf.Tensor:
    """Flattens observations; discrete ones become one-hot, images become numbers in [0, 1].

    The parts of an observation follow each other in the vector; those of a dict are in the order of
    its sorted keys. The mask of actions is left out; see `action_mask`.

    Args:
      spec: The spec of one observation, of shape O.
      observation: [*P, B, *O], of the spec's dtype; for a dict, each part has this form.

    Returns:
      The features, [*P, B, num_features], float32.

    Raises:
      ValueError: If the trailing axes of `observation` are not O, its dtype is not the spec's, the
        keys of a dict are others, or a discrete value is outside of its range. In a graph, values
        are not known and not checked; a discrete value out of range becomes a vector of zeros.
    """
    if isinstance(spec, dict):
        check_keys("an observation", spec, observation)
    return _flatten(_without_mask(spec), _without_mask(observation))


def action_mask(spec: ObservationSpec, observation: Any) -> tf.Tensor | None:
    """Returns which actions are legal, or None if the observations hold no mask.

    Args:
      spec: The spec of one observation.
      observation: The observations, as `flatten` takes them.

    Returns:
      The mask, [*P, B, A], bool, where A is the number of values of a discrete action, or of all
      elements of an action.

    Raises:
      ValueError: If the mask does not fit its spec, as in `flatten`.
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
    """Returns an observation without parts as a tensor, or raises ValueError if it does not fit."""
    observation = tf.convert_to_tensor(observation)
    split = len(observation.shape) - len(spec.shape)
    if split == 0 and tuple(observation.shape) == tuple(spec.shape):
        raise ValueError(
            f"an observation of shape {observation.shape} has no batch axis: add one for the "
            "environments, observation[None], or act by the object that maxent_tf.policies.load "
            "returns, which also takes single observations."
        )
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
    """Gives the features of observations the structure that they had before `flatten`.

    Args:
      spec: The spec of one observation, of shape O.
      flat: [*P, B, num_features], float32, the features.

    Returns:
      The observations, [*P, B, *O], float32; if the spec is a dict, a dict of such, without the
      mask of actions. Discrete observations stay one-hot.
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


def num_states(spec: ObservationSpec) -> int:
    """Returns the number of different observations, if they are few enough to be counted.

    Args:
      spec: The spec of the observation: `Discrete`, `MultiDiscrete`, or a vector in [0, 1], which
        is taken as one-hot, such as those of `environments.FiniteWorld`. A mask of actions beside
        it does not count.

    Raises:
      ValueError: If the observations are of another kind.

    >>> num_states(MultiDiscrete((3, 4)))
    12
    """
    only = _only_part(spec)
    if isinstance(only, Discrete):
        return only.num_values
    if isinstance(only, MultiDiscrete):
        return math.prod(only.nvec)
    if isinstance(only, Box) and len(only.shape) == 1:
        low, high = only.bounds()
        if np.all(low == 0) and np.all(high == 1):
            return int(only.shape[0])
    raise ValueError(
        f"the observations must be Discrete, MultiDiscrete or one-hot to be counted, not {spec}."
    )


def state_index(spec: ObservationSpec, observation: Any) -> tf.Tensor:
    """Returns the numbers of observations, [...], int32, in 0 .. `num_states` - 1.

    Args:
      spec: The spec of one observation, of shape O, as in `num_states`.
      observation: [..., *O], the observations. Of a vector, the largest entry is the number.

    Raises:
      ValueError: If the observations do not fit their spec, as in `flatten`.
    """
    only = _only_part(spec)
    observation = _checked(only, _only_part(observation))
    if isinstance(only, Discrete):
        return observation
    if isinstance(only, MultiDiscrete):
        place = np.append(np.cumprod(only.nvec[:0:-1])[::-1], 1).astype(np.int32)
        return tf.reduce_sum(observation * place, axis=-1)
    return tf.argmax(observation, axis=-1, output_type=tf.int32)


def _only_part(x: Any) -> Any:
    """Returns the one part that a spec, or an observation, has beside a mask of actions."""
    without = _without_mask(x)
    if isinstance(without, Mapping) and len(without) == 1:
        return next(iter(without.values()))
    return without


def check_keys(name: str, spec: dict[str, Any], value: Any) -> None:
    """Raises ValueError unless `value` is a dict with the keys of `spec`."""
    if not isinstance(value, Mapping) or set(value) != set(spec):
        raise ValueError(
            f"{name} must be a dict with the keys {sorted(spec)}, as in the spec, not "
            f"{sorted(value) if isinstance(value, Mapping) else value!r}."
        )
