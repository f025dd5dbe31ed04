"""Learners of plain data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from maxent_tf import temperature
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import Learner
from maxent_tf.presets.algorithms import named
from maxent_tf.presets.options import (
    OPTIMIZERS,
    AutoAlphaOptions,
    ExplorationOptions,
    OptimizerOptions,
    options,
)
from maxent_tf.specs import Box, EnvironmentSpec


def make_config(
    algo: str,
    values: Mapping[str, Any],
    spec: EnvironmentSpec,
    num_steps: int,
    num_envs: int = 1,
) -> Any:
    """Returns the configuration of a learner that plain data describes.

    What changes during a run, `alpha_final` and `final_learning_rate`, changes over all updates of
    the run. An off-policy learner makes its last updates `learning_starts` steps short of the end
    of these changes.

    Args:
      algo: One of `ALGORITHMS`.
      values: Hyperparameters by name, as `options` lists them; the others have their defaults.
        Options that are dataclasses are dicts here, which need not be complete.
      spec: The specification of the environment, on which automatic temperatures depend.
      num_steps: The number of steps that each learner will take.
      num_envs: The number of parallel environments of each learner.

    Raises:
      ValueError: If a name is unknown, or a value is out of range.

    >>> from maxent_tf.specs import Box, Discrete, EnvironmentSpec
    >>> spec = EnvironmentSpec(Box.of((4,), -1.0, 1.0), Discrete(2))
    >>> make_config("a2c", {"alpha": 0.5, "alpha_final": 0.0}, spec, num_steps=1000).alpha
    linear(initial=0.5, final=0.0, steps=200)
    """
    plain = {option.name: option.default for option in options(algo)}
    unknown = sorted(values.keys() - plain.keys())
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is no plain hyperparameter of {algo!r}; there are {sorted(plain)}."
        )
    for name, value in values.items():
        is_group = dataclasses.is_dataclass(plain[name])
        plain[name] = _replaced(name, plain[name], value) if is_group else value
    updates, gradient_steps = _updates(plain, num_steps, num_envs)
    final, auto = plain.pop("alpha_final"), plain.pop("auto_alpha")
    plain["alpha"] = _alpha(algo, plain["alpha"], final, auto, spec, updates)
    usual = named(algo).config()
    for name, value in plain.items():
        if isinstance(value, OptimizerOptions):
            plain[name] = _optimizer(value, getattr(usual, name), gradient_steps)
        elif isinstance(value, ExplorationOptions):
            plain[name] = _exploration(value)
    return named(algo).config(**plain)


def make_learner(
    algo: str,
    values: Mapping[str, Any],
    spec: EnvironmentSpec,
    num_steps: int,
    num_envs: int = 1,
    batch_shape: Sequence[int] = (),
) -> Learner:
    """Returns the learner that plain data describes.

    Args:
      algo: One of `ALGORITHMS`.
      values: Hyperparameters, as for `make_config`.
      spec: The specification of the environment that the learner acts in.
      num_steps: The number of steps that each learner will take.
      num_envs: The number of parallel environments of each learner.
      batch_shape: The batch shape `P` of the learners, which have equal hyperparameters.

    Raises:
      ValueError: If a name is unknown, a value is out of range, or the environment's actions are
        not of the learner's kind.
    """
    config = make_config(algo, values, spec, num_steps, num_envs)
    return named(algo).learner(spec, config, batch_shape=batch_shape)


def _replaced(name: str, group: Any, values: Mapping[str, Any]) -> Any:
    unknown = sorted(values.keys() - {field.name for field in dataclasses.fields(group)})
    if unknown:
        raise ValueError(f"{name} has no {unknown[0]!r}; it has {sorted(vars(group))}.")
    return dataclasses.replace(group, **values)


def _updates(plain: Mapping[str, Any], num_steps: int, num_envs: int) -> tuple[int, int]:
    """Returns the number of updates of a run, and of the gradient steps in them, at least 1."""
    if "rollout_length" in plain:
        updates = math.ceil(num_steps / (plain["rollout_length"] * num_envs))
        return updates, updates * plain.get("num_epochs", 1) * plain.get("num_minibatches", 1)
    updates = math.ceil(num_steps * plain["updates_per_step"])
    return updates, updates


def _alpha(
    algo: str,
    alpha: Any,
    final: float | None,
    auto: AutoAlphaOptions,
    spec: EnvironmentSpec,
    updates: int,
) -> Any:
    if alpha == "auto":
        if final is not None:
            raise ValueError(f'alpha_final={final} needs a number as alpha, not "auto".')
        if named(algo).default_auto is not None and auto == AutoAlphaOptions():
            return alpha  # the learner's own, which knows of illegal actions
        rule = auto.target
        if rule is None:
            rule = "minus_dim" if isinstance(spec.action, Box) else 0.3
        target = temperature.target_entropy(spec.action, rule)
        return temperature.AutoTemperature(target, auto.initial, auto.learning_rate)
    if auto != AutoAlphaOptions():
        raise ValueError(f'auto_alpha={auto} needs alpha="auto", not {alpha}.')
    if final is None:
        return alpha
    if algo == "sql" and not final > 0:
        raise ValueError(f"alpha_final must be positive for SQL, which divides by it, not {final}.")
    return temperature.linear(alpha, final, updates)


def _optimizer(chosen: OptimizerOptions, usual: Any, updates: int) -> Any:
    rate: Any = chosen.learning_rate
    if chosen.final_learning_rate is not None:
        rate = temperature.linear(rate, chosen.final_learning_rate, updates)
    more = {} if chosen.epsilon is None else {"epsilon": chosen.epsilon}
    kind = OPTIMIZERS[chosen.kind]
    if chosen.kind == "sgd" and more:
        raise ValueError(f"epsilon={chosen.epsilon} is none of SGD's: leave it out.")
    if type(usual) is kind:
        return dataclasses.replace(usual, learning_rate=rate, **more)
    return kind(rate, **more)


def _exploration(chosen: ExplorationOptions) -> StateDependentExploration | None:
    if chosen.kind == "state-dependent":
        return StateDependentExploration(chosen.period, chosen.initial_scale)
    if chosen != ExplorationOptions():
        raise ValueError(
            f"exploration={chosen} has values of state-dependent noise: they need kind="
            '"state-dependent".'
        )
    return None
