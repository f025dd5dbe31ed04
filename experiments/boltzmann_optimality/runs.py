"""The exact path of an environment: policies, what they earn, and the cost of deviations."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.boltzmann_optimality.sweep import Path
from experiments.frame import Arrays, stacked, track
from maxent_tf.environments import FiniteWorld
from maxent_tf.regularizers import KL, Regularizer, Shannon, Tsallis
from maxent_tf.tabular import TabularMDP, evaluate_policy, occupancy, soft_policy_iteration

_TOLERANCE = 1e-10


def world(path: Path) -> FiniteWorld:
    """Returns the environment of a path."""
    return getattr(mx.environments, path.world)()


def regularizers(num_actions: int) -> tuple[Regularizer, ...]:
    """Returns the regularisers that `sweep.REGULARIZERS` names, in that order."""
    return Shannon(), Tsallis(), KL(reference=np.full(num_actions, 1 / num_actions))


def temperatures(path: Path) -> np.ndarray:
    """Returns the temperatures along the path, followed by those that are pictured."""
    return np.append(np.geomspace(path.lowest, path.highest, path.count), path.pictured)


def run(path: Path, progress: bool = False) -> Arrays:
    """Solves and evaluates the regularised problem for all regularisers and temperatures.

    Returns:
      For the regularisers R and the temperatures K, `alpha` [K] and, [R, K, ..]: `policy` [S, A];
      `reward_value` [S], the expected return from each state; `objective`, the regularised return
      from the start; `error_bound`; the results of `measure` for the policy; `zeros`, the share of
      actions whose probability is exactly 0. `epsilon_return` and `epsilon_entropy` [E] are those
      of the policies that are greedy but for a chance of a uniform move. With the deviations D at
      the pictured temperatures, there are `loss`, `predicted` and `distance` [R, pictured, D]: see
      `deviate`.
    """
    grid = world(path)
    m = mx.tabular.from_environment(grid, discount=path.discount)
    alpha = temperatures(path)
    parts = []
    for regularizer in track(regularizers(grid.num_actions), progress, "regularisers"):
        solution = soft_policy_iteration(m, alpha, regularizer=regularizer, tolerance=_TOLERANCE)
        pictured = solution.policy.numpy()[path.count :]
        part = {
            "policy": solution.policy,
            "reward_value": evaluate_policy(m, solution.policy).v,
            "objective": tf.reduce_sum(m.initial * solution.v, -1),
            "error_bound": solution.error_bound,
            "zeros": _zeros(m, alpha, solution.q, solution.policy, regularizer),
            **measure(m, solution.policy),
            **deviate(m, alpha[path.count :], pictured, regularizer, path),
        }
        parts.append(part)
    epsilon = np.linspace(0, 1, 41)[:, None, None]
    greedy = soft_policy_iteration(m, 0.0, tolerance=_TOLERANCE).policy.numpy()
    mixed = measure(m, (1 - epsilon) * greedy + epsilon / grid.num_actions)
    return {
        "alpha": alpha,
        **stacked(parts),
        **{f"epsilon_{name}": np.asarray(mixed[name]) for name in ("return", "entropy")},
    }


def measure(m: TabularMDP, policy: np.ndarray | tf.Tensor) -> dict[str, tf.Tensor]:
    r"""Returns what policies earn and how random they are, each [..].

    Returns:
      `return`, expected and discounted; `entropy`, :math:`(1 - \gamma) \, E \sum_t \gamma^t
      H(\pi(s_t))` in nats: the quantity whose price is alpha / (1 - gamma), at most log A; and
      `entropy_per_step`, its mean over the steps before the end.
    """
    visits = tf.reduce_sum(occupancy(m, policy), -1)
    total = tf.reduce_sum(visits * Shannon().value(tf.convert_to_tensor(policy)), -1)
    return {
        "return": evaluate_policy(m, policy).objective,
        "entropy": (1 - m.discount) * total,
        "entropy_per_step": total / tf.reduce_sum(visits, -1),
    }


def deviate(
    m: TabularMDP, alpha: np.ndarray, best: np.ndarray, regularizer: Regularizer, path: Path
) -> Arrays:
    r"""Leaves the best policies in random directions, and compares the cost with the theory.

    .. math:: J^* - J^\pi = \sum_s d^\pi(s) \Big(\max_p \big[\langle p, Q^* \rangle + \alpha
              \Omega(p)\big] - \langle \pi, Q^* \rangle - \alpha \Omega(\pi)\Big)

    in which the term of a state is alpha KL(pi, pi*) for Shannon's entropy and for the divergence.

    Args:
      m: The process.
      alpha: [K], the temperatures.
      best: [K, S, A], the soft-optimal policies.
      regularizer: The regulariser Omega.
      path: The path, which has the number of directions.

    Returns:
      `loss`, the left side, by evaluating both policies; `predicted`, the right side, by visits and
      divergences; and `distance`, the extent of the deviation, in (0, 1]: [K, D] each.
    """
    rng = np.random.default_rng(path.seed)
    shape = (len(alpha), path.deviations)
    distance = np.broadcast_to(np.geomspace(1e-3, 1, path.deviations), shape)
    towards = rng.dirichlet(np.ones(m.num_actions), (*shape, m.num_states))
    far = distance[..., None, None]
    policy = (1 - far) * best[:, None] + far * towards
    price = alpha[:, None]
    optimum = evaluate_policy(m, best, alpha, regularizer=regularizer)
    reached = evaluate_policy(m, policy, price, regularizer=regularizer).objective
    if isinstance(regularizer, Tsallis):
        q = optimum.q[:, None]
        attained = tf.reduce_sum(policy * q, -1) + price[..., None] * regularizer.value(policy)
        gap = regularizer.soft_max(q, price[..., None]) - attained
    else:
        # The gap is written by the divergence itself, without underflow: the reference is uniform.
        log_best = tf.nn.log_softmax(optimum.q[:, None] / price[..., None, None])
        divergence = tf.reduce_sum(tf.math.xlogy(policy, policy) - policy * log_best, -1)
        gap = price[..., None] * divergence
    gap = tf.where(m.terminal, tf.zeros_like(gap), gap)
    visits = tf.reduce_sum(occupancy(m, policy), -1)
    return {
        "loss": (optimum.objective[:, None] - reached).numpy(),
        "predicted": tf.reduce_sum(visits * gap, -1).numpy(),
        "distance": distance,
    }


def _zeros(
    m: TabularMDP, alpha: np.ndarray, q: tf.Tensor, policy: tf.Tensor, regularizer: Regularizer
) -> np.ndarray:
    """Returns the share of actions with probability exactly 0 in states that are not terminal, [K].

    Boltzmann's probabilities are examined as logarithms, which do not underflow.
    """
    if isinstance(regularizer, Tsallis):
        impossible = policy.numpy() == 0
    else:
        log_policy = tf.nn.log_softmax(q / alpha[:, None, None]).numpy()
        impossible = ~np.isfinite(log_policy)
    return impossible[:, ~m.terminal.numpy()].mean((1, 2))
