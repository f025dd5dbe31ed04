"""Shannon's entropy."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from maxent_tf.regularizers import envelope, log_linear


@dataclass(frozen=True)
class Shannon:
    r"""Shannon's entropy: soft maxima are log-sum-exps, greedy policies are Boltzmann policies.

    .. math::
       \Omega(p) = -\sum_a p_a \log p_a, \qquad
       v = \alpha \log \sum_a e^{q_a / \alpha}, \qquad
       p^*_a \propto e^{q_a / \alpha}

    `Regularizer` describes shapes, alpha = 0, masks and gradients.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 2, https://arxiv.org/abs/1901.11275

    >>> r = Shannon()
    >>> q = tf.constant([1.0, 1.0, 0.0])
    >>> print(r.soft_max(q, alpha=[0.0, 1.0]).numpy().round(3))
    [1.    1.862]
    >>> print(r.greedy(q, alpha=[0.0, 1.0]).numpy().round(4))
    [[0.5    0.5    0.    ]
     [0.4223 0.4223 0.1554]]
    >>> print(r.soft_max(q, alpha=1.0, mask=[True, False, False]).numpy())
    1.0
    """

    def value(self, p: tf.Tensor) -> tf.Tensor:
        """Returns the entropy in nats, [...], in [0, log A], of probabilities p, [..., A].

        The true gradient is infinite where p is 0. It is set to 0, which is what remains of it
        after the chain rule through `greedy`.
        """
        return log_linear.entropy(tf.convert_to_tensor(p))

    def soft_max(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns alpha log sum_a exp(q_a / alpha), [...]; the largest q at alpha = 0."""
        return log_linear.soft_max(*envelope.arguments(q, alpha, mask))

    def greedy(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns softmax(q / alpha), [..., A]; uniform over the maximisers at alpha = 0."""
        return log_linear.greedy(*envelope.arguments(q, alpha, mask))
