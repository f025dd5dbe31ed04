"""The cases that are timed at each size, and the limits that the machine sets.

The learners are A2C on CartPole with two hidden layers of 64 and rollouts of 5 steps. The states
are those of a torus with four actions, each of which leads to three successors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.benchmarks import tabular, throughput
from maxent_tf.tabular import soft_value_iteration

INPUTS, HIDDEN, ACTIONS, ROLLOUT = 4, 64, 2, 5
LEARNERS, ENVIRONMENTS, STATES = "learners", "environments", "states"


class Case(NamedTuple):
    """One case to time.

    Attributes:
      axis: The quantity that grows: "learners", "environments" or "states".
      size: The size along the axis.
      call: A function that does the work once and blocks until the work is done.
      amount: The number of environment steps, or of updates of a state's value, in one call.
    """

    axis: str
    size: int
    call: Callable[[], object]
    amount: int


def learners(sizes: list[int]) -> Iterator[Case]:
    """Yields batches of learners with one environment each."""
    for size in sizes:
        iterations = _iterations(size)
        case = throughput.cartpole_case(mx.learners.A2C, iterations, size, num_envs=1)
        yield Case(LEARNERS, size, case.call, case.amount)


def environments(sizes: list[int]) -> Iterator[Case]:
    """Yields one learner with more and more environments."""
    for size in sizes:
        iterations = _iterations(size)
        case = throughput.cartpole_case(mx.learners.A2C, iterations, learners=1, num_envs=size)
        yield Case(ENVIRONMENTS, size, case.call, case.amount)


def states(sides: list[int]) -> Iterator[Case]:
    """Yields soft value iterations for a square torus; each is made only when it is asked for."""
    for side in sides:
        m, size = tabular.process(tabular.torus(side)), side * side
        # There are enough iterations that a call takes some tenths of a second.
        sweeps, calls = 10 if size >= 10**6 else 100, max(1, 10**4 // size)

        def call(m: mx.tabular.TabularMDP = m, sweeps: int = sweeps, calls: int = calls) -> None:
            for _ in range(calls):
                soft_value_iteration(
                    m, tabular.ALPHA, tolerance=tabular.TOLERANCE, max_iterations=sweeps
                ).v.numpy()

        yield Case(STATES, size, call, calls * sweeps * size)


def product_limit() -> Case:
    """Returns matrix products of 256^3, whose `amount` are floating-point operations."""
    n, count = 256, 100
    x, y = (tf.random.stateless_normal([n, n], [0, k]) / np.sqrt(n) for k in (1, 2))

    @tf.function(autograph=False)
    def chain() -> tf.Tensor:
        return tf.while_loop(lambda k, _: k < count, lambda k, z: (k + 1, z @ y), (0, x))[1]

    return Case("matrix products", n, lambda: chain()[0, 0].numpy(), count * 2 * n**3)


def memory_limit() -> Case:
    """Returns a triad a = b + s c out of the caches, whose `amount` are bytes."""
    return Case("memory", tabular.TRIAD_SIZE, tabular.triad(), 24 * tabular.TRIAD_SIZE)


def operations_per_step() -> float:
    """Returns the floating-point operations of the matrix products for a step of an environment.

    The step is acted in once. An update takes the step forward through both networks, and through
    the critic once more for the value of the next observation. The backward pass costs two more
    products a layer, except for the input of the first layer.
    """
    actor, critic = _layers(ACTIONS), _layers(1)
    forward = 2 * _count(actor) + 2 * _count(critic)
    kernels = _count(actor) + _count(critic)
    inputs = _count(actor[1:]) + _count(critic[1:])
    return 2 * (forward + kernels + inputs)


def bytes_per_step() -> float:
    """Returns the bytes that a learner out of the caches moves for a step of its one environment.

    All learners act before any of them acts again, so that every step reads the weights of the
    actor. For a rollout, the update reads the weights of both networks forward and backward, and
    those of the critic for the next values. It writes the gradients and reads them for their norm.
    The optimiser reads gradients, weights and second moments, and writes the last two.
    """
    actor, critic = _count(_layers(ACTIONS)), _count(_layers(1))
    return 4 * (ROLLOUT * actor + critic + (2 + 2 + 5) * (actor + critic)) / ROLLOUT


def bytes_per_state() -> float:
    """Returns the bytes that a sweep moves for a state of the torus."""
    return tabular.traffic(1, dense=False)


def _iterations(size: int) -> int:
    """Returns the number of rollouts that take some tenths of a second."""
    return max(4, min(2000, 12_800 // size))


def _layers(outputs: int) -> list[tuple[int, int]]:
    return [(INPUTS, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, outputs)]


def _count(layers: list[tuple[int, int]]) -> int:
    return sum(inputs * outputs for inputs, outputs in layers)
