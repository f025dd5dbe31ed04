"""Newton's method for a smooth convex function that may be flat, infinite or unbounded below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

# Curvature below this share of the largest is rounding.
_ROUNDING = 1e-14
_ARMIJO, _SMALLEST_STEP, _LARGEST_STEP = 1e-4, 1e-12, 1e6


class Point(NamedTuple):
    """A point at which the function is known.

    Attributes:
      weights: [F], float64, the point.
      value: A float, the function's value; not finite outside of the function's domain.
      gradient: [F], float64, the function's gradient.
      state: Further results of `evaluate` at this point.
    """

    weights: np.ndarray
    value: float
    gradient: np.ndarray
    state: Any


def minimise(
    evaluate: Callable[[np.ndarray], Point],
    curvature: Callable[[Point], np.ndarray],
    start: np.ndarray,
    flat: np.ndarray,
    *,
    tolerance: float,
    max_iterations: int,
    stop: Callable[[Point], bool],
) -> tuple[Point, int]:
    """Takes damped Newton steps until the gradient is small.

    Args:
      evaluate: The function, from weights to a `Point`.
      curvature: The second derivative of the function at a point, [F, F].
      start: [F], the first weights, at which the function must be finite.
      flat: [F, K], orthonormal columns, the directions in which no step is taken.
      tolerance: The largest allowed component of the gradient.
      max_iterations: The number of iterations after which the minimisation gives up.
      stop: A function that says whether to give up at a point.

    Returns:
      The last point, and the number of steps.
    """
    point = evaluate(start)
    for iteration in range(max_iterations):
        if np.abs(point.gradient).max() <= tolerance or stop(point):
            return point, iteration
        values, vectors = np.linalg.eigh(curvature(point))
        values = np.maximum(values, max(_ROUNDING * values[-1], np.finfo(np.float64).tiny))
        step = -vectors @ (vectors.T @ point.gradient / values)
        step -= flat @ (flat.T @ step)
        # Where the curvature is all but gone a step must not leave what float64 can compute with.
        largest = _LARGEST_STEP * (1 + np.abs(point.weights).max())
        step *= largest / max(largest, np.abs(step).max())
        following = _line_search(evaluate, point, step)
        if following is None:
            return point, iteration
        point = following
    return point, max_iterations


def _line_search(
    evaluate: Callable[[np.ndarray], Point], point: Point, step: np.ndarray
) -> Point | None:
    """Halves the step until it improves the function enough; None if no step does."""
    slope = float(step @ point.gradient)
    rounding = 1e-13 * (1 + abs(point.value))
    size = 1.0
    while size > _SMALLEST_STEP:
        candidate = evaluate(point.weights + size * step)
        if np.isfinite(candidate.value):
            change = candidate.value - point.value
            steeper = np.abs(candidate.gradient).max() >= np.abs(point.gradient).max()
            if change <= _ARMIJO * size * slope and change < 0:
                return candidate
            # So near to the minimum only the gradient still tells better from worse.
            if abs(change) <= rounding and not steeper:
                return candidate
        size /= 2
    return None
