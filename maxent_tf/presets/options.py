"""The hyperparameters of a learner that are numbers or words."""

from __future__ import annotations

import functools
import inspect
import re
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, NamedTuple, Union, get_args, get_type_hints

from maxent_tf.exploration import StateDependentExploration
from maxent_tf.optimizers import SGD, Adam, RMSProp
from maxent_tf.presets.algorithms import named

OPTIMIZERS: dict[str, Any] = {"adam": Adam, "rmsprop": RMSProp, "sgd": SGD}


@dataclass(frozen=True)
class OptimizerOptions:
    """An optimiser.

    Attributes:
      kind: The rule by which parameters follow their gradients.
      learning_rate: The learning rate; that of the first update if `final_learning_rate` is given.
      final_learning_rate: The learning rate at the end of the run, to which it changes linearly;
        None keeps it constant.
      epsilon: The number that keeps steps finite, positive; None for that of the learner's default
        optimiser, or of `kind` itself where `kind` is another one.
    """

    kind: Literal["adam", "rmsprop", "sgd"]
    learning_rate: float
    final_learning_rate: float | None = None
    epsilon: float | None = None


@dataclass(frozen=True)
class AutoAlphaOptions:
    """The automatic temperature, which counts only if alpha is "auto".

    Attributes:
      target: The target entropy: "minus_dim" or "minus_half_dim" for continuous actions; a fraction
        of the largest entropy, in (0, .95], for discrete ones; None for "minus_dim" or 0.3.
      initial: The first alpha, in reward per nat, positive.
      learning_rate: The learning rate of Adam on log alpha.
    """

    target: float | Literal["minus_dim", "minus_half_dim"] | None = None
    initial: float = 1.0
    learning_rate: float = 3e-4


@dataclass(frozen=True)
class ExplorationOptions:
    """How continuous actions explore.

    Attributes:
      kind: "independent" draws noise anew at every step; "state-dependent" noise is a function of
        the state, which stays the same for some steps.
      period: The number of steps of each environment between two draws of state-dependent noise.
      initial_scale: The initial scale of state-dependent noise, positive, in pre-tanh units for
        each unit of a feature.
    """

    kind: Literal["independent", "state-dependent"] = "independent"
    period: int = StateDependentExploration.period
    initial_scale: float = StateDependentExploration.initial_scale


class Option(NamedTuple):
    """A hyperparameter that is plain data.

    Attributes:
      name: The name.
      kind: The type of its values: a type of Python, or one of the dataclasses of this module.
      default: The value in the learner's default configuration.
      help: What the documentation of the configuration says about it.
    """

    name: str
    kind: Any
    default: Any
    help: str


_ALPHA_FINAL = (
    "The temperature at the end of the run, in reward per nat, to which alpha changes linearly; "
    "None keeps alpha constant."
)


@functools.cache
def options(algo: str) -> tuple[Option, ...]:
    """Returns the hyperparameters of an algorithm that are plain data, in the learner's order.

    Those that are objects, such as a network of one's own or priorities of replay, are left out.
    The temperature `alpha` is a number or "auto"; `alpha_final` and `auto_alpha` belong to it.

    Args:
      algo: One of `ALGORITHMS`.

    Raises:
      ValueError: If the algorithm is unknown.

    >>> [option.name for option in options("sql")][:3]
    ['network', 'hidden_sizes', 'activation']
    """
    config = named(algo).config
    kinds, helps = get_type_hints(config), _described(config)
    found: list[Option] = []
    for field in fields(config):
        factory = field.default_factory
        default: Any = field.default if factory is MISSING else factory()
        if field.name == "alpha":
            alpha = Option("alpha", Union[float, Literal["auto"]], default, _ALPHA)  # noqa: UP007
            found.append(alpha)
            found.append(Option("alpha_final", float | None, None, _ALPHA_FINAL))
            auto = AutoAlphaOptions()
            found.append(Option("auto_alpha", AutoAlphaOptions, auto, _summary(auto)))
            continue
        kind = _plain_kind(field.name, kinds[field.name], default)
        if kind is OptimizerOptions:
            default = OptimizerOptions(_kind_of(default), default.learning_rate)
            helps[field.name] = helps[field.name].partition(". ")[0] + "."
        if kind is ExplorationOptions:
            default = ExplorationOptions()
            helps[field.name] = _summary(default)
        if kind is not None:
            found.append(Option(field.name, kind, default, helps[field.name]))
    return tuple(found)


_ALPHA = (
    "The temperature, in reward per nat (for PPO, standard deviations of the advantage per nat): a "
    'number, or "auto" for an automatic temperature.'
)
_PLAIN = (bool, int, float, str, type(None))


def _plain_kind(name: str, kind: Any, default: Any) -> Any:
    """Returns the type of a hyperparameter's plain values; None if it has none."""
    if name.endswith("optimizer"):
        return OptimizerOptions
    if name == "exploration":
        return ExplorationOptions
    if kind is Any:  # a number that may be a tensor, a word that may be an object
        return float | None if default is None else type(default)
    inner = [x for x in get_args(kind) if x is not Ellipsis] or [kind]
    return kind if all(x in _PLAIN for x in inner) else None


def _kind_of(optimizer: Any) -> Any:
    return next(kind for kind, made in OPTIMIZERS.items() if type(optimizer) is made)


def _summary(value: Any) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]


def _described(config: Any) -> dict[str, str]:
    """Returns what the docstring of a configuration says about each attribute."""
    text = inspect.getdoc(config) or ""
    attributes = text.partition("Attributes:\n")[2].partition("\nRaises:")[0]
    parts = re.findall(r"^  (\w+): (.*(?:\n    .*)*)", attributes, re.MULTILINE)
    # Plain data has no tensors, and no networks of one's own.
    plain = re.compile(r"; may be a tensor that broadcasts to `P`|[;,] or a `Network` .*(?=\.$)")
    return {name: plain.sub("", " ".join(words.split())) for name, words in parts}
