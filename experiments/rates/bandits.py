"""The gradient ascent on bandits: the U-shape in alpha, the sublinear rate and the linear rates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import scipy.special

from experiments.bandit_ascent import BAD_START, REWARDS, STEP_SIZE, ascend, policies_after
from maxent_tf.environments import Bandit
from maxent_tf.tabular import (
    TabularMDP,
    evaluate_policy,
    from_environment,
    natural_policy_gradient,
    policy_gradient,
)

# The suboptimality after so many steps on `REWARDS`, by temperature, from an independent
# computation.
U_SHAPE = {0.0: 0.0996, 0.01: 0.0037, 0.02: 0.0026, 0.1: 0.0282, 0.3: 0.0659, 1.0: 0.1975}
U_SHAPE_ITERATIONS = 3000

# The numbers of steps of the natural and of the plain gradient until the error of the log-policy is
# below 1e-3, from the uniform policy, at tau = 1 and this step size.
KNOWN_STEP_SIZE = 0.1
STEPS_TO_A_THOUSANDTH = (63, 278)


def suboptimality(alphas: npt.ArrayLike, iterations: int) -> np.ndarray:
    """Returns what exact ascent on `REWARDS` leaves after some steps from `BAD_START`, [alphas].

    Args:
      alphas: [alphas], the temperatures, all in one call.
      iterations: The number of steps.
    """
    m = from_environment(Bandit(REWARDS), discount=1.0)
    logits = np.stack([np.log(BAD_START), np.zeros(3)])
    ascent = policy_gradient(m, logits, np.asarray(alphas), STEP_SIZE, iterations)
    return max(REWARDS) - evaluate_policy(m, ascent.policy).objective.numpy()


def boltzmann_loss(alphas: npt.ArrayLike) -> np.ndarray:
    """Returns the loss of the soft-optimal policy, the limit of ascent, on `REWARDS`, [alphas]."""
    alphas = np.asarray(alphas)
    positive = np.where(alphas > 0, alphas, 1.0)[:, None]
    loss = max(REWARDS) - scipy.special.softmax(np.array(REWARDS) / positive, -1) @ REWARDS
    return np.where(alphas > 0, loss, 0.0)


def losses_from_uniform(rewards: Sequence[float], marks: Sequence[int]) -> np.ndarray:
    """Returns the suboptimality of ascent without entropy, from the uniform policy, [marks].

    Args:
      rewards: The rewards of the arms, of which the first is the largest.
      marks: The numbers of steps, rising.
    """
    policies = policies_after(marks, rewards, [1 / len(rewards)] * len(rewards), STEP_SIZE, 0.0)
    # The loss is summed over the other arms: 1 - p would cancel.
    return policies[:, 1:] @ (rewards[0] - np.array(rewards[1:]))


def log_policy_errors(alpha: float, gap: float, enough: float = 1e-6) -> np.ndarray:
    """Returns the distance of log pi_1 - log pi_2 from gap / alpha, after each step, [steps + 1].

    Ascent starts from the uniform policy.

    Args:
      alpha: The temperature tau, positive.
      gap: The gap Delta of two arms.
      enough: The error below which to stop.
    """

    def errors() -> Iterator[float]:
        for first, second in ascend((gap, 0.0), (0.5, 0.5), STEP_SIZE, alpha):
            error = abs(math.log(first / second) - gap / alpha)
            yield error
            if error < enough:
                return

    return np.fromiter(errors(), np.float64)


def regularised_errors(step_sizes: Sequence[float], iterations: int) -> np.ndarray:
    """Returns log-policy errors of natural and plain ascent on `REWARDS`, tau = 1, from uniform.

    Args:
      step_sizes: The step sizes eta, at most 1.
      iterations: The number of steps.

    Returns:
      [2, step_sizes, iterations + 1]: the errors of the natural gradient, then those of the plain
      one.
    """
    bandit = TabularMDP([[[1.0]] * 3], [REWARDS], 0.0, [1.0])
    best = scipy.special.log_softmax(REWARDS)
    found = []
    for solver in (natural_policy_gradient, policy_gradient):
        logits = np.zeros((len(step_sizes), 1, 3))
        errors = []
        for _ in range(iterations + 1):
            log_policy = scipy.special.log_softmax(logits, -1)
            errors.append(np.abs(log_policy - best).max((-1, -2)))
            logits = solver(bandit, logits, 1.0, np.array(step_sizes), 1).logits.numpy()
        found.append(np.stack(errors, -1))
    return np.stack(found)
