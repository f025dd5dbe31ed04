"""Natural policy gradient with entropy, which is mirror descent on the policy."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import Shannon
from maxent_tf.tabular.ascent import PolicyAscent, arguments, ascend, legal_logits
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.policy_evaluation import PolicyEvaluation


def natural_policy_gradient(
    m: TabularMDP, logits: Any, alpha: Any, step_size: Any, iterations: int
) -> PolicyAscent:
    r"""Ascends the exact natural gradient of the return with Shannon's entropy.

    .. math:: \pi_{t+1} \propto \pi_t^{1 - \eta \alpha / (1 - \gamma)}
              \exp\left(\frac{\eta}{1 - \gamma} Q^{\pi_t}_\alpha\right)

    With the largest step size, (1 - gamma) / alpha, this is soft policy iteration.

    Args:
      m: The decision process, of batch shape [*M], with a discount below 1.
      logits: [*B', S, A], float, the first logits.
      alpha: [*K], the temperatures, in reward per nat, at least 0.
      step_size: [*E], the step size eta, per unit of reward, positive, at most (1 - gamma) / alpha.
        All batch shapes broadcast.
      iterations: The number of steps.

    Returns:
      A `PolicyAscent`, whose logits are normalised (log-probabilities).

    Raises:
      ValueError: If an argument is out of range or does not broadcast.

    References:
      S. Cen, C. Cheng, Y. Chen, Y. Wei, Y. Chi (2022), "Fast global convergence of natural policy
      gradient methods with entropy regularization", section 2, https://arxiv.org/abs/2007.06558

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.0, initial=[1.0])
    >>> ascent = natural_policy_gradient(m, [[0.0, 0.0]], alpha=1.0, step_size=1.0, iterations=1)
    >>> print(ascent.policy.numpy().round(6))
    [[0.731059 0.268941]]
    """
    given = arguments(m, logits, alpha, step_size, iterations)
    discount = tf.get_static_value(m.discount)
    if discount is not None and not np.all(discount < 1):
        raise ValueError(
            f"discount must be below 1, not {discount}: the step is eta / (1 - discount)."
        )
    known = [tf.get_static_value(x) for x in given[2:4]]
    if discount is not None and all(x is not None for x in known):
        decay = known[0] * known[1] / (1 - discount)
        if not np.all(decay <= 1 + 1e-12):
            raise ValueError(
                "step_size must be at most (1 - discount) / alpha, not "
                f"{decay.max():.6g} times that: beyond it the iteration need not converge."
            )
    return _program(*given)


def _update(
    m: TabularMDP,
    logits: tf.Tensor,
    evaluation: PolicyEvaluation,
    alpha: tf.Tensor,
    step_size: tf.Tensor,
) -> tf.Tensor:
    scale = (step_size / (1 - m.discount))[..., None, None]
    decay = 1 - scale * alpha[..., None, None]
    # At the largest step the decay is 0, which times -inf is NaN.
    mixed = decay * tf.nn.log_softmax(logits) + scale * evaluation.q
    return tf.nn.log_softmax(legal_logits(m, mixed))


# Not under XLA, whose linear solver on CPUs is a slow QR.
@tf.function(autograph=False)
def _program(*given: Any) -> PolicyAscent:
    return ascend(given, _update, Shannon())
