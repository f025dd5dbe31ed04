"""Theorems, checked on 200 random decision processes, and exact figures of known environments."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import scipy.special

from experiments.check import Check
from experiments.exact import living_threshold
from experiments.random_processes import ACTIONS, COUNT, DISCOUNT, STATES, random_processes
from experiments.rates import processes
from maxent_tf.environments import FourRooms, RiverSwim, TwoGoalGrid
from maxent_tf.tabular import (
    TabularMDP,
    bounds,
    from_environment,
    natural_policy_gradient,
    policy_gradient,
    relative_value_iteration,
)

ALPHA = 0.2


def suboptimality_identity() -> Iterator[Check]:
    """R6: the soft suboptimality is the expected divergence from the soft-optimal policy."""
    policy = np.random.default_rng(1).dirichlet(np.ones(ACTIONS), (COUNT, STATES))
    sides = processes.identity(random_processes(), policy, np.array([[ALPHA]]))
    difference = float(np.abs(sides["gap"] - sides["divergence"]).max())
    yield Check("R6", "largest difference of the two sides, 200 processes", 0, difference, 1e-10)


def natural_gradient() -> Iterator[Check]:
    """R7: natural policy gradient and soft policy iteration converge as their theorems say."""
    m, fractions = random_processes(), np.array([0.2, 1.0])
    found = processes.natural_gradient(m, ALPHA, fractions, 30)
    for i, fraction in enumerate(fractions):
        what = f"at eta tau / (1 - gamma) = {fraction:g}, 200 processes"
        for key, name in [("q", "Q"), ("log_policy", "log-policy")]:
            error, bound = found[key][:, i], found[f"{key}_bound"][:, i]
            # Once the bound falls below rounding, the remaining error says nothing about the
            # theorem.
            ratio = np.where(error > 1e-10, error / bound, 0).max()
            yield Check("R7", f"{name} error over its bound {what}", 1, ratio, 0, "at most")

    first, second = processes.policy_iteration_errors(m, np.array([[ALPHA]]), 2)
    ratio = np.max(second / first)
    yield Check("R7", "soft policy iteration, error ratio", DISCOUNT, ratio, 0, "at most")
    ratio = np.max(second / bounds.soft_policy_iteration_error(first, ALPHA, DISCOUNT))
    yield Check("R7", "soft policy iteration, error over its bound", 1, ratio, 0, "at most")

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
    alphas = np.array([[0.01], [0.2], [2.0]])
    u, v = np.random.default_rng(3).normal(scale=5.0, size=(2, COUNT, STATES))
    pair = processes.contraction(m, alphas, u, v)
    excess = float((pair["backed_up"] - DISCOUNT * pair["apart"]).max())
    yield Check("R8", "contraction: excess over gamma, 200 processes", 0, excess, 1e-9, "at most")

    bound = bounds.soft_value_gap(alphas, ACTIONS, DISCOUNT)[..., None]
    gaps = processes.value_gaps(m, alphas)
    for key, name in [("added", "V*_alpha - V*"), ("cost", "V* - V of the soft policy")]:
        yield Check("R8", f"{name}, least", 0, gaps[key].min(), 1e-9, "at least")
        excess = float((gaps[key] - bound).max())
        yield Check("R8", f"{name}, excess over the bound", 0, excess, 1e-9, "at most")


def reward_inflation() -> Iterator[Check]:
    """R9: the temperature at which living for entropy beats the goals."""
    for name, world in [("TwoGoalGrid", TwoGoalGrid()), ("FourRooms", FourRooms())]:
        measured, value = living_threshold(world)
        estimate = float(bounds.entropy_living_threshold(value, world.num_actions, 0.99))
        yield Check("R9", f"{name}: alpha at which the return halves", estimate, measured, 1e-3)


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
