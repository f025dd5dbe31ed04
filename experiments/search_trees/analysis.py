"""From the arrays to a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import student, tables
from experiments.frame import Arrays, Row
from experiments.search_trees.sweep import LABELS, Sweep

# The searches should know the root of trees with at most so many leaves to within this.
SMALL, TOLERANCE = 512, 0.01

# The methods whose values converge to a regularised recursion at a fixed temperature.
REGULARISED = ("ments", "rents", "rents_oracle", "tents")


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each depth and method, after all simulations, in plain numbers.

    The error is the distance of the root's value from what it converges to, and the true error the
    distance from the largest mean of a leaf, which is 1. The bias is the distance of these two. The
    regret is what the first actions of the simulations lost, on average, and the simple regret what
    the action would lose that the search would take. The regrets are those of each tree.
    """
    last = {name: arrays[name][..., -1] for name in ("value", "regret", "simple_regret")}
    for i, method in enumerate(sweep.methods):
        for j, depth in enumerate(sweep.depths):
            value, exact = last["value"][i, j], arrays["exact"][i, j][:, np.newaxis]
            error, regrets = np.abs(value - exact), last["regret"][i, j].mean(axis=-1)
            yield {
                "method": method,
                "branching": sweep.branching,
                "depth": depth,
                "leaves": sweep.branching**depth,
                "simulations": int(arrays["simulations"][-1]),
                "searches": error.size,
                "exact": float(exact.mean()),
                "bias": float(np.abs(exact - 1).mean()),
                "error": float(error.mean()),
                "error_interval": list(student.mean_interval(error.mean(axis=-1))),
                "error_largest": float(error.max()),
                "true_error": float(np.abs(value - 1).mean()),
                "regret": float(regrets.mean()),
                "regrets": regrets.tolist(),
                "simple_regret": float(last["simple_regret"][i, j].mean()),
            }


def summary(found: list[Row]) -> list[Row]:
    """Returns a row for each method and kind of tree, small and large, over all shapes of trees."""
    summaries = []
    for method in dict.fromkeys(row["method"] for row in found):
        for small in (True, False):
            cells = [
                row
                for row in found
                if row["method"] == method and (row["leaves"] <= SMALL) == small
            ]
            if cells:
                mean = {
                    name: float(np.mean([row[name] for row in cells]))
                    for name in ("bias", "error", "true_error", "regret", "simple_regret")
                }
                largest = max(row["error"] for row in cells)
                summaries.append(
                    {
                        "method": method,
                        "small": small,
                        "cells": len(cells),
                        **mean,
                        "worst": largest,
                    }
                )
    return summaries


def table(found: list[Row]) -> str:
    """Returns the means over all shapes of trees as a table for people."""
    return tables.table(
        summary(found),
        {
            "search": lambda row: LABELS[row["method"]],
            "leaves": lambda row: f"{'up to' if row['small'] else 'above'} {SMALL}",
            "shapes of trees": "{cells}",
            "error of the root's value": "{error:.4f}",
            "in the worst shape": "{worst:.4f}",
            "bias of its limit": "{bias:.3f}",
            "distance from the true value": "{true_error:.3f}",
            "regret": "{regret:.4f}",
            "simple regret": "{simple_regret:.4f}",
        },
    )


def verdict(found: list[Row]) -> str:
    """Returns what the searches know, what entropy costs, and what it gains, from the rows."""
    kept = {(row["method"], row["small"]): row for row in summary(found)}
    present = [method for method in LABELS if (method, True) in kept]
    simulations = found[0]["simulations"]
    lines = []
    small = [r for r in found if r["leaves"] <= SMALL and r["method"] in REGULARISED]
    near = sum(row["error"] <= TOLERANCE for row in small)
    worst = max(small, key=lambda row: row["error"])
    lines.append(
        f"Up to {SMALL} leaves, the root's value after {simulations:,} simulations is within "
        f"{TOLERANCE:g} of the regularised recursion in {near} of {len(small)} cases; the worst is "
        f"{worst['error']:.4f}, by {LABELS[worst['method']]} with {worst['branching']} actions and "
        f"depth {worst['depth']}."
    )
    for is_small, where in ((True, f"up to {SMALL} leaves"), (False, "in larger trees")):
        for name, what in (
            ("true_error", "the distance of the root's value from the true value"),
            ("regret", "the regret of a simulation"),
            ("simple_regret", "the regret of the action that is found best"),
        ):
            parts = [
                f"{LABELS[method]} {kept[method, is_small][name]:.4f}"
                for method in present
                if (method, is_small) in kept
            ]
            if parts:
                lines.append(f"On average over trees {where}, {what}: {'; '.join(parts)}.")
    for base in ("uct", "uct_textbook"):
        parts = []
        for method in [m for m in present if m in (*REGULARISED, "dents") and base in present]:
            difference = _paired(found, method, base)
            mean, (low, high) = difference.mean(), student.mean_interval(difference)
            parts.append(f"{LABELS[method]} {mean:+.4f} [{low:+.4f}, {high:+.4f}]")
        if parts:
            lines.append(
                f"Over all trees, the regret differs from that of {LABELS[base]} by "
                f"{'; '.join(parts)}."
            )
    return "\n".join(lines)


def _paired(found: list[Row], method: str, base: str) -> np.ndarray:
    """Returns how much more a method regrets than another, in each tree."""
    regrets: list[list[float]] = [[], []]
    for row in found:
        for i, name in enumerate((method, base)):
            if row["method"] == name:
                regrets[i].extend(row["regrets"])
    return np.subtract(*regrets)
