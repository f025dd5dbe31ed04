"""Decision processes: the errors and values that theorems bound, and the bounds.

`M` is the number of processes, and `K` the number of temperatures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import scipy.special
import tensorflow as tf

from experiments.frame import Arrays
from maxent_tf.regularizers import Shannon
from maxent_tf.tabular import (
    TabularMDP,
    bounds,
    evaluate_policy,
    natural_policy_gradient,
    occupancy,
    soft_policy_iteration,
    soft_value_iteration,
)


def identity(m: TabularMDP, policy: np.ndarray, alphas: np.ndarray) -> Arrays:
    """Returns a policy's soft suboptimality, and its expected divergence from the soft-optimal one.

    Args:
      m: The processes, of batch shape [M].
      policy: [M, S, A], the policies.
      alphas: [K, 1], the temperatures, positive.

    Returns:
      `gap` and `divergence`, [K, M], each computed by itself, in units of reward.
    """
    best = soft_policy_iteration(m, alphas, tolerance=0.0)
    optimum = tf.reduce_sum(m.initial * best.v, -1)
    # The policy itself is 0 in float64 where a gap is some 700 alphas.
    best_log = scipy.special.log_softmax(best.q / alphas[..., None, None], -1)
    divergence = (policy * (np.log(policy) - best_log)).sum(-1)
    visits = occupancy(m, policy).numpy().sum(-1)
    return {
        "gap": (optimum - evaluate_policy(m, policy, alphas).objective).numpy(),
        "divergence": alphas * (visits * divergence).sum(-1),
    }


def natural_gradient(
    m: TabularMDP, alpha: float, fractions: np.ndarray, iterations: int, seed: int = 2
) -> Arrays:
    """Returns errors of natural policy gradient from random logits, and their bounds.

    Args:
      m: The processes, of batch shape [M].
      alpha: The temperature tau.
      fractions: [E], the step sizes, as fractions of the largest, (1 - gamma) / tau.
      iterations: The number of steps T.
      seed: The seed of the logits.

    Returns:
      `q`, `log_policy`, `q_bound` and `log_policy_bound`, [T, E, M], after 1 .. T steps.
    """
    best = soft_policy_iteration(m, alpha, tolerance=0.0)
    best_log = np.log(best.policy)
    discount = m.discount.numpy()
    step_size = fractions[:, None] * (1 - discount) / alpha
    logits = np.random.default_rng(seed).normal(size=m.reward.shape)
    errors = []
    ascent = natural_policy_gradient(m, logits, alpha, step_size, 0)
    for t in range(iterations + 1):
        if t:
            ascent = natural_policy_gradient(m, ascent.logits, alpha, step_size, 1)
        error_q = np.abs(ascent.q - best.q).max((-1, -2))
        errors.append((error_q, np.abs(np.log(ascent.policy) - best_log).max((-1, -2))))
    constant = bounds.natural_gradient_constant(*errors[0], alpha, step_size, discount)
    t = np.arange(1, iterations + 1)[:, None, None]
    bound = bounds.natural_gradient_errors(constant, alpha, step_size, discount, t)
    q, log_policy = np.moveaxis(np.array(errors[1:]), 1, 0)
    return {"q": q, "log_policy": log_policy, "q_bound": bound[0], "log_policy_bound": bound[1]}


def policy_iteration_errors(m: TabularMDP, alphas: np.ndarray, iterations: int) -> np.ndarray:
    """Returns errors of the values of the policies of soft policy iteration, [T, K, M].

    The first policy is greedy for values of 0. The theorem is about the values of a policy.
    `soft_policy_iteration` returns the backup of these values, which is better.

    Args:
      m: The processes, of batch shape [M].
      alphas: [K, 1], the temperatures.
      iterations: The number of iterations T.
    """
    best = soft_policy_iteration(m, alphas, tolerance=0.0).v

    def values() -> Iterator[tf.Tensor]:
        q = m.reward
        for _ in range(iterations):
            evaluation = evaluate_policy(m, Shannon().greedy(q, alphas[..., None]), alphas)
            q = evaluation.q
            yield evaluation.v

    return _errors(values(), best)


def value_iteration_errors(m: TabularMDP, alphas: np.ndarray, marks: Iterable[int]) -> np.ndarray:
    """Returns errors of the values of soft value iteration after some backups of 0, [marks, K, M].

    Args:
      m: The processes, of batch shape [M].
      alphas: [K, 1], the temperatures.
      marks: The numbers of backups.
    """
    best = soft_policy_iteration(m, alphas, tolerance=0.0).v
    runs = (soft_value_iteration(m, alphas, tolerance=0.0, max_iterations=k).v for k in marks)
    return _errors(runs, best)


def value_gaps(m: TabularMDP, alphas: np.ndarray) -> Arrays:
    """Returns what entropy adds to the optimal value, and what it costs in reward.

    Args:
      m: The processes, of batch shape [M].
      alphas: [K, 1], the temperatures.

    Returns:
      `added` and `cost`, [K, M, S].
    """
    best = soft_policy_iteration(m, 0.0).v.numpy()
    soft = soft_policy_iteration(m, alphas)
    left = evaluate_policy(m, soft.policy).v.numpy()
    return {"added": soft.v.numpy() - best, "cost": best - left}


def contraction(m: TabularMDP, alphas: np.ndarray, u: np.ndarray, v: np.ndarray) -> Arrays:
    """Returns how far apart two vectors of values are, before and after a soft backup of each.

    Args:
      m: The processes, of batch shape [M].
      alphas: [K, 1], the temperatures.
      u: [M, S], the first vectors, one for each process.
      v: [M, S], the second vectors.

    Returns:
      `apart`, [M], and `backed_up`, [K, M], the largest differences.
    """
    backed_up = []
    for values in (u, v):
        # This is one backup of arbitrary values: the solution of the process whose rewards contain
        # their expectation.
        expected = (m.transition.numpy() @ values[:, None, :, None])[..., 0]
        q = m.reward.numpy() + m.discount.numpy()[:, None, None] * expected
        one_step = m._replace(reward=tf.constant(q), discount=0 * m.discount)
        backed_up.append(soft_value_iteration(one_step, alphas, max_iterations=1).v.numpy())
    first, second = backed_up
    return {"apart": np.abs(u - v).max(-1), "backed_up": np.abs(first - second).max(-1)}


def _errors(runs: Iterable[tf.Tensor], best: tf.Tensor) -> np.ndarray:
    return np.array([np.abs(v - best).max(-1) for v in runs])
