"""Entropy as a generic function: exact, or an error."""

from __future__ import annotations

import tensorflow as tf
from tensorflow_probability import distributions as tfd


def entropy(distribution: tfd.Distribution) -> tf.Tensor:
    """Returns the exact entropy of `distribution`, in nats, or raises.

    Args:
      distribution: any TFP distribution.

    Returns:
      [...], float, of the batch shape.

    Raises:
      NotImplementedError: if no closed form is known; `entropy_estimate` samples.

    >>> round(float(entropy(tfd.Categorical(logits=[0.0, 0.0]))), 4)
    0.6931
    """
    try:
        return distribution.entropy()
    except NotImplementedError as error:
        raise NotImplementedError(
            f"{type(distribution).__name__} has no closed-form entropy: use "
            "maxent_tf.entropy_estimate(distribution, num_samples, seed=seed)."
        ) from error
