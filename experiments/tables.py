"""Rows as a table that reads both in a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
Cell = str | Callable[[Row], str]


def table(rows: Iterable[Row], columns: Mapping[str, Cell]) -> str:
    """Returns rows as a Markdown table whose columns are aligned.

    Args:
      rows: One for each line.
      columns: By title, what a row has there: a format string of the row's entries, such as
        "{alpha:g}", or a function of the row.

    >>> print(table([{"alpha": 0.1, "seeds": 20}], {"alpha": "{alpha:g}", "learners": "{seeds}"}))
    | alpha | learners |
    |-------|----------|
    | 0.1   | 20       |
    """
    lines = [
        [cell(row) if callable(cell) else cell.format(**row) for cell in columns.values()]
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(columns, *lines, strict=True)]
    rule = "|".join("-" * (width + 2) for width in widths)
    header, *body = (
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in (list(columns), *lines)
    )
    return "\n".join([f"| {header} |", f"|{rule}|", *(f"| {line} |" for line in body)])


def interval(name: str, form: str, bounds: str | None = None) -> str:
    """Returns the format string of an entry and its interval, the entry `NAME_interval`.

    Args:
      name: The entry.
      form: The format of the entry and of both bounds, such as ".2f".
      bounds: The entry of the interval, if it has another name.

    >>> interval("iqm", ".2f").format(iqm=0.5, iqm_interval=[0.25, 0.75])
    '0.50 [0.25, 0.75]'
    """
    bounds = bounds or f"{name}_interval"
    return f"{{{name}:{form}}} [{{{bounds}[0]:{form}}}, {{{bounds}[1]:{form}}}]"


def where_known(form: str, name: str) -> Callable[[Row], str]:
    """Returns a cell that is empty in rows without an entry, or whose entry is None.

    Args:
      form: The format string of the cell.
      name: The entry.
    """
    return lambda row: "" if row.get(name) is None else form.format(**row)
