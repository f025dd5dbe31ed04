"""The checks of the arguments of models and fits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.tabular import Successors, TabularMDP


def check_alpha(alpha: float) -> None:
    """Raises ValueError unless alpha is a positive, finite temperature."""
    if not (alpha > 0 and math.isfinite(alpha)):
        raise ValueError(f"alpha must be positive and finite, not {alpha}.")


def check_horizon(horizon: int | None) -> None:
    """Raises ValueError unless the horizon is None or a positive number of steps."""
    if horizon is not None and (isinstance(horizon, bool) or int(horizon) != horizon):
        raise ValueError(f"horizon must be a whole number of steps or None, not {horizon!r}.")
    if horizon is not None and horizon < 1:
        raise ValueError(f"horizon must be at least 1 step, not {horizon}.")


def check_process(m: TabularMDP) -> None:
    """Raises ValueError unless m is a single process with dense transitions, all actions legal."""
    if m.batch_shape.rank:
        raise ValueError(f"m must be a single process, not a batch of {m.batch_shape}.")
    if isinstance(m.transition, Successors):
        raise ValueError(
            "m must have dense transitions here, [S, A, S], not Successors: rewards and visits are "
            "of transitions. Pass m._replace(transition=tf.constant(m.transition.dense()))."
        )
    if m.mask is not None:
        raise ValueError(
            "m must have no illegal actions here, which rewards and visits do not leave out: pass "
            "a process without them, of as many actions in every state."
        )


def as_features(m: TabularMDP, features: Any) -> tf.Tensor:
    """Returns features as [S | 1, A | 1, S | 1, F], float64, to be broadcast over transitions.

    Args:
      m: The decision process.
      features: [S, F], features of the state arrived in; [S, A, F], features of a state and an
        action; or [S, A, S, F], features of a transition.

    Raises:
      ValueError: If the shape is none of these, or if an entry is not finite.
    """
    features = np.asarray(features, np.float64)
    states, actions = m.num_states, m.num_actions
    kinds = {(states,): (0, 1), (states, actions): (2,), (states, actions, states): ()}
    if features.ndim < 2 or features.shape[:-1] not in kinds or features.shape[-1] == 0:
        raise ValueError(
            f"features must have shape [{states}, F], [{states}, {actions}, F] or "
            f"[{states}, {actions}, {states}, F], not {list(features.shape)}."
        )
    if not np.isfinite(features).all():
        where = np.argwhere(~np.isfinite(features))[0].tolist()
        raise ValueError(f"features must be finite, not {features[tuple(where)]} at {where}.")
    return tf.constant(np.expand_dims(features, kinds[features.shape[:-1]]))


def as_occupancy(m: TabularMDP, demonstrations: Any) -> tf.Tensor:
    """Returns demonstrations as expected transitions, [S, A, S], float64.

    Args:
      m: The decision process.
      demonstrations: [S, A], expected visits, from which `m.transition` gives the next states; or
        [S, A, S], transitions as they happened.

    Raises:
      ValueError: If the shape is neither of these, an entry is negative or not finite, all entries
        are 0, a terminal state is left, or a transition has probability 0.
    """
    given = np.asarray(demonstrations, np.float64)
    states, actions = m.num_states, m.num_actions
    if given.shape not in ((states, actions), (states, actions, states)):
        raise ValueError(
            f"demonstrations must have shape [{states}, {actions}] or "
            f"[{states}, {actions}, {states}], not {list(given.shape)}: make them from "
            "trajectories by sample_occupancy or empirical_policy."
        )
    wrong = ~((given >= 0) & np.isfinite(given))
    if wrong.any():
        where = np.argwhere(wrong)[0].tolist()
        raise ValueError(
            f"demonstrations must be finite, at least 0, not {given[tuple(where)]} at {where}."
        )
    if not given.any():
        raise ValueError("demonstrations must not be empty: every entry is 0.")
    left = m.terminal.numpy() & (given.reshape(states, -1) > 0).any(-1)
    if left.any():
        raise ValueError(f"demonstrations leave state {left.argmax()}, which is terminal.")
    transition = m.transition.numpy()
    if given.ndim == 2:
        return tf.constant(given[..., None] * transition)
    impossible = (given > 0) & (transition == 0)
    if impossible.any():
        s, a, following = np.argwhere(impossible)[0].tolist()
        raise ValueError(
            f"demonstrations go from state {s} by action {a} to state {following}, which has "
            "probability 0."
        )
    return tf.constant(given)
