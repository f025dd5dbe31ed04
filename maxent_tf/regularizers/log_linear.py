r"""Shannon's entropy with a linear term, to which Shannon, KL and their weighted sums reduce.

.. math:: \Omega(p) = H(p) + \langle p, b \rangle, \qquad
          v = \alpha \log \sum_a e^{q_a / \alpha + b_a}, \qquad
          p^*_a \propto e^{q_a / \alpha + b_a}
"""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.regularizers import envelope


def entropy(p: tf.Tensor) -> tf.Tensor:
    """Returns Shannon's entropy, [...], in nats; its gradient is set to 0 where p is 0."""
    return -tf.reduce_sum(tf.math.xlogy(p, p), axis=-1)


def greedy(q: tf.Tensor, alpha: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
    """Returns the policy p*, [..., A], for what `envelope.arguments` returns."""
    # s = p: S'' = -1 / p.
    return envelope.maximiser(q, alpha, bias, tf.nn.softmax, lambda p: p)


def soft_max(q: tf.Tensor, alpha: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
    """Returns the maximum v, [...], for what `envelope.arguments` returns."""
    return envelope.maximum(q, alpha, bias, _log_sum_exp, greedy, entropy)


def _log_sum_exp(q: tf.Tensor, alpha: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
    # The largest element leaves the logarithm, so that nothing overflows however small alpha is,
    # and at alpha = 0 the logarithm, whatever it is, is multiplied by 0.
    largest = tf.reduce_max(q, axis=-1, keepdims=True)
    _, safe = envelope.positive_part(alpha)
    z = (q - largest) / safe[..., tf.newaxis]
    if bias is None:
        log_sum = tf.math.log(tf.reduce_sum(tf.exp(z), axis=-1))
    else:
        log_sum = tf.reduce_logsumexp(z + bias, axis=-1)
    return largest[..., 0] + alpha * log_sum
