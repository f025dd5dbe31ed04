"""What a run was configured with, in words that can be compared with another run's."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf


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
        for name, part in parts.items():
            self._describe(name, part, whole=True)

    def differences(self, stored: bytes) -> list[str]:
        """Returns what differs from a serialised configuration, one line each, if they are few."""
        other = json.loads(stored)
        lines: dict[str, str] = {}
        for name in {**other, **self.items}:
            then, now = other.get(name, "nothing"), self.items.get(name, "nothing")
            # What is part of something else differs with it.
            if then != now and not any(name.startswith((f"{x}.", f"{x}[")) for x in lines):
                then, now = _where_they_differ(then, now)
                lines[name] = f"{name} was {then} and is {now}"
        shown = list(lines.values())[:_MOST_DIFFERENCES]
        more = len(lines) - len(shown)
        return [*shown, f"{more} more"] if more else shown

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


# A page of differences helps no more than these, and the bounds of an image fill many.
_MOST_DIFFERENCES = 8
_LONGEST_DESCRIPTION = 100


def _where_they_differ(*texts: str) -> tuple[str, ...]:
    """Two descriptions, or of long ones what is around the first difference."""
    if max(map(len, texts)) <= _LONGEST_DESCRIPTION:
        return texts
    shortest = min(map(len, texts))
    alike = next((i for i in range(shortest) if len({text[i] for text in texts}) > 1), shortest)
    start = max(alike - _LONGEST_DESCRIPTION // 2, 0)
    end = start + _LONGEST_DESCRIPTION
    return tuple(
        f"{'...' if start else ''}{text[start:end]}{'...' if end < len(text) else ''}"
        for text in texts
    )


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
