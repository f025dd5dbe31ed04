"""The measurements: escape times, the map of the simplex, and trajectories."""

from __future__ import annotations

import numpy as np

from experiments.bandit_ascent import REWARDS, STEP_SIZE, escape, marks_until, policies_after
from experiments.frame import track
from experiments.gravity_well.sweep import Sweep
from maxent_tf.environments import Bandit
from maxent_tf.tabular import from_environment, policy_gradient


def run(sweep: Sweep, progress: bool = False) -> dict[str, np.ndarray]:
    """Measures escape times, the map of the simplex and trajectories.

    Returns:
      `steps` and `least` [curves, starts], the number of steps until the escape and the least
      pi(a*) on the way, NaN where the escape takes too long; `points` [N, 3], starts on the
      simplex, and `map` [map_alphas, N], the number of steps after which each start has escaped,
      rounded up to the next of some marks, infinite if never; `trajectories`
      [map_alphas, trajectory_starts, marks, 3]; `well_marks` [T] and `well` [1 + alphas, T], pi(a*)
      from the start of the known escape times, without entropy first.
    """
    steps, least = np.full((2, len(sweep.curves), len(sweep.starts)), np.nan)
    for i, (worse, alpha) in enumerate(track(sweep.curves, progress, "escapes")):
        for j, start in enumerate(sweep.starts):
            found = escape(*sweep.bandit(worse, start), STEP_SIZE, alpha, sweep.max_steps)
            if np.isinf(found.steps):
                break  # a worse start takes longer still
            steps[i, j], least[i, j] = found
    points = simplex(sweep.map_size)
    marks = [0, *marks_until(sweep.map_steps, 60)]
    starts = sweep.trajectory_starts
    trajectories = [
        [policies_after(marks, REWARDS, start, STEP_SIZE, alpha) for start in starts]
        for alpha in sweep.map_alphas
    ]
    well_marks = [0, *marks_until(sweep.max_steps, 120)]
    well = [
        policies_after(well_marks, REWARDS, sweep.well_start, STEP_SIZE, alpha)[:, 0]
        for alpha in (0.0, *sweep.alphas)
    ]
    return {
        "steps": steps,
        "least": least,
        "points": points,
        "map": escape_map(points, sweep.map_alphas, sweep.map_steps),
        "trajectories": np.array(trajectories),
        "well_marks": np.array(well_marks),
        "well": np.array(well),
    }


def simplex(size: int, least: float = 0.002) -> np.ndarray:
    """Returns a triangular grid on the simplex of three arms, [N, 3].

    Args:
      size: The number of steps of the grid along an edge.
      least: The least probability of every arm; ascent needs a positive probability.
    """
    grid = [(i, j, size - i - j) for i in range(size + 1) for j in range(size + 1 - i)]
    return least + (1 - 3 * least) * np.array(grid) / size


def escape_map(points: np.ndarray, alphas: tuple[float, ...], steps: int) -> np.ndarray:
    """Returns the number of steps after which ascent from each start has escaped, [alphas, N].

    Args:
      points: [N, 3], the starts; all of them ascend in one batch.
      alphas: The temperatures.
      steps: The number of steps after which to give up; the result is then infinite.
    """
    m = from_environment(Bandit(REWARDS), discount=1.0)
    logits = np.stack([np.log(points), np.zeros_like(points)], -2)
    temperature = np.array(alphas)[:, None]
    found = np.where(points[:, 0] > 0.5, 0.0, np.inf) + 0 * temperature
    marks = marks_until(steps, 60)
    for mark, more in zip(marks, np.diff(marks, prepend=0), strict=True):
        ascent = policy_gradient(m, logits, temperature, STEP_SIZE, int(more))
        logits = ascent.logits.numpy()
        escaped = ascent.policy.numpy()[..., 0, 0] > 0.5
        found = np.where(escaped, np.minimum(found, mark), found)
    return found
