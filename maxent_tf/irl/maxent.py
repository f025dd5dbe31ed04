"""Maximum-entropy inverse reinforcement learning with a linear reward, exactly."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.irl.arguments import as_features, as_occupancy, check_process
from maxent_tf.irl.causal import Causal
from maxent_tf.irl.newton import Point, minimise
from maxent_tf.irl.visitation import Model, expected_features
from maxent_tf.tabular import TabularMDP

# A dual value so far below what it can be is no rounding.
_BELOW = 1e-6
# Curvature at the start below this share of the largest is rounding: the dual is flat that way.
_FLAT = 1e-12


class MaxEntSolution(NamedTuple):
    """A reward under which a model of behaviour has the expected features of the demonstrations.

    Arrays are tensors, float64.

    Attributes:
      weights: [F], float64, theta, without a component in any flat direction.
      reward: The features times the weights: [S], [S, A] or [S, A, S], like the features.
      policy: [S, A], or [T, S, A] with a horizon, the policy of the model under the reward.
      occupancy: [S, A, S], the expected transitions of the policy.
      dual: A float, the value of the dual at the weights, without `l2`.
      mismatch: [F], the expected features of the model minus those of the demonstrations, which are
        the gradient of the dual.
      duality_gap: A float, `|theta . mismatch|`: the difference between the dual and the entropy of
        the model's behaviour. The two are equal at the optimum.
      flat_directions: [F, K], orthonormal columns: the directions of the weights in which neither
        the behaviour nor the dual changes. No demonstrations say anything about these directions.
      iterations: An int, the number of Newton steps.
      converged: A bool, whether every component of the mismatch, plus l2 times theta, is within the
        tolerance.
    """

    weights: tf.Tensor
    reward: tf.Tensor
    policy: tf.Tensor
    occupancy: tf.Tensor
    dual: float
    mismatch: tf.Tensor
    duality_gap: float
    flat_directions: tf.Tensor
    iterations: int
    converged: bool


def maxent(
    m: TabularMDP,
    features: Any,
    demonstrations: Any,
    *,
    model: Model | None = None,
    l2: float = 0.0,
    initial_weights: Any = None,
    tolerance: float = 1e-9,
    max_iterations: int = 200,
) -> MaxEntSolution:
    r"""Finds the behaviour of largest entropy that has the expected features of demonstrations.

    The dual of this problem is smooth, convex and unconstrained. It is minimised by Newton's
    method. With x the expected transitions of the demonstrations and V_theta the model's value of
    the start, the dual is

    .. math:: g(\theta) = V_\theta - \langle \phi^\top \theta, x \rangle, \qquad
              \nabla g = E_\theta[\phi] - E_x[\phi]

    At alpha = 1, g is minus the log-likelihood of the demonstrations: for `PathDistribution`
    exactly, up to the probabilities of the moves; for `Causal` if x is the occupancy of a policy.

    Args:
      m: The decision process, whose reward is not used.
      features: [S, F], features of the state arrived in; [S, A, F], features of a state and an
        action; or [S, A, S, F], features of a transition.
      demonstrations: [S, A], expected visits (`tabular.occupancy` of a policy), from which
        `m.transition` gives the next states; or [S, A, S], expected transitions
        (`sample_occupancy`). They must be discounted as the model discounts.
      model: The model of behaviour, `Causal()` if None, or `PathDistribution()`.
      l2: The coefficient of a penalty: half of it times the squared norm of theta is added to the
        dual. Features then match only up to l2 times theta, and a minimum exists for any
        demonstrations.
      initial_weights: [F], weights with a finite value. None is 0 or, for a `PathDistribution`
        without horizon, weights that give nearly the same high cost to every step.
      tolerance: The largest allowed component of the dual's gradient, in units of the features.
      max_iterations: The number of Newton steps after which the fit gives up.

    Returns:
      A `MaxEntSolution`, whose `converged` says whether the features match.

    Raises:
      ValueError: If an array has a wrong shape or entry; if the value is not finite at the initial
        weights; or if no behaviour can have the demonstrated features. This is certified by a flat
        direction in which they differ from the model's or, for `Causal`, by a negative dual.

    References:
      B. D. Ziebart (2010), "Modeling purposeful adaptive behavior with the principle of maximum
      causal entropy", section 6.2, https://www.cs.cmu.edu/~bziebart/publications/thesis-bziebart.pdf

    >>> m = TabularMDP([[[1.0], [1.0]]], [[0.0, 0.0]], 0.5, [1.0], terminal=[False])
    >>> solution = maxent(m, [[[1.0], [0.0]]], [[1.5, 0.5]])
    >>> print(
    ...     solution.weights.numpy().round(6), solution.policy.numpy().round(6), solution.converged)
    [1.098612] [[0.75 0.25]] True
    """
    check_process(m)
    phi, occupancy = as_features(m, features), as_occupancy(m, demonstrations)
    model = Causal() if model is None else model
    if not 0 <= l2 < float("inf"):
        raise ValueError(f"l2 must be finite, at least 0, not {l2}.")
    target = expected_features(occupancy, phi).numpy()

    def evaluate(weights: np.ndarray) -> Point:
        visits = model.solve(m, tf.linalg.matvec(phi, tf.constant(weights)))
        value = float(visits.value) - float(weights @ target) + 0.5 * l2 * float(weights @ weights)
        mismatch = expected_features(visits.occupancy, phi).numpy() - target
        return Point(weights, value, mismatch + l2 * weights, visits)

    def curvature(point: Point) -> np.ndarray:
        return model.curvature(m, point.state, phi).numpy() + l2 * np.eye(len(target))

    def impossible(point: Point) -> bool:
        # Values are sums of products of the weights: their rounding grows with the weights.
        below = _BELOW * (1 + np.abs(point.weights).max() * 1e-4)
        return l2 == 0 and isinstance(model, Causal) and point.value < -below

    first = evaluate(_start(m, model, phi, initial_weights))
    if not np.isfinite(first.value):
        raise ValueError(
            f"initial_weights must give a finite value, not {first.value}, at {first.weights}: "
            "take lower rewards, so that the weights of ever longer paths fall, or a horizon."
        )
    flat = _flat_directions(curvature(first))
    along = np.abs(flat.T @ first.gradient).max(initial=0)
    if along > max(tolerance, 1e-9):
        raise _unreachable(f"they differ by {along:.3g} in what is the same for every policy")
    point, iterations = minimise(
        evaluate,
        curvature,
        first.weights - flat @ (flat.T @ first.weights),
        flat,
        tolerance=tolerance,
        max_iterations=max_iterations,
        stop=impossible,
    )
    if impossible(point):
        raise _unreachable(f"the dual falls to {point.value:.3g}, but an entropy is at least 0")
    weights, mismatch = point.weights, point.gradient - l2 * point.weights
    return MaxEntSolution(
        weights=tf.constant(weights),
        reward=tf.constant(np.asarray(features, np.float64) @ weights),
        policy=point.state.policy,
        occupancy=point.state.occupancy,
        dual=point.value - 0.5 * l2 * float(weights @ weights),
        mismatch=tf.constant(mismatch),
        duality_gap=abs(float(weights @ mismatch)),
        flat_directions=tf.constant(flat),
        iterations=iterations,
        converged=bool(np.abs(point.gradient).max() <= tolerance),
    )


def _start(m: TabularMDP, model: Model, phi: tf.Tensor, given: Any) -> np.ndarray:
    count = phi.shape[-1]
    if given is None:
        table = phi.numpy()
        rows = np.broadcast_to(table, (*m.transition.shape, count))[m.transition.numpy() > 0]
        return np.linalg.lstsq(rows, np.full(len(rows), model.start(m)), rcond=None)[0]
    start = np.array(given, np.float64)
    if start.shape != (count,):
        raise ValueError(f"initial_weights must have shape [{count}], not {list(start.shape)}.")
    return start


def _flat_directions(curvature: np.ndarray) -> np.ndarray:
    """Returns the directions in which the dual is linear: here and, by equal support, anywhere."""
    values, vectors = np.linalg.eigh(curvature)
    return vectors[:, values <= _FLAT * max(values[-1], 0)]


def _unreachable(reason: str) -> ValueError:
    return ValueError(
        f"demonstrations have expected features that no policy has: {reason}. Averages over "
        "sampled trajectories are often so, because chance is in them: take the occupancy of "
        "empirical_policy instead, discounted as the model discounts, or l2 > 0."
    )
