"""Observations as tensors by name, which the signatures of stored programs take.

A signature knows no nested structures. An observation is the input "observation"; the part "speed"
of the part "inner" of an observation is the input "observation_inner_speed".
"""

from __future__ import annotations

import re
from typing import Any

from maxent_tf.specs import ObservationSpec


def named(spec: ObservationSpec, observation: Any) -> dict[str, Any]:
    """Returns the parts of an observation by their names.

    Args:
      spec: The spec of the observation.
      observation: The observation, or anything of its structure, such as `spec` itself.

    Raises:
      ValueError: If two parts would have the same name.
    """
    pairs = list(_pairs("observation", spec, observation))
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"two parts of the observation are both named {twice[0]!r} in a stored program, where "
            "letters, digits and underscores make a name: rename a key of the observation."
        )
    return dict(pairs)


def nested(spec: ObservationSpec, parts: dict[str, Any]) -> Any:
    """Undoes `named`."""
    return _nested("observation", spec, parts)


def _name(name: str, key: str) -> str:
    return f"{name}_{re.sub(r'[^A-Za-z0-9_]', '_', key)}"


def _pairs(name: str, spec: Any, observation: Any) -> Any:
    if not isinstance(spec, dict):
        yield name, observation
        return
    for key, part in spec.items():
        yield from _pairs(_name(name, key), part, observation[key])


def _nested(name: str, spec: Any, parts: dict[str, Any]) -> Any:
    if not isinstance(spec, dict):
        return parts[name]
    return {key: _nested(_name(name, key), part, parts) for key, part in spec.items()}
