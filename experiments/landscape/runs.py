"""The measurements: from constants to arrays, with nothing sampled but directions."""

from __future__ import annotations

import numpy as np
import scipy.special
import tensorflow as tf

from experiments.frame import Arrays, stacked, track
from experiments.landscape import surroundings
from experiments.landscape.sweep import Sweep
from maxent_tf.environments import TwoGoalGrid
from maxent_tf.tabular import (
    TabularMDP,
    evaluate_policy,
    from_environment,
    policy_gradient,
    soft_policy_iteration,
)

STARTS = ("uniform", "trap")
# Ascent has arrived when it has gained this share of the possible gain.
ARRIVED = 0.9


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Returns the arrays of `interpolate`, `look_around` and `ascend`, and `alpha` itself."""
    m = from_environment(TwoGoalGrid(), discount=sweep.discount)
    alphas = np.asarray(sweep.alphas)
    return {
        "alpha": alphas,
        **interpolate(m, alphas, sweep),
        **look_around(m, alphas, sweep, progress),
        **ascend(m, alphas, sweep),
    }


def best_actions(m: TabularMDP, *, without_best_goal: bool = False) -> np.ndarray:
    """Marks the optimal actions by 1, [S, A], in the environment with or without its best goal."""
    if without_best_goal:
        best = tf.reduce_max(m.reward)
        m = m._replace(reward=tf.where(m.reward == best, 0 * best, m.reward))
    q = soft_policy_iteration(m, 0.0).q.numpy()
    return (q > q.max(-1, keepdims=True) - 1e-9).astype(np.float64)


def interpolate(m: TabularMDP, alphas: np.ndarray, sweep: Sweep) -> Arrays:
    """Goes in a straight line from the trap policy to the optimal one.

    Returns:
      `position` [points], from 0 to 1; `scale` [scales]; `interpolated`, the objective
      [scales, alphas, points].
    """
    position = np.linspace(0, 1, sweep.points)
    scales = np.asarray(sweep.scales)
    trap, optimum = best_actions(m, without_best_goal=True), best_actions(m)
    between = trap + position[:, None, None] * (optimum - trap)
    logits = scales[:, None, None, None, None] * between
    policy = scipy.special.softmax(logits, -1)
    curve = evaluate_policy(m, policy, alphas[:, None]).objective.numpy()
    return {"position": position, "scale": scales, "interpolated": curve}


def look_around(m: TabularMDP, alphas: np.ndarray, sweep: Sweep, progress: bool = False) -> Arrays:
    """Measures the surroundings of the trap policy and of an ascent without entropy.

    The policies of the ascent are the same for all temperatures.

    Returns:
      By place, the trap policy first: `along` and `against` [places, alphas, directions], the
      changes in random directions; `gradient_norm` [places, alphas]; `curvature`, the eigenvalues
      of the Hessian, rising, [places, alphas, S A].
    """
    places = [sweep.scale * best_actions(m, without_best_goal=True)]
    logits, done = np.zeros_like(places[0]), 0
    for count in sweep.visited:
        ascent = policy_gradient(m, logits, 0.0, sweep.visiting_step, count - done)
        logits, done = ascent.logits.numpy(), count
        places.append(logits)
    size = logits.size
    steps = sweep.radius * surroundings.directions(sweep.directions, size, sweep.seed)
    found = []
    for place in track(places, progress, "places"):
        here = np.broadcast_to(place, (len(alphas), *place.shape))
        along, against = surroundings.changes(m, here, alphas, steps)
        gradient, hessian = surroundings.derivatives(m, here, alphas)
        found.append(
            {
                "along": along,
                "against": against,
                "gradient_norm": np.linalg.norm(gradient, axis=-1),
                "curvature": np.linalg.eigvalsh(hessian),
            }
        )
    return stacked(found)


def ascend(m: TabularMDP, alphas: np.ndarray, sweep: Sweep) -> Arrays:
    """Ascends by every step size from the uniform policy and from the trap policy.

    Returns:
      `step` [steps]; `monotone`, whether the objective never fell, [starts, alphas, steps];
      `needed`, the number of iterations until ascent arrived, -1 where the iterations did not
      suffice, [starts, alphas, steps]; `uniform_objective` and `best_objective`, [alphas].
    """
    trap = sweep.scale * best_actions(m, without_best_goal=True)
    start = np.stack([np.zeros_like(trap), trap])[:, None, None]
    ascent = policy_gradient(m, start, alphas[:, None], sweep.steps, sweep.iterations)
    history = ascent.objective.numpy()
    best = (m.initial.numpy() * soft_policy_iteration(m, alphas).v.numpy()).sum(-1)
    left = (best[:, None] - history) / (best[:, None] - history[0])
    arrived = left <= 1 - ARRIVED
    rounding = 1e-10 * (1 + np.abs(history[1:]))
    return {
        "step": sweep.steps,
        "monotone": (np.diff(history, axis=0) >= -rounding).all(0),
        "needed": np.where(arrived.any(0), arrived.argmax(0), -1),
        "uniform_objective": history[0, 0, :, 0],
        "best_objective": best,
    }
