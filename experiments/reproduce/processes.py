"""Theorems on decision processes, checked on 200 random ones, and exact figures of known worlds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import scipy.special
import tensorflow as tf

from experiments.deep_sea_exact.paths import approximate_goal, approximate_threshold, path_sum
from experiments.deep_sea_exact.runs import solved_goal
from experiments.reproduce.check import Check
from maxent_tf.environments import DeepSea, FiniteWorld, FourRooms, RiverSwim, TwoGoalGrid
from maxent_tf.tabular import (
    TabularMDP,
    bounds,
    evaluate_policy,
    from_environment,
    natural_policy_gradient,
    occupancy,
    policy_gradient,
    relative_value_iteration,
    soft_policy_iteration,
    soft_value_iteration,
)

COUNT, STATES, ACTIONS, DISCOUNT, ALPHA = 200, 6, 3, 0.9, 0.2


def random_processes(seed: int = 0) -> TabularMDP:
    """Returns 200 processes with transitions of very unequal probability, rewards in [-1, 1]."""
    rng = np.random.default_rng(seed)
    transition = rng.gamma(0.3, size=(COUNT, STATES, ACTIONS, STATES)) + 1e-6
    return TabularMDP(
        transition / transition.sum(-1, keepdims=True),
        rng.uniform(-1, 1, (COUNT, STATES, ACTIONS)),
        DISCOUNT,
        rng.dirichlet(np.ones(STATES), COUNT),
    )


def suboptimality_identity() -> Iterator[Check]:
    """R6: the soft suboptimality is the expected divergence from the soft-optimal policy."""
    m = random_processes()
    policy = np.random.default_rng(1).dirichlet(np.ones(ACTIONS), (COUNT, STATES))
    best = soft_policy_iteration(m, ALPHA, tolerance=0.0)
    optimum = tf.reduce_sum(m.initial * best.v, -1)
    gap = (optimum - evaluate_policy(m, policy, ALPHA).objective).numpy()
    divergence = scipy.special.rel_entr(policy, best.policy.numpy()).sum(-1)
    weighed = ALPHA * (occupancy(m, policy).numpy().sum(-1) * divergence).sum(-1)
    difference = float(np.abs(gap - weighed).max())
    yield Check("R6", "largest difference of the two sides, 200 processes", 0, difference, 1e-10)


def natural_gradient() -> Iterator[Check]:
    """R7: natural policy gradient and soft policy iteration converge as their theorems say."""
    m = random_processes()
    best = soft_policy_iteration(m, ALPHA, tolerance=0.0)
    best_log = np.log(best.policy)
    for fraction in (0.2, 1.0):
        step_size = fraction * (1 - DISCOUNT) / ALPHA
        logits = np.random.default_rng(2).normal(size=(COUNT, STATES, ACTIONS))
        worst = np.zeros(2)
        for t in range(31):
            ascent = natural_policy_gradient(m, logits, ALPHA, step_size, 0)
            errors = (
                np.abs(ascent.q - best.q).max((-1, -2)),
                np.abs(np.log(ascent.policy) - best_log).max((-1, -2)),
            )
            if t == 0:
                constant = bounds.natural_gradient_constant(*errors, ALPHA, step_size, DISCOUNT)
            else:
                bound = bounds.natural_gradient_errors(constant, ALPHA, step_size, DISCOUNT, t)
                # What is left once the bound falls below rounding says nothing of the theorem.
                ratio = [
                    np.max(np.where(e > 1e-10, e / b, 0))
                    for e, b in zip(errors, bound, strict=True)
                ]
                worst = np.maximum(worst, ratio)
            logits = natural_policy_gradient(m, logits, ALPHA, step_size, 1).logits.numpy()
        what = f"at eta tau / (1 - gamma) = {fraction:g}, 200 processes"
        yield Check("R7", f"Q error over its bound {what}", 1, worst[0], 0, "at most")
        yield Check("R7", f"log-policy error over its bound {what}", 1, worst[1], 0, "at most")

    error = [
        np.abs(soft_policy_iteration(m, ALPHA, tolerance=0.0, max_iterations=k).v - best.v)
        for k in (1, 2)
    ]
    first, second = (e.max(-1) for e in error)
    yield Check(
        "R7", "soft policy iteration, error ratio", DISCOUNT, np.max(second / first), 0, "at most"
    )
    yield Check(
        "R7",
        "soft policy iteration, error over error^2",
        5,
        np.max(second / first**2),
        0,
        "at most",
    )

    bandit = TabularMDP([[[1.0]] * 3], [[1.0, 0.9, 0.1]], 0.0, [1.0])
    target = scipy.special.log_softmax([1.0, 0.9, 0.1])
    for name, solver, steps in [
        ("NPG", natural_policy_gradient, 63),
        ("PG", policy_gradient, 278),
    ]:
        count, logits = 0, np.zeros((1, 3))
        while np.abs(scipy.special.log_softmax(logits[0]) - target).max() >= 1e-3:
            logits = solver(bandit, logits, 1.0, 0.1, 1).logits.numpy()
            count += 1
        yield Check("R7", f"bandit, {name} steps to a log-policy error of 1e-3", steps, count, 0)


def soft_bellman() -> Iterator[Check]:
    """R8: the operator contracts, and entropy changes and costs no more than its bound."""
    m = random_processes()
    rng = np.random.default_rng(3)
    alphas = np.array([[0.01], [0.2], [2.0]])
    u, v = rng.normal(scale=5.0, size=(2, COUNT, STATES))
    backed_up = []
    for values in (u, v):
        # One backup of arbitrary values: the process whose rewards contain their expectation.
        q = m.reward.numpy() + DISCOUNT * (m.transition.numpy() @ values[:, None, :, None])[..., 0]
        one_step = m._replace(reward=tf.constant(q), discount=0 * m.discount)
        backed_up.append(soft_value_iteration(one_step, alphas, max_iterations=1).v.numpy())
    excess = np.abs(backed_up[0] - backed_up[1]).max(-1) - DISCOUNT * np.abs(u - v).max(-1)
    yield Check(
        "R8", "contraction: excess over gamma, 200 processes", 0, excess.max(), 1e-9, "at most"
    )

    best = soft_policy_iteration(m, 0.0).v.numpy()
    soft = soft_policy_iteration(m, alphas)
    bound = bounds.soft_value_gap(alphas, ACTIONS, DISCOUNT)[..., None]
    gaps = {
        "V*_alpha - V*": soft.v.numpy() - best,
        "V* - V of the soft policy": best - evaluate_policy(m, soft.policy).v.numpy(),
    }
    for name, gap in gaps.items():
        yield Check("R8", f"{name}, least", 0, gap.min(), 1e-9, "at least")
        yield Check("R8", f"{name}, excess over the bound", 0, (gap - bound).max(), 1e-9, "at most")


def reward_inflation() -> Iterator[Check]:
    """R9: the temperature at which living for entropy beats the goals."""
    for name, world in [("TwoGoalGrid", TwoGoalGrid()), ("FourRooms", FourRooms())]:
        measured, value = living_threshold(world)
        estimate = float(bounds.entropy_living_threshold(value, world.num_actions, 0.99))
        yield Check("R9", f"{name}: alpha at which the return halves", estimate, measured, 1e-3)


def living_threshold(world: FiniteWorld, discount: float = 0.99) -> tuple[float, float]:
    """Finds where the return of the soft-optimal policy falls through half of the best.

    The entropy is a reward here: the soft-optimal policy itself, not a policy with a bonus in its
    loss. The return falls in alpha, so that nine temperatures a call narrow the bracket eightfold.

    Args:
      world: with goals that end the episode.
      discount: gamma.

    Returns:
      The threshold, to 1e-9, and the optimal value of the start.
    """
    m = from_environment(world, discount=discount)
    value = float(evaluate_policy(m, soft_policy_iteration(m, 0.0).policy).objective)
    low, high = 1e-4, 0.1
    while high - low > 1e-9:
        alphas = np.linspace(low, high, 9)
        policy = soft_policy_iteration(m, alphas, tolerance=1e-9).policy
        above = evaluate_policy(m, policy).objective.numpy() > value / 2
        last = int(np.flatnonzero(above)[-1])
        low, high = alphas[last], alphas[last + 1]
    return (low + high) / 2, value


def deep_sea() -> Iterator[Check]:
    """R10, the exact part: how likely the soft-optimal policy reaches the treasure."""
    for size in (5, 10, 20):
        threshold = approximate_threshold(size)
        alphas = threshold * np.array([0.5, 1.0, 2.0])
        m = from_environment(DeepSea(size), discount=1.0)
        measured = solved_goal(m, size, alphas)
        exact = path_sum(size, alphas).goal
        for alpha, truth, found in zip(alphas, exact, measured, strict=True):
            what = f"N = {size}: P(goal) at {alpha / threshold:g} alpha_c"
            yield Check("R10", what, truth, float(found), 1e-5)
        difference = float(np.abs(approximate_goal(size, alphas) - measured).max())
        yield Check(
            "R10", f"N = {size}: distance of 1/(1 + 2^N e^(-.99/alpha))", 0, difference, 0.02
        )


def river_swim() -> Iterator[Check]:
    """R18: the best average reward, against every deterministic policy's."""
    for form, tolerance in (("osband", 1e-10), ("strehl", 1e-6)):
        m = from_environment(RiverSwim(form), discount=0.9)
        found = relative_value_iteration(m, 0.0, tolerance=tolerance)
        yield Check("R18", f"RiverSwim ({form}), gain", best_gain(m), float(found.gain), 1e-5)


def best_gain(m: TabularMDP) -> float:
    """Returns the best average reward of all deterministic policies, by enumeration."""
    rows = np.arange(m.num_states)
    transition, reward = m.transition.numpy(), m.reward.numpy()
    target = np.append(np.zeros(m.num_states), 1)
    best = -np.inf
    for choice in itertools.product(range(m.num_actions), repeat=m.num_states):
        chain = transition[rows, choice]
        system = np.vstack([chain.T - np.eye(m.num_states), np.ones(m.num_states)])
        stationary = np.linalg.lstsq(system, target, rcond=None)[0]
        best = max(best, float(stationary @ reward[rows, choice]))
    return best
