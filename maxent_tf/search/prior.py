"""The prior of a node, from logits and a mask."""

from __future__ import annotations

import tensorflow as tf


def log_prior(name: str, logits: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Returns the normalised logarithm of a prior, [B, A]: -inf of illegal actions."""
    infinity = tf.constant(float("inf"), logits.dtype)
    if mask is not None:
        mask = tf.convert_to_tensor(mask)
        if mask.dtype != tf.bool or not mask.shape.is_compatible_with(logits.shape):
            raise ValueError(
                f"{name} must be bool of shape {logits.shape}, not {mask.dtype.name} of shape "
                f"{mask.shape}."
            )
        logits = tf.where(mask, logits, -infinity)
    # Where an episode ends, nothing need be legal: without this, there would be NaN.
    return tf.where(logits > -infinity, tf.nn.log_softmax(logits), -infinity)
