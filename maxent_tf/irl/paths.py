"""Maximum entropy over whole paths, the model of behaviour that counts on luck."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from maxent_tf.irl import visitation
from maxent_tf.irl.arguments import check_alpha, check_horizon, check_process
from maxent_tf.irl.visitation import Visitation
from maxent_tf.tabular import TabularMDP


@dataclass(frozen=True)
class PathDistribution:
    r"""The non-causal model: a path's probability grows exponentially with its reward.

    .. math:: p(\zeta) \propto \exp\Big(\tfrac1\alpha \sum_t r(s_t, a_t, s_{t+1})\Big)
              \prod_t P(s_{t+1} | s_t, a_t)

    If moves are deterministic, this is the behaviour of a soft-optimal agent. If they are not, it
    is equation 4 of the paper, an approximation that treats chance as if it could be chosen: paths
    that are rewarded by luck are too likely. The edges' partition functions, computed backwards,
    are

    .. math:: Z(s, a, s') = P(s' | s, a) \, e^{r(s, a, s') / \alpha} \, Z(s'), \qquad
              Z(s) = \sum_{a, s'} Z(s, a, s'),

    with Z = 1 at the end. Visits are those of this distribution, which are the gradient of log Z:
    moves have the probabilities Z(s, a, s') / Z(s). The forward pass of the paper's algorithm 1
    instead sends the policy sum_s' Z(s, a, s') / Z(s) through P, as `tabular.occupancy` does. That
    is the same only if moves are deterministic; otherwise it is not the gradient of any function.
    Visits are not discounted, whatever the discount of the process.

    Attributes:
      alpha: The temperature, in reward per nat, positive.
      horizon: The number of steps after which a path is cut. With None, a path goes on until it
        reaches a terminal state, which every path with a positive probability must then do.

    Raises:
      ValueError: If an attribute is out of range.

    References:
      B. D. Ziebart, A. Maas, J. A. Bagnell, A. K. Dey (2008), "Maximum entropy inverse
      reinforcement learning", equations 2, 4 and 6 and algorithm 1,
      https://cdn.aaai.org/AAAI/2008/AAAI08-227.pdf
    """

    alpha: float = 1.0
    horizon: int | None = None

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_horizon(self.horizon)

    def discount(self, m: TabularMDP) -> tf.Tensor:
        """Returns 1, [], float64: visits are not discounted."""
        del m
        return tf.constant(1.0, tf.float64)

    def start(self, m: TabularMDP) -> float:
        """Returns the reward of a step whose cost outweighs the number of paths."""
        return 0.0 if self.horizon is not None else -self.alpha * (math.log(m.num_actions) + 1)

    def solve(self, m: TabularMDP, reward: tf.Tensor) -> Visitation:
        """Returns the visits under `reward`, [S | 1, A | 1, S | 1].

        Without a horizon, the value is infinite if the total weight of the paths is infinite.
        """
        check_process(m)
        weight = m.transition * tf.exp(reward / self.alpha)
        weight = tf.where(m.terminal[:, None, None], tf.zeros_like(weight), weight)
        if self.horizon is None:
            z = _partition(m, weight)
            kernel = tf.math.divide_no_nan(weight * z, z[:, None, None])
            # Where the value is infinite there is no distribution, and nothing is expected.
            kernel = tf.where(tf.math.is_finite(z)[:, None, None], kernel, tf.zeros_like(kernel))
            log_z = tf.math.log(z)
        else:
            log_z = tf.zeros([m.num_states], tf.float64)
            log_weight, steps = tf.math.log(weight), []
            for _ in range(self.horizon):
                edges = log_weight + log_z
                total = tf.reduce_logsumexp(edges, [1, 2])
                total = tf.where(m.terminal, tf.zeros_like(total), total)
                steps.append(tf.exp(edges - total[:, None, None]))
                log_z = total
            kernel = tf.stack(steps[::-1])
        # Starts of probability 0 may well have no path at all, and a log Z of minus infinity.
        begins = visitation.live_start(m)
        value = self.alpha * tf.reduce_sum(tf.math.multiply_no_nan(log_z, begins))
        return visitation.visitation(m, value, kernel, self.discount(m))

    def curvature(self, m: TabularMDP, visitation_: Visitation, features: tf.Tensor) -> tf.Tensor:
        r"""Returns the second derivative of the value along features, [F, F].

        It is the covariance of the paths' feature sums, divided by alpha. The covariance is added
        up step by step, by the law of total variance.
        """
        steps = visitation.collected(visitation_.kernel, features, self.discount(m))
        visits = tf.reshape(visitation_.visits, [len(steps), m.num_states])
        total = tf.zeros([features.shape[-1]] * 2, tf.float64)
        for (kernel, mean, given), visit in zip(steps, tf.unstack(visits), strict=True):
            off = given - mean[:, None, None]
            weight = visit[:, None, None] * kernel
            total += tf.einsum("sat,satf,satg->fg", weight, off, off)
        return total / np.float64(self.alpha)


def _partition(m: TabularMDP, weight: tf.Tensor) -> tf.Tensor:
    """Returns Z, [S], 1 in terminal states; infinite everywhere if the sum over paths diverges.

    Let W be the edges' weights among the states that are not terminal. The sum of the powers of W
    converges if and only if some x > 0 has (I - W) x > 0, and so if the solution for 1 is positive.
    """
    inner = tf.reduce_sum(weight, 1)
    ended = tf.cast(m.terminal, tf.float64)
    goes_on = tf.eye(m.num_states, dtype=tf.float64) - inner * (1 - ended)
    right = tf.stack([tf.linalg.matvec(inner, ended), tf.ones_like(ended)], -1)
    # LAPACK raises on an exactly singular matrix, the edge of divergence.
    try:
        z, witness = tf.unstack(tf.linalg.solve(goes_on, right), axis=-1)
    except tf.errors.InvalidArgumentError:
        return tf.fill([m.num_states], np.float64("inf"))
    z = tf.where(m.terminal, tf.ones_like(z), tf.maximum(z, 0))
    converges = tf.reduce_all(m.terminal | (witness > 0))
    return tf.where(converges, z, np.float64("inf"))
