"""The likelihood of a stored action as a generic function."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def log_likelihood(distribution: Any, action: Any) -> tf.Tensor:
    """Returns the log-likelihood of an action as it was stored.

    Args:
      distribution: any TFP distribution.
      action: [..., *E], of its batch and event shape.

    Returns:
      [...], float, in nats: the distribution's own `log_likelihood` where it has one, because
      rounding may have taken from a continuous action what a density needs (`SquashedGaussian`);
      its `log_prob` elsewhere.
    """
    own = getattr(distribution, "log_likelihood", None)
    return distribution.log_prob(action) if own is None else own(action)
