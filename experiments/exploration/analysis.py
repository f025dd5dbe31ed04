"""From the arrays to tables and a verdict."""

from __future__ import annotations

import numpy as np

from experiments import tables
from experiments.exploration.sweep import LABELS, LEVELS, Sweep
from experiments.frame import Arrays, Row


def rows(sweep: Sweep, arrays: Arrays) -> list[Row]:
    """Returns the row of a sweep, in plain numbers.

    An environment is solved after `median` steps, or episodes of DeepSea, by half of the learners;
    None stands for never.
    """
    unit = sweep.size if sweep.world == "deep_sea" else 1
    median = float(np.median(arrays["solved"])) / unit
    returns = arrays["return"][-max(1, len(arrays["return"]) // 10) :]
    seen = returns[np.isfinite(returns)]
    return [
        {
            "world": sweep.world,
            "size": sweep.size,
            "method": sweep.method,
            "seeds": sweep.seeds,
            "solved": int(np.isfinite(arrays["solved"]).sum()),
            "median": median if np.isfinite(median) else None,
            "limit": sweep.steps / unit,
            "last_return": float(seen.mean()) if seen.size else None,
        }
    ]


def table(found: list[Row]) -> str:
    """Returns the rows as a table for each kind of environment."""
    parts = []
    deep = [row for row in found if row["world"] == "deep_sea"]
    if deep:
        sizes = sorted({row["size"] for row in deep})
        lines = [
            {"method": LABELS[method], **{f"n{size}": _cell(deep, method, size) for size in sizes}}
            for method in _methods(deep)
        ]
        columns = {"DeepSea, episodes to solve": "{method}"}
        parts.append(tables.table(lines, columns | {f"N = {n}": f"{{n{n}}}" for n in sizes}))
    others = [row for row in found if row["world"] != "deep_sea"]
    if others:
        parts.append(
            tables.table(
                others,
                {
                    "environment": "{world}",
                    "method": lambda row: LABELS[row["method"]],
                    "solved": "{solved} of {seeds}",
                    "steps, median": tables.where_known("{median:,.0f}", "median"),
                    "return at the end": tables.where_known("{last_return:.2f}", "last_return"),
                },
            )
        )
    return "\n\n".join(parts)


def _cell(deep: list[Row], method: str, size: int) -> str:
    for row in deep:
        if (row["method"], row["size"]) == (method, size):
            if row["median"] is None:
                return f"{row['solved']} of {row['seeds']} in {row['limit']:,.0f}"
            return f"{row['median']:,.0f}"
    return ""


def _methods(found: list[Row]) -> list[str]:
    return list(dict.fromkeys(row["method"] for row in found))


def verdict(found: list[Row]) -> str:
    """Returns how far each method explores, in sentences made from the rows."""
    sentences = []
    deep = [row for row in found if row["world"] == "deep_sea"]
    for method in _methods(deep):
        mine = [row for row in deep if row["method"] == method]
        solved = [row["size"] for row in mine if row["median"] is not None]
        missed = [row["size"] for row in mine if row["median"] is None]
        reach = f"solves DeepSea up to N = {max(solved)}" if solved else "solves no DeepSea"
        beyond = f", and not N = {min(missed)}" if missed else ""
        sentences.append(f"{LABELS[method][0].upper()}{LABELS[method][1:]} {reach}{beyond}.")
    for world in LEVELS:
        mine = [row for row in found if row["world"] == world]
        if not mine:
            continue
        able = [LABELS[row["method"]] for row in mine if row["median"] is not None]
        who = ", ".join(able) if able else "no method"
        sentences.append(f"On {world}, half of the learners arrive by: {who}.")
    return "\n".join(sentences)
