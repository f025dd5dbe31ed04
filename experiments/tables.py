"""Rows as a table that reads well both in a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from maxent_tf.ablation.table import Cell, Row, table

__all__ = ["Cell", "Row", "by", "interval", "table", "where_known"]

_Row = TypeVar("_Row", bound=Row)


def interval(name: str, form: str, bounds: str | None = None) -> str:
    """Returns the format string of an entry and its interval, the entry `NAME_interval`.

    Args:
      name: The name of the entry.
      form: The format of the entry and of both bounds, such as ".2f".
      bounds: The name of the interval's entry, if it is another one.

    >>> interval("iqm", ".2f").format(iqm=0.5, iqm_interval=[0.25, 0.75])
    '0.50 [0.25, 0.75]'
    """
    bounds = bounds or f"{name}_interval"
    return f"{{{name}:{form}}} [{{{bounds}[0]:{form}}}, {{{bounds}[1]:{form}}}]"


def where_known(form: str, name: str) -> Callable[[Row], str]:
    """Returns a cell that is empty in rows without an entry, or whose entry is None.

    Args:
      form: The format string of the cell.
      name: The name of the entry.
    """
    return lambda row: "" if row.get(name) is None else form.format(**row)


def by(rows: Iterable[_Row], *names: str) -> dict[Any, list[_Row]]:
    """Returns the rows in groups that agree in some entries, in the order of their first rows.

    Args:
      rows: The rows.
      *names: The entries. With one, the keys of the groups are its values; with more, tuples.

    >>> by([{"a": 1, "b": 2}, {"a": 1, "b": 3}], "a")
    {1: [{'a': 1, 'b': 2}, {'a': 1, 'b': 3}]}
    """
    groups: dict[Any, list[_Row]] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        groups.setdefault(key if len(names) > 1 else key[0], []).append(row)
    return groups
