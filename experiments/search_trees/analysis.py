"""The analysis: from the arrays to a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import student, tables
from experiments.frame import Arrays, Row
from experiments.search_trees.sweep import LABELS, REGULARISED, Sweep

# The searches should know the value of the root to within this, in trees with at most so many
# leaves.
SMALL, TOLERANCE = 512, 0.01


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each depth and method, after all simulations, in plain numbers.

    The error is the distance of the root's value from its limit, and the true error the distance
    from the largest mean of a leaf, which is 1. The bias is the distance between this limit and
    this mean. The regret is the average loss by the first actions of the simulations, and the
    simple regret the loss by the action that the search would take. The regrets are those of each
    tree.
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
    for method, mine in tables.by(found, "method").items():
        for small in (True, False):
            cells = [row for row in mine if (row["leaves"] <= SMALL) == small]
            if cells:
                row: Row = {"method": method, "small": small, "cells": len(cells)}
                for name in ("bias", "error", "true_error", "regret", "simple_regret"):
                    row[name] = float(np.mean([cell[name] for cell in cells]))
                summaries.append({**row, "worst": max(cell["error"] for cell in cells)})
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
    return "\n".join([*_convergence(found), *_means(found), *_differences(found)])


def _convergence(found: list[Row]) -> Iterator[str]:
    small = [row for row in found if row["leaves"] <= SMALL and row["method"] in REGULARISED]
    if small:
        near = sum(row["error"] <= TOLERANCE for row in small)
        worst = max(small, key=lambda row: row["error"])
        yield (
            f"Up to {SMALL} leaves, the root's value after {worst['simulations']:,} simulations is "
            f"within {TOLERANCE:g} of the regularised recursion in {near} of {len(small)} cases; "
            f"the worst is {worst['error']:.4f}, by {LABELS[worst['method']]} with "
            f"{worst['branching']} actions and depth {worst['depth']}."
        )


def _means(found: list[Row]) -> Iterator[str]:
    kept = summary(found)
    for is_small, where in ((True, f"of up to {SMALL} leaves"), (False, "of more leaves")):
        rows_there = [row for row in kept if row["small"] == is_small]
        for name, what in (
            ("true_error", "the distance of the root's value from the true value"),
            ("regret", "the regret of a simulation"),
            ("simple_regret", "the regret of the action that is found best"),
        ):
            parts = [f"{LABELS[row['method']]} {row[name]:.4f}" for row in rows_there]
            if parts:
                yield f"On average over trees {where}, {what}: {'; '.join(parts)}."


def _differences(found: list[Row]) -> Iterator[str]:
    regrets: dict[str, list[float]] = {}
    for row in found:
        regrets.setdefault(row["method"], []).extend(row["regrets"])
    bases = [method for method in regrets if method.startswith("uct")]
    for base in bases:
        parts = []
        for method in (method for method in regrets if method not in bases):
            more = np.subtract(regrets[method], regrets[base])
            low, high = student.mean_interval(more)
            parts.append(f"{LABELS[method]} {more.mean():+.4f} [{low:+.4f}, {high:+.4f}]")
        yield (
            f"Over all trees, the regret of a simulation differs from that of {LABELS[base]} by "
            f"{'; '.join(parts)}."
        )
