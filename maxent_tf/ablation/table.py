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
