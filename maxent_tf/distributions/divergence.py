"""The Kullback-Leibler divergence as a generic function, which is exact or raises an error."""

from __future__ import annotations

import tensorflow as tf
from tensorflow_probability import distributions as tfd


def divergence(p: tfd.Distribution, q: tfd.Distribution) -> tf.Tensor:
    r"""Returns the exact Kullback-Leibler divergence from `p` to `q`, or raises.

    .. math:: D(p \| q) = E_p \log \frac{p(X)}{q(X)}

    Args:
      p: Any TFP distribution.
      q: Another TFP distribution. A closed form must be registered for the two types;
        `tfd.RegisterKL` registers further ones.

    Returns:
      The divergence, [...], float, of the broadcast batch shape, in nats, at least 0. It is
      infinite where `q` excludes outcomes that `p` allows.

    Raises:
      NotImplementedError: If no closed form is known. `divergence_estimate` estimates from samples.
      ValueError: If both are squashed Gaussians with different bounds.

    >>> p, q = tfd.Normal(0.0, 1.0), tfd.Normal(1.0, 1.0)
    >>> float(divergence(p, q))
    0.5
    """
    if isinstance(p, tfd.OneHotCategorical) and isinstance(q, tfd.OneHotCategorical):
        # TFP's own is NaN where p excludes an outcome; the categorical's is not.
        p, q = (tfd.Categorical(logits=d.logits_parameter()) for d in (p, q))
    try:
        return tfd.kl_divergence(p, q)
    except NotImplementedError as error:
        raise NotImplementedError(
            f"The divergence from {type(p).__name__} to {type(q).__name__} has no closed form: use "
            "maxent_tf.divergence_estimate(p, q, num_samples, seed=seed)."
        ) from error
