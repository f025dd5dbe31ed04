"""The change of the entropy of a softmax policy in a step of its logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from experiments.check import Check
from experiments.random_processes import ACTIONS, COUNT, STATES, random_processes
from maxent_tf.regularizers import Shannon
from maxent_tf.tabular import (
    PolicyAscent,
    TabularMDP,
    natural_policy_gradient,
    occupancy,
    policy_gradient,
)

STEP_SIZES = np.geomspace(1e-5, 1e-3, 5)


def covariance_law() -> Iterator[Check]:
    """R22: the entropy changes by -Cov(log pi, dz), up to the second order of the step."""
    m = random_processes()
    for name, ascend, rate in (
        ("plain", policy_gradient, occupancy),
        ("natural", natural_policy_gradient, natural_rate),
    ):
        what = f"{name} gradient, 200 processes: slope of the error in the step, log-log"
        yield Check("R22", what, 2.0, slope(missed(m, ascend, rate)), 0.05)


def missed(
    m: TabularMDP, ascend: Callable[..., PolicyAscent], rate: Callable[[TabularMDP, Any], Any]
) -> np.ndarray:
    """Returns the change of entropy that the covariance misses, [step sizes, COUNT, STATES].

    Args:
      m: The processes.
      ascend: A solver that ascends from logits.
      rate: A function from the processes and a policy to the factor of the advantage,
        [COUNT, STATES, ACTIONS] or what broadcasts to it, in the change of the logits by a step of
        size 1.
    """
    logits = np.random.default_rng(4).normal(size=(COUNT, STATES, ACTIONS))
    start = ascend(m, logits, 0.0, 1.0, 0)
    after = ascend(m, logits, 0.0, STEP_SIZES[:, np.newaxis], 1).policy
    advantage = start.q - start.v[..., np.newaxis]
    step = STEP_SIZES[:, np.newaxis, np.newaxis, np.newaxis] * rate(m, start.policy) * advantage
    entropy = Shannon().value
    change = entropy(after) - entropy(start.policy)
    return change.numpy() - predicted(start.policy.numpy(), step.numpy())


def natural_rate(m: TabularMDP, policy: Any) -> Any:
    """Returns 1 / (1 - gamma), [COUNT, 1, 1]: a step of the natural gradient adds advantages."""
    del policy
    return 1 / (1 - m.discount[:, np.newaxis, np.newaxis])


def predicted(policy: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Returns -Cov(log pi, dz), the change of entropy to first order, in nats, [...].

    Args:
      policy: [..., A], the probabilities pi, above 0.
      step: [..., A], the change dz of the logits.

    References:
      G. Cui et al. (2025), "The entropy mechanism of reinforcement learning for reasoning language
      models", theorem 1, https://arxiv.org/abs/2505.22617
    """
    log_prob = np.log(policy)
    centred = log_prob - np.sum(policy * log_prob, axis=-1, keepdims=True)
    return -np.sum(policy * centred * step, axis=-1)


def slope(errors: np.ndarray) -> float:
    """Returns the slope of log error in log step size, of root mean squares, [step sizes, ...]."""
    size = np.sqrt(np.mean(errors**2, axis=tuple(range(1, errors.ndim))))
    return float(np.polyfit(np.log(STEP_SIZES), np.log(size), 1)[0])
