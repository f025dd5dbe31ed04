"""The entropy as a part of the return, or as a bonus in the policy's loss alone."""

from __future__ import annotations

from typing import Literal

import tensorflow as tf

EntropyAs = Literal["bonus", "reward"]


def with_entropy(
    x: tf.Tensor, entropy: tf.Tensor, alpha: tf.Tensor | float, entropy_as: EntropyAs
) -> tf.Tensor:
    r"""Adds a policy's entropy to a reward or a value, if entropy is part of the return.

    .. math:: x + \alpha H \quad (\text{"reward"}), \qquad x \quad (\text{"bonus"})

    As a *reward*, the entropy of later states counts: the objective is
    :math:`E \sum_t \gamma^t (r_t + \alpha H(\pi(\cdot | s_t)))`, and the agent seeks states where
    it will have entropy. As a *bonus*, the entropy is a term of the policy's loss at the visited
    states, and values and returns are those of the rewards alone. The two objectives have different
    optima.

    What x has to be depends on what is estimated. A soft state value contains the entropy of its
    own state: for n-step returns, GAE, TD(lambda) and V-trace, x is the *reward*, with the entropy
    where the action was chosen. A soft action value contains the entropy of later states only: for
    Retrace and one-step targets, x is the *next value*, :math:`E_\pi q(s', \cdot)`, with the
    entropy at the successor.

    Args:
      x: [...], float, the reward or the value, in units of reward.
      entropy: [...], in nats: the exact entropy, or minus the log-probability of an action of the
        policy.
      alpha: The temperature, broadcastable to [...], in reward per nat.
      entropy_as: The role of the entropy, "bonus" or "reward".

    Returns:
      The sum, or x itself for a bonus, [...].

    Raises:
      ValueError: If `entropy_as` is neither "bonus" nor "reward".

    References:
      V. Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning", section 4, for
      the bonus, https://arxiv.org/abs/1602.01783; T. Haarnoja et al. (2018), "Soft actor-critic",
      equation 1, for the reward, https://arxiv.org/abs/1801.01290

    >>> reward, entropy = tf.constant([1.0, 1.0]), tf.constant([0.5, 0.0])
    >>> with_entropy(reward, entropy, alpha=2.0, entropy_as="reward").numpy().tolist()
    [2.0, 1.0]
    >>> with_entropy(reward, entropy, alpha=2.0, entropy_as="bonus").numpy().tolist()
    [1.0, 1.0]
    """
    if entropy_as not in ("bonus", "reward"):
        raise ValueError(f'entropy_as must be "bonus" or "reward", not {entropy_as!r}.')
    return x + alpha * entropy if entropy_as == "reward" else x
