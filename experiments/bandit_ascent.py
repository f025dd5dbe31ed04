"""Exact policy gradient on a bandit for hundreds of thousands of steps, in plain Python.

With `K` arms and softmax policies, a step is theta_a += eta pi_a (x_a - sum_b pi_b x_b) with x = r
- tau log pi. `maxent_tf.tabular.policy_gradient` makes the same steps for any process, and for many
processes at once. On one bandit, the plain floats here are about a hundred times as fast.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

# The bandit on which several results of the literature are stated.
REWARDS = (1.0, 0.9, 0.1)
# A start that favours the second arm of this bandit.
BAD_START = (0.01, 0.98, 0.01)
STEP_SIZE = 0.4


class Escape(NamedTuple):
    """The escape of gradient ascent from a bad start.

    Attributes:
      steps: The number of steps until the first arm had more than half of the probability; infinite
        if it never had.
      least: The least probability of the first arm on the way.
    """

    steps: float
    least: float


def ascend(
    rewards: Sequence[float], start: Sequence[float], step_size: float, alpha: float
) -> Iterator[list[float]]:
    """Yields the policy before the first step and after each step, for ever.

    The policy is made of plain floats: for three numbers, floats are ten times as fast as arrays.

    Args:
      rewards: The rewards of the arms.
      start: The first policy.
      step_size: The step size eta.
      alpha: The temperature tau.
    """
    theta = [math.log(p) for p in start]
    while True:
        largest = max(theta)
        weight = [math.exp(x - largest) for x in theta]
        total = sum(weight)
        policy = [w / total for w in weight]
        yield policy
        normaliser = largest + math.log(total)
        value = [r - alpha * (x - normaliser) for r, x in zip(rewards, theta)]  # noqa: B905 (the innermost loop)
        mean = sum(p * x for p, x in zip(policy, value))  # noqa: B905
        theta = [x + step_size * p * (v - mean) for x, p, v in zip(theta, policy, value)]  # noqa: B905


def policies_after(
    marks: Sequence[int],
    rewards: Sequence[float],
    start: Sequence[float],
    step_size: float,
    alpha: float,
) -> np.ndarray:
    """Returns the policies of `ascend` after some numbers of steps, [marks, K].

    Args:
      marks: The numbers of steps, rising.
      rewards: The rewards of the arms.
      start: The first policy.
      step_size: The step size eta.
      alpha: The temperature tau.
    """
    policies = ascend(rewards, start, step_size, alpha)
    between = np.diff(np.asarray(marks), prepend=-1)
    return np.array([next(itertools.islice(policies, int(n) - 1, None)) for n in between])


def marks_until(last: int, count: int) -> list[int]:
    """Returns about `count` numbers of steps from 1 to `last`, evenly spaced in the logarithm."""
    return np.unique(np.geomspace(1, last, count).round().astype(int)).tolist()


def escape(
    rewards: Sequence[float],
    start: Sequence[float],
    step_size: float,
    alpha: float,
    max_steps: int | None = None,
) -> Escape:
    """Follows ascent until the first arm has more than half of the probability.

    Args:
      rewards: The rewards of the arms.
      start: The first policy.
      step_size: The step size eta.
      alpha: The temperature tau.
      max_steps: The number of steps after which to give up; None never gives up.
    """
    least = 1.0
    policies = ascend(rewards, start, step_size, alpha)
    for steps, (best, *_) in enumerate(policies):
        least = min(least, best)
        if best > 0.5:
            return Escape(steps, least)
        if steps == max_steps:
            break
    return Escape(math.inf, least)
