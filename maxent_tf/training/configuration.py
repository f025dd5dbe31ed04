"""The configuration of a run, described in words that can be compared with those of another run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from maxent_tf.learners import Learner, Wrapper
from maxent_tf.training.description import Description

# Of the serialised form. The first was less deep, and of a time with another storage of tensors.
_FORMAT = 2


class Configuration(tf.train.experimental.PythonState):
    """A description of a run, which a checkpoint carries.

    Args:
      parts: A dict from names to configurations of any type; see `Description`.

    >>> Configuration({"optimizer": {"rate": 0.1}}).items
    {'optimizer.rate': '0.1'}
    """

    def __init__(self, parts: Mapping[str, Any]):
        self._parts = set(parts)
        self._description = Description()
        for name, part in parts.items():
            self._description.add(name, part)

    @property
    def items(self) -> dict[str, str]:
        """The descriptions that can be compared, by their paths."""
        return self._description.items

    @property
    def is_partial(self) -> bool:
        """Whether there is something that cannot be described."""
        return bool(self._description.opaque)

    def differences(self, stored: bytes) -> list[str]:
        """Returns the differences from a serialised configuration, a line each; only the first few.

        Only the parts that are described here are compared.
        """
        if json.loads(stored).get("format") != _FORMAT:
            return ["an earlier version of maxent_tf wrote it, in a form that is no longer read"]
        other, items = self._in_parts(stored_items(stored)), self.items
        lines: dict[str, str] = {}
        for name in {**other, **items}:
            then, now = other.get(name, "nothing"), items.get(name, "nothing")
            # What is part of something else differs with it.
            if then != now and not any(name.startswith((f"{x}.", f"{x}[")) for x in lines):
                lines[name] = f"{name} was {then} and is {now}"
        shown = list(lines.values())[:_MOST_DIFFERENCES]
        more = len(lines) - len(shown)
        return [*shown, f"{more} more"] if more else shown

    def uncompared(self, stored: bytes) -> list[str]:
        """Returns what may differ from a serialised configuration without notice, a line each."""
        description = self._description
        lines = [
            f"{name} ({kind} does not show its contents)"
            for name, kind in description.opaque.items()
        ]
        then = self._in_parts(json.loads(stored)["code"])
        for name in then.keys() & description.code.keys():
            if then[name] != description.code[name]:
                same = then[name].split()[0] == description.code[name].split()[0]
                why = "has changed" if same else f"was compiled by {then[name].split()[0]}"
                lines.append(f"{name} (its code {why})")
        return sorted(lines)

    def serialize(self) -> bytes:
        """Returns the description as JSON."""
        content = {"format": _FORMAT, "items": self.items, "code": self._description.code}
        return json.dumps(content).encode()

    def deserialize(self, string_value: bytes) -> None:
        """Does nothing: the restored object already holds the configuration of the present run."""

    def _in_parts(self, stored: Mapping[str, str]) -> dict[str, str]:
        """Returns the items that belong to a part that is described here."""
        return {
            name: item
            for name, item in stored.items()
            if re.split(r"[.\[{]", name, maxsplit=1)[0] in self._parts
        }


# A page of differences helps no more than these.
_MOST_DIFFERENCES = 8


def learner_settings(learner: Learner) -> dict[str, Any]:
    """Returns the parts of a run's configuration that follow from its learner, by name.

    A data-parallel learner has those of the learner inside: the one can go on with the other's run.
    """
    inside: Any = getattr(learner, "learner", None)
    if learner.strategy is not None and not isinstance(learner, Wrapper):
        return learner_settings(inside)
    settings = {
        "learner": type(learner).__qualname__,
        "config": getattr(learner, "config", None),
        "spec": learner.spec,
        "batch_shape": tuple(learner.batch_shape),
    }
    return settings if inside is None else {**settings, "inside": learner_settings(inside)}


def stored_items(stored: bytes) -> dict[str, str]:
    """Returns the items of a serialised configuration."""
    return json.loads(stored)["items"]
