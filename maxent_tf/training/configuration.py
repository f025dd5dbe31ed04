"""What a run was configured with, in words that can be compared with another run's."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
import re
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.learners import Learner


class Configuration(tf.train.experimental.PythonState):
    """A description of a run, which a checkpoint carries.

    Args:
      parts: from names to configurations of anything; dataclasses, structures, arrays and functions
        are described by what is in them, other objects by their type and their public attributes.

    >>> Configuration({"optimizer": {"rate": 0.1}}).items
    {'optimizer.rate': '0.1'}
    """

    def __init__(self, parts: Mapping[str, Any]):
        self.items: dict[str, str] = {}
        self._parts = set(parts)
        for name, part in parts.items():
            self._describe(name, part, whole=True)

    def differences(self, stored: bytes) -> list[str]:
        """Returns what differs from a serialised configuration, one line each.

        Only the parts that are described here are compared.
        """
        other = {
            name: item for name, item in stored_items(stored).items() if _root(name) in self._parts
        }
        lines: dict[str, str] = {}
        for name in {**other, **self.items}:
            then, now = other.get(name, "nothing"), self.items.get(name, "nothing")
            # What is part of something else differs with it.
            if then != now and not any(name.startswith((f"{x}.", f"{x}[")) for x in lines):
                lines[name] = f"{name} was {then} and is {now}"
        return list(lines.values())

    def serialize(self) -> bytes:
        """Returns the description as JSON."""
        return json.dumps(self.items).encode()

    def deserialize(self, string_value: bytes) -> None:
        """Takes in nothing: what is restored is the configuration already."""

    def _describe(self, name: str, value: Any, whole: bool) -> None:
        if isinstance(value, np.ndarray | np.generic) or tf.is_tensor(value):
            self.items[name] = _array(np.asarray(value))
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            self.items[name] = type(value).__qualname__
            for field in dataclasses.fields(value):
                self._describe(f"{name}.{field.name}", getattr(value, field.name), whole=False)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                self._describe(f"{name}.{key}", item, whole=whole)
        elif isinstance(value, tuple | list) and not _is_plain(value):
            for index, item in enumerate(value):
                self._describe(f"{name}[{index}]", item, whole=False)
        elif isinstance(value, types.FunctionType):
            self.items[name] = f"{value.__module__}.{value.__qualname__}"
            for variable, item in inspect.getclosurevars(value).nonlocals.items():
                if item is not value:  # a function that calls itself
                    self._describe(f"{name}.{variable}", item, whole=False)
        elif _is_plain(value):
            self.items[name] = repr(value)
        else:
            self.items[name] = type(value).__qualname__
            # One level deep: beyond, objects may refer to each other, or hold what changes.
            for key, item in vars(value).items() if whole and hasattr(value, "__dict__") else ():
                if not key.startswith("_"):
                    self._describe(f"{name}.{key}", item, whole=False)


def learner_settings(learner: Learner) -> dict[str, Any]:
    """Returns the parts of a run's configuration that its learner decides, by name."""
    return {
        "learner": type(learner).__qualname__,
        "config": getattr(learner, "config", None),
        "spec": learner.spec,
        "batch_shape": tuple(learner.batch_shape),
    }


def stored_items(stored: bytes) -> dict[str, str]:
    """Returns the items of a serialised configuration."""
    return json.loads(stored)


def _root(name: str) -> str:
    """Returns the part that an item belongs to."""
    return re.split(r"[.\[]", name, maxsplit=1)[0]


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


# Longer arrays are told apart by a digest.
_LONGEST_SHOWN = 16


def _array(value: np.ndarray) -> str:
    if value.size <= _LONGEST_SHOWN:
        return repr(value.tolist())
    digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:12]
    return f"{value.dtype} of shape {list(value.shape)}, sha256 {digest}"
