"""Tables as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table: the first column to the left, the others to the right.

    >>> print(text_table(["run", "return"], [["a", "-1.5"], ["bb", "10.0"]]))
    run  return
    a      -1.5
    bb     10.0
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = []
    for row in (header, *rows):
        first, *others = row
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def returns_table(returns: Mapping[str, np.ndarray]) -> str:
    """Returns the table of returns [learners, episodes] by kind: a row for each learner."""
    names = [f"{name} return" for name in returns]
    rows = [
        [str(i), *(f"{each[i].mean():.4g} ± {each[i].std():.3g}" for each in returns.values())]
        for i in range(len(next(iter(returns.values()))))
    ]
    return text_table(["learner", *names], rows)
