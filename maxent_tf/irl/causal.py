"""Maximum causal entropy, the model of behaviour that cannot know how chance will turn out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from maxent_tf.irl import visitation
from maxent_tf.irl.arguments import check_alpha, check_horizon, check_process
from maxent_tf.irl.visitation import Visitation
from maxent_tf.tabular import TabularMDP, finite_horizon, soft_policy_iteration

_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Causal:
    r"""The soft-optimal policy, whose entropy is that of its own choices, not that of chance.

    .. math:: V(s) = \alpha \log \sum_a e^{Q(s, a) / \alpha}, \qquad
              Q(s, a) = \sum_{s'} P(s' | s, a) \left(r(s, a, s') + \gamma V(s')\right)

    Attributes:
      alpha: The temperature, in reward per nat, positive.
      horizon: The number of steps after which an episode is truncated; with None, an episode goes
        on until it terminates, or for ever. With a horizon, time ends every episode, so that
        discount 1 is valid for any process: `m._replace(discount=tf.ones_like(m.discount))`.

    Raises:
      ValueError: If an attribute is out of range.

    References:
      B. D. Ziebart (2010), "Modeling purposeful adaptive behavior with the principle of maximum
      causal entropy", theorem 6.2 and algorithms 9.1 and 9.3,
      https://www.cs.cmu.edu/~bziebart/publications/thesis-bziebart.pdf
      B. D. Ziebart, J. A. Bagnell, A. K. Dey (2010), "Modeling interaction via the principle of
      maximum causal entropy", https://icml.cc/Conferences/2010/papers/28.pdf
    """

    alpha: float = 1.0
    horizon: int | None = None

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_horizon(self.horizon)

    def discount(self, m: TabularMDP) -> tf.Tensor:
        """Returns the discount of the process, [], float64."""
        return m.discount

    def start(self, m: TabularMDP) -> float:
        """Returns 0, because values are finite under any reward."""
        del m
        return 0.0

    def solve(self, m: TabularMDP, reward: tf.Tensor) -> Visitation:
        """Returns the soft-optimal policy's behaviour under `reward`, [S | 1, A | 1, S | 1]."""
        check_process(m)
        expected = tf.reduce_sum(m.transition * reward, -1)
        expected = tf.where(m.terminal[:, None], tf.zeros_like(expected), expected)
        discount = self.discount(m)
        if self.horizon is None:
            solution = soft_policy_iteration(
                m._replace(reward=expected), self.alpha, tolerance=_TOLERANCE
            )
            v, policy = solution.v, solution.policy
        else:
            timed = finite_horizon(m._replace(reward=expected), self.alpha, self.horizon)
            v, policy = timed.v[0], timed.policy
        policy = tf.where(m.terminal[:, None], tf.zeros_like(policy), policy)
        value = tf.reduce_sum(m.initial * v)
        return visitation.visitation(m, value, policy[..., None] * m.transition, discount)

    def curvature(self, m: TabularMDP, visitation_: Visitation, features: tf.Tensor) -> tf.Tensor:
        r"""Returns the second derivative of the value along features, [F, F].

        The gradient of V along the features is the expected sum of features, Psi(s); that of Q is
        Psi(s, a). Differentiating the soft maximum twice gives the covariance of Psi(s, a) over the
        actions, which is summed along the chain:

        .. math:: \nabla^2 = \frac1\alpha \sum_{t, s} \gamma^t \Pr(s_t = s)
                  \operatorname{Cov}_{a \sim \pi(s)}[\Psi(s, a)]
        """
        steps = visitation.collected(visitation_.kernel, features, self.discount(m))
        visits = tf.reshape(visitation_.visits, [len(steps), m.num_states])
        total = tf.zeros([features.shape[-1]] * 2, tf.float64)
        for (kernel, mean, given), visit in zip(steps, tf.unstack(visits), strict=True):
            chosen = tf.reduce_sum(m.transition[..., None] * given, 2) - mean[:, None]
            weight = visit[:, None] * tf.reduce_sum(kernel, -1)
            total += tf.einsum("sa,saf,sag->fg", weight, chosen, chosen)
        return total / np.float64(self.alpha)
