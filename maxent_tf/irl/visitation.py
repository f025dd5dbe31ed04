r"""The visits of transitions by a soft-optimal chain, and the features that it collects.

Shape letters: `S` states, `A` actions, `F` features, `T` steps. A *kernel* p(a, s' | s) is a joint
distribution of action and next state. It is [S, A, S] if it is the same at every step, and
[T, S, A, S] over a finite horizon. It is 0 in terminal states.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import tensorflow as tf

from maxent_tf.tabular import TabularMDP


class Visitation(NamedTuple):
    """The expected behaviour of a model under some reward.

    Attributes:
      value: [], float64, the soft value of the start. It is convex in the reward, and `occupancy`
        is its gradient.
      kernel: [S, A, S] or [T, S, A, S], float64, the kernel of action and next state.
      visits: [S] or [T, S], float64, the expected visits of the states that are not terminal.
      occupancy: [S, A, S], float64, the expected transitions.
    """

    value: tf.Tensor
    kernel: tf.Tensor
    visits: tf.Tensor
    occupancy: tf.Tensor

    @property
    def policy(self) -> tf.Tensor:
        """The probabilities of the actions, [S, A] or [T, S, A]; zeros in terminal states."""
        return tf.reduce_sum(self.kernel, -1)


class Model(Protocol):
    """A model of how behaviour follows from a reward."""

    @property
    def horizon(self) -> int | None:
        """T, or None if an episode goes on until it terminates."""

    def discount(self, m: TabularMDP) -> tf.Tensor:
        """Returns the discount of visits one step later, [], float64."""

    def start(self, m: TabularMDP) -> float:
        """Returns a reward for every step under which `solve` is finite."""

    def solve(self, m: TabularMDP, reward: tf.Tensor) -> Visitation:
        """Returns the expected behaviour under `reward`, [S | 1, A | 1, S | 1].

        The value is not finite if the values of longer and longer paths have no bound.
        """

    def curvature(self, m: TabularMDP, visitation: Visitation, features: tf.Tensor) -> tf.Tensor:
        """Returns the second derivative of the value along features, [F, F]."""


def live_start(m: TabularMDP) -> tf.Tensor:
    """Returns the distribution of the first state without the terminal ones, [S]."""
    return tf.where(m.terminal, tf.zeros_like(m.initial), m.initial)


def visitation(
    m: TabularMDP, value: tf.Tensor, kernel: tf.Tensor, discount: tf.Tensor
) -> Visitation:
    """Returns the forward pass of a kernel: its visits, each step weighted by `discount`."""
    begins = live_start(m)
    if kernel.shape.rank == 3:
        chain = discount * tf.reduce_sum(kernel, 1)
        identity = tf.eye(m.num_states, dtype=tf.float64)
        visits = tf.linalg.solve(identity - chain, begins[:, None], adjoint=True)[:, 0]
        return Visitation(value, kernel, visits, visits[:, None, None] * kernel)
    steps = []
    for step in tf.unstack(kernel):
        steps.append(begins)
        begins = discount * tf.reduce_sum(begins[:, None, None] * step, [0, 1])
    visits = tf.stack(steps)
    return Visitation(value, kernel, visits, tf.reduce_sum(visits[..., None, None] * kernel, 0))


def expected_features(occupancy: tf.Tensor, features: tf.Tensor) -> tf.Tensor:
    """Returns the sum of features, [S | 1, A | 1, S | 1, F], over an occupancy, [S, A, S]: [F]."""
    axes = [axis for axis in range(3) if features.shape[axis] == 1]
    if axes:
        occupancy = tf.reduce_sum(occupancy, axes, keepdims=True)
    return tf.reduce_sum(occupancy[..., None] * features, [0, 1, 2])


def collected(
    kernel: tf.Tensor, features: tf.Tensor, discount: tf.Tensor
) -> list[tuple[tf.Tensor, tf.Tensor, tf.Tensor]]:
    """Returns, for every distinct step, the features that are collected from that step on.

    Returns:
      One triple for a stationary kernel, else T triples: the step's kernel, [S, A, S]; the features
      collected from a state on, [S, F]; and the same given action and next state, [S, A, S, F].
    """

    def one_step(kernel: tf.Tensor, following: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        given = features + discount * following[None, None]
        given = tf.broadcast_to(given, [*kernel.shape, *features.shape[-1:]])
        return tf.reduce_sum(kernel[..., None] * given, [1, 2]), given

    if kernel.shape.rank == 3:
        states = kernel.shape[0]
        now = tf.reduce_sum(kernel[..., None] * features, [1, 2])
        resolvent = tf.eye(states, dtype=tf.float64) - discount * tf.reduce_sum(kernel, 1)
        total = tf.linalg.solve(resolvent, now)
        return [(kernel, total, one_step(kernel, total)[1])]
    total = tf.zeros([kernel.shape[1], features.shape[-1]], tf.float64)
    steps = []
    for step in reversed(tf.unstack(kernel)):
        total, given = one_step(step, total)
        steps.append((step, total, given))
    return steps[::-1]
