"""Checks shared by the learners' constructors: each error names the value and the remedy."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.checks import (
    as_integer,
    as_sizes,
    in_range,
    not_negative,
    numbers_in,
    one_of,
    positive,
)
from maxent_tf.networks.features import check_keys
from maxent_tf.networks.mlp import ACTIVATIONS
from maxent_tf.optimizers import Adam, Optimizer
from maxent_tf.specs import Discrete, EnvironmentSpec
from maxent_tf.types import Transition, transition_spec

__all__ = [
    "as_batch_shape",
    "as_config",
    "check_batch",
    "check_optimizer",
    "check_shared",
    "check_state_kind",
    "discrete_actions",
    "in_range",
    "not_negative",
    "one_of",
    "per_learner",
    "positive",
    "positive_integer",
]


def positive_integer(name: str, value: Any, least: int = 1) -> None:
    """Raises ValueError unless `value` is an integer of at least `least`."""
    as_integer(name, value, least)


def check_shared(config: Any) -> None:
    """Checks what the configurations of all learners have, and puts it in its plain form.

    NumPy's integers become Python's, lists of sizes tuples, and numbers in an optimiser's place
    `Adam` with that learning rate.

    Raises:
      ValueError: if `hidden_sizes`, `activation` or an optimiser is none.
    """
    for field in fields(config):
        name, value = field.name, getattr(config, field.name)
        if isinstance(value, np.integer):
            value = int(value)
        elif name == "hidden_sizes":
            value = as_sizes(name, value)
        elif name.endswith("optimizer"):
            value = _as_optimizer(name, value)
        # Before anyone has seen the frozen object.
        object.__setattr__(config, name, value)
    one_of("activation", config.activation, sorted(ACTIVATIONS))


def _as_optimizer(name: str, value: Any) -> Any:
    """Returns an optimiser: `value` itself, or Adam with the learning rate `value`."""
    is_one = all(callable(getattr(value, method, None)) for method in ("init", "update"))
    # Those of optax are tuples of functions, and take other arguments.
    if is_one and not isinstance(value, tuple | type):
        return value
    try:
        not_negative(name, value)
    except ValueError:
        if isinstance(value, int | float | np.ndarray | np.generic) or tf.is_tensor(value):
            raise
        raise ValueError(
            f"{name} must be an optimiser of maxent_tf.optimizers, such as Adam(3e-4), or a "
            f"learning rate for Adam, not {value!r}."
        ) from None
    return Adam(value)


def as_config(spec: Any, config: Any, kind: type) -> Any:
    """Returns a learner's configuration, the default one for None.

    Raises:
      ValueError: if it is of another `kind`, or `spec` is no specification of an environment.
    """
    if not isinstance(spec, EnvironmentSpec):
        raise ValueError(
            f"spec must be an EnvironmentSpec, not {spec!r}: pass the attribute spec of an "
            "environment of maxent_tf, or what maxent_tf.gymnasium_spec returns."
        )
    if config is None:
        return kind()
    if not isinstance(config, kind):
        raise ValueError(f"config must be a {kind.__name__}, not {config!r}.")
    return config


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
        return tuple(as_integer("batch_shape", n) for n in batch_shape)
    except (TypeError, ValueError):
        raise ValueError(
            f"batch_shape must be a sequence of positive integers, not {batch_shape!r}: pass [] "
            "for one learner, [8] for eight."
        ) from None


def per_learner(name: str, value: Any, batch_shape: tuple[int, ...]) -> tf.Tensor:
    """Returns a hyper-parameter as float32 [*P], or raises ValueError if it does not broadcast."""
    numbers_in(name, value)
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
    except TypeError as error:
        raise ValueError(
            f"{name} must be an optimiser of maxent_tf.optimizers, or act like one; {optimizer!r} "
            f"takes no step: {error}"
        ) from error
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
    if hasattr(state, "wrapped"):
        remedy = (
            "which is of a learner within a wrapper, such as one that normalises: use "
            "maxent_tf.learners.as_trained(learner, state) in place of the learner."
        )
    elif hasattr(state, "state"):
        remedy = "which has the state as its attribute `state`: pass that."
    else:
        remedy = "which is another's: pass what this learner's `init` or its training returned."
    raise ValueError(f"{name} needs {kind.__name__} as its state, not {given}, {remedy}")


def check_batch(
    spec: EnvironmentSpec, batch: Transition, leading: tuple[int | None, ...], extras: Any = ()
) -> None:
    """Raises ValueError unless the fields of `batch` have the shapes and dtypes they must have.

    Args:
      spec: of the world.
      batch: what a learner was given.
      leading: the axes every field must begin with; None fits any size.
      extras: the specs of what the learner needs of the extras, in their structure.
    """
    fields = transition_spec(spec.observation, spec.action, extras)
    for name, field, value in zip(batch._fields, fields, batch, strict=True):
        _check_field(f"batch.{name}", field, value, leading)


def _check_field(name: str, spec: Any, value: Any, leading: tuple[int | None, ...]) -> None:
    if isinstance(spec, dict):
        check_keys(name, spec, value)
        for key in sorted(spec):
            _check_field(f"{name}[{key!r}]", spec[key], value[key], leading)
        return
    if isinstance(spec, tuple):
        parts = spec._asdict() if hasattr(spec, "_asdict") else {}
        for key, part in parts.items():
            if part == ():  # of which the learner needs nothing
                continue
            if not hasattr(value, key):
                raise ValueError(
                    f"{name} lacks {key!r}: a transition must hold the extras that the learner's "
                    "`act` answered with its action."
                )
            _check_field(f"{name}.{key}", part, getattr(value, key), leading)
        return
    value = tf.convert_to_tensor(value)
    if not value.shape.is_compatible_with([*leading, *spec.shape]) or value.dtype != spec.dtype:
        expected = ", ".join("any" if n is None else str(n) for n in (*leading, *spec.shape))
        raise ValueError(
            f"{name} must be {spec.dtype.name} of shape [{expected}], not {value.dtype.name} of "
            f"shape {list(value.shape)}."
        )
