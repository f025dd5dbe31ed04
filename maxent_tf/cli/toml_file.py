"""Plain settings as TOML files. TOML has no null: the word "None" stands for it."""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Mapping
from typing import Any

from maxent_tf.cli.extras import require


def dumps(content: Mapping[str, Any]) -> str:
    """Returns plain data as TOML: numbers, texts, sequences of these, and dicts of all that.

    >>> plain = {"alpha": 0.5, "sizes": (8, 8), "clip": None, "inner": {"kind": "adam"}}
    >>> print(dumps(plain), end="")
    alpha = 0.5
    sizes = [8, 8]
    clip = "None"
    <BLANKLINE>
    [inner]
    kind = "adam"
    """
    return "\n".join(_lines(content, ())) + "\n"


def _lines(content: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    tables = {key: value for key, value in content.items() if isinstance(value, Mapping)}
    lines = [f"{key} = {_value(x)}" for key, x in content.items() if key not in tables]
    for key, table in tables.items():
        lines += ["", f"[{'.'.join((*path, key))}]", *_lines(table, (*path, key))]
    return lines


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    # A text of JSON is one of TOML, but numbers are Python's: infinity is inf.
    return repr(value) if isinstance(value, int | float) else json.dumps(str(value))


def load(path: str | pathlib.Path) -> dict[str, Any]:
    """Returns the plain data of a TOML file.

    Raises:
      ValueError: If there is no such file, or it is no TOML.
      ImportError: On Python 3.10, if tomli is missing.
    """
    tomllib = require("tomllib" if sys.version_info >= (3, 11) else "tomli", "cli")
    try:
        return _with_none(tomllib.loads(pathlib.Path(path).read_text("utf-8")))
    except FileNotFoundError:
        raise ValueError(f"there is no file {str(path)!r}.") from None
    except ValueError as error:
        raise ValueError(f"{str(path)!r} is no TOML: {error}.") from error


def _with_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_none(x) for key, x in value.items()}
    if isinstance(value, list):
        return tuple(map(_with_none, value))
    return None if value == "None" else value
