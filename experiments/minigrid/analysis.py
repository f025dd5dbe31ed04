"""The analysis: from the arrays to a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from experiments import student, tables
from experiments.frame import Arrays, Row
from experiments.minigrid.sweep import BONUSES, IDS, Sweep

# What RL Baselines3 Zoo publishes: the mean return of greedy episodes, and their standard
# deviation. With six rooms it is that of ten million steps.
PUBLISHED: Mapping[str, tuple[float, float]] = {
    "door_key": (0.964, 0.006),
    "empty_random": (0.968, 0.013),
    "six_rooms": (0.0, 0.0),
}


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each scale, in plain numbers.

    `return` is the mean over learners of the return of greedy episodes at the end, and `deviation`
    the standard deviation over the episodes of all learners. `arrived` counts the learners that
    reached the goal at least once during training, and `highest` is the largest mean return of a
    record of any learner.
    """
    for i, scale in enumerate(sweep.scales):
        greedy, curves = arrays["greedy"][i], arrays["return"][:, i]
        means = greedy.mean(axis=-1)
        yield {
            "task": sweep.task,
            "bonus": sweep.bonus if scale else "none",
            "scale": scale,
            "seeds": sweep.seeds,
            "steps": int(arrays["steps"][-1]),
            "returns": means.tolist(),
            "return": float(means.mean()),
            "return_interval": list(student.mean_interval(means)),
            "deviation": float(greedy.std()),
            "arrived": int((np.nan_to_num(curves) > 0).any(axis=0).sum()),
            "highest": float(np.nanmax(curves)),
        }


def table(found: list[Row]) -> str:
    """Returns the rows as a table for people."""
    return tables.table(
        found,
        {
            "environment": lambda row: IDS[row["task"]],
            "bonus": lambda row: (
                f"{BONUSES[row['bonus']]}, {row['scale']:g}" if row["scale"] else "none"
            ),
            "steps": "{steps:,}",
            "published": lambda row: _published(row) if not row["scale"] else "",
            "greedy return [95% interval]": tables.interval("return", ".3f"),
            "over episodes": "{deviation:.3f}",
            "learners that arrived": "{arrived} of {seeds}",
            "highest record": "{highest:.3f}",
        },
    )


def _published(row: tables.Row) -> str:
    known = PUBLISHED.get(row["task"])
    return "{:.3f} ({:.3f})".format(*known) if known else ""


def verdict(found: list[Row]) -> str:
    """Returns how PPO alone compares with the published figures, and what each bonus changes."""
    lines = []
    for row in found:
        name, said = IDS[row["task"]], f"{row['return']:.3f} after {row['steps']:,} steps"
        if row["scale"]:
            lines.append(
                f"{name} with {BONUSES[row['bonus']]} at scale {row['scale']:g}: {row['arrived']} "
                f"of {row['seeds']} learners ever arrived, and greedy episodes return {said}."
            )
        else:
            known = f", published {_published(row)}" if row["task"] in PUBLISHED else ""
            lines.append(
                f"{name} by PPO alone: greedy episodes return {said}{known}; {row['arrived']} of "
                f"{row['seeds']} learners ever arrived."
            )
    return "\n".join(lines)
