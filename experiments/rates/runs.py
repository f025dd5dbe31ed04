"""The measurements: one function for bandits, and one for decision processes."""

from __future__ import annotations

import numpy as np

from experiments.bandit_ascent import marks_until
from experiments.frame import Arrays, track
from experiments.random_processes import ACTIONS, STATES, random_processes
from experiments.rates import bandits, processes
from experiments.rates.sweep import Bandits, Processes


def alpha_grid(sweep: Bandits) -> np.ndarray:
    """Returns the temperatures of the U-shape, rising, the tabulated ones among them."""
    return np.union1d(list(bandits.U_SHAPE), np.geomspace(1e-3, 2, sweep.alphas))


def path(sweep: Processes) -> np.ndarray:
    """Returns the temperatures at which the identity and the bounds are checked."""
    low, high, number = sweep.alphas
    return np.geomspace(low, high, number)


def run(sweep: Bandits | Processes, progress: bool = False) -> Arrays:
    """Measures bandits or processes."""
    if isinstance(sweep, Bandits):
        return run_bandits(sweep, progress)
    return run_processes(sweep, progress)


def run_bandits(sweep: Bandits, progress: bool = False) -> Arrays:
    """Measures the U-shape, the sublinear rate and the linear rates on bandits.

    Returns:
      `u_shape` [iterations, alphas], the suboptimality; `marks` and `sublinear` [bandits, marks],
      the suboptimality at these numbers of steps; `log_rate` [temperatures], from the last two
      steps before the error is below 1e-6; `linear_steps` and `linear_errors`
      [temperatures, marks], the errors along the way, NaN once an error is below 1e-6;
      `regularised` [2, step_sizes, steps + 1].
    """
    marks = marks_until(sweep.steps, 60)
    errors = [
        bandits.log_policy_errors(tau, sweep.gap)
        for tau in track(sweep.temperatures, progress, "ascents with entropy")
    ]
    linear_steps = np.array(marks_until(max(map(len, errors)) - 1, 120))
    along = [np.append(e, np.full(max(linear_steps) + 1 - len(e), np.nan)) for e in errors]
    u_shape = [
        bandits.suboptimality(alpha_grid(sweep), n)
        for n in track(sweep.iterations, progress, "ascents of the U-shape")
    ]
    sublinear = [
        bandits.losses_from_uniform(rewards, marks)
        for rewards in track(sweep.from_uniform, progress, "ascents without entropy")
    ]
    return {
        "u_shape": np.array(u_shape),
        "marks": np.array(marks),
        "sublinear": np.array(sublinear),
        "log_rate": np.array([np.log(e[-1] / e[-2]) for e in errors]),
        "linear_steps": linear_steps,
        "linear_errors": np.array([e[linear_steps] for e in along]),
        "regularised": bandits.regularised_errors(sweep.step_sizes, sweep.natural_steps),
    }


def run_processes(sweep: Processes, progress: bool = False) -> Arrays:
    """Measures errors and values on random decision processes.

    Returns:
      `gap` and `divergence` [alphas, M]; `added`, `cost`, `least_added` and `least_cost`
      [alphas, M], the largest and the least over states; `apart` [M] and `backed_up`
      [contraction_alphas, M]; natural policy gradient's `q`, `log_policy`, `q_bound` and
      `log_policy_bound` [T, fractions, M]; `policy_iteration` [policy_steps, alphas, M]; `backups`
      and `value_iteration` [backups, alphas, M].
    """
    m = random_processes(count=sweep.count)
    rng = np.random.default_rng(1)
    policy = rng.dirichlet(np.ones(ACTIONS), (sweep.count, STATES))
    temperatures = path(sweep)[:, None]
    gaps = processes.value_gaps(m, temperatures)
    # The vectors are from nearly parallel to unrelated: only a common shift shrinks by no more than
    # gamma.
    u, noise = rng.normal(scale=5.0, size=(2, sweep.count, STATES))
    v = u + 5.0 + noise * np.linspace(0, 1, sweep.count)[:, None]
    backups = marks_until(sweep.backups, 40)
    alphas, fractions = np.array(sweep.iteration_alphas)[:, None], np.array(sweep.fractions)
    return {
        **processes.identity(m, policy, temperatures),
        **{key: gap.max(-1) for key, gap in gaps.items()},
        **{f"least_{key}": gap.min(-1) for key, gap in gaps.items()},
        **processes.contraction(m, np.array(sweep.contraction_alphas)[:, None], u, v),
        **processes.natural_gradient(m, sweep.alpha, fractions, sweep.natural_steps),
        "policy_iteration": processes.policy_iteration_errors(m, alphas, sweep.policy_steps),
        "backups": np.array(backups),
        "value_iteration": processes.value_iteration_errors(
            m, alphas, track(backups, progress, "soft value iterations")
        ),
    }
