"""From observations to the flat feature vectors that networks take."""

from __future__ import annotations

import math

import tensorflow as tf

from maxent_tf.specs import Box, Discrete, MultiDiscrete, Spec


def num_features(spec: Spec) -> int:
    """Returns the number of features of one observation: its size, or one for each discrete value.

    Args:
      spec: of the observation.

    >>> num_features(Discrete(7))
    7
    """
    if isinstance(spec, MultiDiscrete):
        return sum(spec.nvec)
    return spec.num_values if isinstance(spec, Discrete) else math.prod(spec.shape)


def flatten(spec: Spec, observation: tf.Tensor) -> tf.Tensor:
    """Flattens observations; discrete ones become one-hot, several of them one behind the other.

    Args:
      spec: of one observation, of shape O.
      observation: [*P, B, *O], of the spec's dtype.

    Returns:
      [*P, B, num_features], float32.

    Raises:
      ValueError: if the trailing axes of `observation` are not O, or its dtype is not the spec's.
    """
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
    if rank == 1:
        return observation
    return tf.reshape(observation, [*observation.shape[:split], num_features(spec)])


def unflatten(spec: Spec, flat: tf.Tensor) -> tf.Tensor:
    """Gives the features of observations the shape they had before `flatten`.

    Args:
      spec: of one observation, of shape O.
      flat: [*P, B, num_features], float32.

    Returns:
      [*P, B, *O], float32; for discrete observations `flat` itself.
    """
    if not isinstance(spec, Box):
        return flat
    sizes = tf.shape(flat)
    leading = [sizes[i] if n is None else n for i, n in enumerate(flat.shape[:-1])]
    return tf.reshape(flat, [*leading, *spec.shape])
