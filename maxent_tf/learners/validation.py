"""Checks shared by the learners' constructors: each error names the value and the remedy."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.integers import is_integer
from maxent_tf.networks.features import check_keys
from maxent_tf.optimizers import Optimizer
from maxent_tf.specs import Discrete, EnvironmentSpec
from maxent_tf.types import Transition, transition_spec


def one_of(name: str, value: str, choices: Sequence[str]) -> None:
    """Raises ValueError unless `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {list(choices)}, not {value!r}.")


def in_range(name: str, value: Any, low: float, high: float, above: bool = False) -> None:
    """Raises ValueError unless all of `value` is in [low, high], or with `above` in (low, high]."""
    array = np.asarray(value)
    fits = (array > low) if above else (array >= low)
    if not np.all(fits & (array <= high)):
        raise ValueError(f"{name} must lie in {'(' if above else '['}{low}, {high}], not {value}.")


def not_negative(name: str, value: Any) -> None:
    """Raises ValueError unless all of `value` is finite and at least 0."""
    array = np.asarray(value)
    if not np.all(np.isfinite(array) & (array >= 0)):
        raise ValueError(f"{name} must be finite and at least 0, not {value}.")


def positive(name: str, value: Any) -> None:
    """Raises ValueError unless all of `value` is finite and above 0."""
    array = np.asarray(value)
    if not np.all(np.isfinite(array) & (array > 0)):
        raise ValueError(f"{name} must be positive and finite, not {value}.")


def positive_integer(name: str, value: int, least: int = 1) -> None:
    """Raises ValueError unless `value` is an integer of at least `least`."""
    if not is_integer(value, least):
        raise ValueError(f"{name} must be an integer of at least {least}, not {value!r}.")


def number(name: str, value: Any, least: float) -> None:
    """Raises ValueError unless `value` is one finite number of at least `least`."""
    if (
        not isinstance(value, numbers.Real)
        or isinstance(value, bool)
        or not least <= float(value) < math.inf
    ):
        raise ValueError(f"{name} must be a number of at least {least}, not {value!r}.")


def discrete_actions(learner: str, spec: EnvironmentSpec) -> int:
    """Returns the number of actions, or raises ValueError if they are no `Discrete`."""
    if not isinstance(spec.action, Discrete):
        raise ValueError(
            f"{learner} needs one discrete action, a Discrete, not {spec.action}: use SAC for "
            "continuous actions, A2C or PPO for several discrete ones."
        )
    return spec.action.num_values


def as_batch_shape(batch_shape: Any) -> tuple[int, ...]:
    """Returns a learner's batch shape, or raises ValueError if it is none."""
    try:
        shape = tuple(int(n) for n in batch_shape)
    except TypeError:
        shape = (0,)
    if any(n < 1 for n in shape):
        raise ValueError(
            f"batch_shape must be a sequence of positive integers, not {batch_shape!r}: pass [] "
            "for one learner, [8] for eight."
        )
    return shape


def per_learner(name: str, value: Any, batch_shape: tuple[int, ...]) -> tf.Tensor:
    """Returns a hyper-parameter as float32 [*P], or raises ValueError if it does not broadcast."""
    value = tf.cast(value, tf.float32)
    try:
        return tf.broadcast_to(value, batch_shape)
    except (ValueError, tf.errors.InvalidArgumentError):
        raise ValueError(
            f"{name} of shape {tuple(value.shape)} does not broadcast to the batch shape "
            f"{batch_shape} of the learners."
        ) from None


def check_optimizer(name: str, optimizer: Optimizer, batch_shape: tuple[int, ...]) -> None:
    """Raises ValueError unless the optimiser can update parameters with `batch_shape` in front."""
    params = tf.zeros([*batch_shape, 1])
    try:
        updated, _ = optimizer.update(params, optimizer.init(params), params, len(batch_shape))
        fits = updated.shape == params.shape
    except (ValueError, tf.errors.InvalidArgumentError):
        fits = False
    if not fits:
        raise ValueError(
            f"{name}'s learning rate does not broadcast to the batch shape {batch_shape} of the "
            "learners."
        )


def check_state_kind(learner: Any, state: Any, kind: type) -> None:
    """Raises ValueError unless a state is of the kind that the learner's `init` makes."""
    if isinstance(state, kind):
        return
    name, given = type(learner).__name__, type(state).__name__
    if given == "NormalizedState":
        remedy = (
            "of a run that normalised: its statistics act, too. Use maxent_tf.training."
            f"Normalized(learner) in place of the learner, a {name}."
        )
    elif hasattr(state, "state"):
        remedy = "which has the state as its attribute `state`: pass that."
    else:
        remedy = f"which is no state of a {name}: pass what its `init` or its training returned."
    raise ValueError(f"{name} needs as state a {kind.__name__}, not a {given}, {remedy}")


def check_batch(spec: Any, batch: Transition, leading: tuple[int | None, ...]) -> None:
    """Raises ValueError unless the fields of `batch` have the shapes and dtypes they must have.

    Args:
      spec: of the world, or of what the learner sees of it and answers.
      batch: what a learner was given.
      leading: the axes every field must begin with; None fits any size.
    """
    fields = transition_spec(spec.observation, spec.action)
    for name, field, value in zip(batch._fields, fields, batch, strict=True):
        _check_field(f"batch.{name}", field, value, leading)


def _check_field(name: str, spec: Any, value: Any, leading: tuple[int | None, ...]) -> None:
    if isinstance(spec, dict):
        check_keys(name, spec, value)
        for key in sorted(spec):
            _check_field(f"{name}[{key!r}]", spec[key], value[key], leading)
        return
    value = tf.convert_to_tensor(value)
    if not value.shape.is_compatible_with([*leading, *spec.shape]) or value.dtype != spec.dtype:
        expected = ", ".join("any" if n is None else str(n) for n in (*leading, *spec.shape))
        raise ValueError(
            f"{name} must be {spec.dtype.name} of shape [{expected}], not {value.dtype.name} of "
            f"shape {list(value.shape)}."
        )
