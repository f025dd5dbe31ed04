"""The checks that the learners' constructors share; each error names the value and the remedy."""

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
    "no_weight",
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
    """Checks the fields that all learners' configurations have, and brings them into one form.

    NumPy's integers become Python's, lists of sizes become tuples, and a number in the place of an
    optimiser becomes `Adam` with that learning rate.

    Raises:
      ValueError: If `hidden_sizes`, `activation` or an optimiser is not valid.
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
    """Returns the configuration of a learner; None becomes the default configuration.

    Raises:
      ValueError: If the configuration is not of the given `kind`, or if `spec` is not an
        `EnvironmentSpec` or one of two players.
    """
    if isinstance(spec, str):
        learner = kind.__name__.removesuffix("Config")
        raise ValueError(
            f"spec must be an EnvironmentSpec, not the id {spec!r}: write "
            f"{learner}(maxent_tf.gymnasium_spec({spec!r}))."
        )
    if not isinstance(spec, EnvironmentSpec):
        raise ValueError(
            f"spec must be an EnvironmentSpec, not {spec!r}: pass the attribute spec of an "
            "environment of maxent_tf, or what maxent_tf.gymnasium_spec returns."
        )
    if spec.num_players != 1:
        raise ValueError(
            f"spec must be of one player, not {spec.num_players}: the returns of this learner mix "
            "the rewards of the players. Plan with maxent_tf.search instead."
        )
    if config is None:
        return kind()
    if not isinstance(config, kind):
        raise ValueError(f"config must be a {kind.__name__}, not {config!r}.")
    return config


def discrete_actions(learner: str, spec: EnvironmentSpec) -> int:
    """Returns the number of actions, or raises ValueError if the actions are not `Discrete`."""
    if not isinstance(spec.action, Discrete):
        raise ValueError(
            f"{learner} needs one discrete action, a Discrete, not {spec.action}: use SAC for "
            "continuous actions, A2C or PPO for several discrete ones."
        )
    return spec.action.num_values


def as_batch_shape(batch_shape: Any) -> tuple[int, ...]:
    """Returns a batch shape as a tuple, or raises ValueError if it is not a valid shape."""
    try:
        return tuple(as_integer("batch_shape", n) for n in batch_shape)
    except (TypeError, ValueError):
        raise ValueError(
            f"batch_shape must be a sequence of positive integers, not {batch_shape!r}: pass [] "
            "for one learner, [8] for eight."
        ) from None


def per_learner(name: str, value: Any, batch_shape: tuple[int, ...]) -> tf.Tensor:
    """Returns a hyperparameter as float32 [*P]; raises ValueError if it does not broadcast to P."""
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
    """Raises ValueError unless a state is of the class that the learner's `init` returns."""
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
        remedy = (
            "which belongs to another learner: pass what this learner's `init` or its training "
            "returned."
        )
    raise ValueError(f"{name} needs {kind.__name__} as its state, not {given}, {remedy}")


def no_weight(weight: Any) -> None:
    """Raises ValueError if an on-policy learner was given importance weights."""
    if weight is not None:
        raise ValueError("weight must be None: fresh trajectories are drawn from no replay.")


def check_batch(
    spec: EnvironmentSpec, batch: Transition, leading: tuple[int | None, ...], extras: Any = ()
) -> None:
    """Raises ValueError unless the fields of `batch` have the shapes and dtypes they must have.

    Args:
      spec: The specification of the environment that the learner acts in.
      batch: The batch that the learner was given.
      leading: The axes with which every field must begin; None fits any size.
      extras: The specs of the extras that the learner needs, in their structure.
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
