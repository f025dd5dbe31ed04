"""The analysis: from the arrays to a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.stats

from experiments import reaching, student, tables
from experiments.frame import Arrays, Row
from experiments.search_exploration.sweep import Sweep

TITLES = {
    "deep_sea": "DeepSea",
    "best_play": "tic-tac-toe against best play",
    "self_play": "tic-tac-toe by self-play",
}
LABELS = {
    "search": "PUCT",
    "noise": "PUCT with noise",
    "bonus": "entropy bonus",
    "longer": "entropy bonus, as many evaluations",
}
STRENGTHS = {
    "deep_sea": "share of the training\nin which it is solved",
    "best_play": "share of best moves,\nnetwork alone",
    "self_play": "share of best moves,\nnetwork alone",
}
_ACTIONS = {"deep_sea": 2, "best_play": 9, "self_play": 9}
# The treasure of DeepSea pays 1, less 0.01 for the moves to it.
_SOLVED = 0.5


def temperature(sweep: Sweep, setting: float) -> float:
    """Returns the temperature that a setting stands for, in units of value.

    That of a bonus is its alpha. A search of N simulations with the constant c approaches the
    greedy policy of the reverse divergence at c sqrt(1 + N) / (A + N), with the number A of
    actions.

    References:
      J.-B. Grill et al. (2020), "Monte-Carlo tree search as regularized policy optimization",
      https://arxiv.org/abs/2007.12509
    """
    if sweep.method == "bonus":
        return setting
    n = sweep.simulations
    return setting * float(np.sqrt(1 + n)) / (_ACTIONS[sweep.world] + n)


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each setting, and one more for each that went on for longer.

    The entropy and the positions are those of `measures.Behaviour`, at first and on average over
    the training. The strength is that of `STRENGTHS`: on DeepSea the share of the records at which
    a greedy episode finds the treasure, in the games the share of best moves at the end. Learners
    are counted that solve DeepSea, draw against the best play, or lose in no line of play.
    """
    steps = arrays["steps"]
    short = slice(1, 1 + sweep.records)
    for i, setting in enumerate(sweep.settings):
        own = {name: values[..., i, :] for name, values in arrays.items() if name != "steps"}
        row = {
            "world": sweep.world,
            "setting": setting,
            "temperature": temperature(sweep, setting),
            "seeds": sweep.seeds,
        }
        yield {**row, "method": sweep.method, **_of_phase(sweep, steps, own, short)}
        if sweep.evaluations:
            later = slice(1 + sweep.records, None)
            yield {**row, "method": "longer", **_of_phase(sweep, steps, own, later)}


def _of_phase(sweep: Sweep, steps: np.ndarray, own: Arrays, phase: slice) -> dict[str, Any]:
    """Returns what a phase of the training shows."""
    found: dict[str, Any] = {"steps": int(steps[phase][-1])}
    for name in ("entropy", "positions"):
        found[f"{name}_first"] = float(own[name][0].mean())
        found |= _mean(name, own[name][phase].mean(axis=0))
    if sweep.world == "deep_sea":
        solved = own["greedy"] > _SOLVED
        found |= _mean("strength", solved[phase].mean(axis=0))
        found["solved"] = int(solved[phase][-1].sum())
        found["steps_until_solved"] = [reaching.for_good(x, steps[phase]) for x in solved[phase].T]
        return found
    found |= _mean("strength", own["optimal"][phase][-1])
    if "searched_optimal" in own:
        found |= _mean("searched_strength", own["searched_optimal"])
    if sweep.world == "self_play":
        found["unbeaten"] = _unbeaten(own["first"][phase][-1], own["second"][phase][-1])
        found["searched_unbeaten"] = _unbeaten(own["searched_first"], own["searched_second"])
    else:
        found["draws"] = int(np.sum(own["greedy"][phase][-1] >= 0))
    return found


def _unbeaten(first: np.ndarray, second: np.ndarray) -> int:
    return int(np.sum(np.minimum(first, second) >= 0))


def _mean(name: str, values: np.ndarray) -> dict[str, Any]:
    interval = np.array(student.mean_interval(values))
    if "strength" in name:  # a share
        interval = np.clip(interval, 0, 1)
    return {
        f"{name}_each": values.tolist(),
        name: float(values.mean()),
        f"{name}_interval": interval.tolist(),
    }


def table(found: list[Row]) -> str:
    """Returns the rows as a table for people."""
    return tables.table(
        found,
        {
            "environment": lambda row: TITLES[row["world"]],
            "exploration": lambda row: LABELS[row["method"]],
            "c or alpha": "{setting:g}",
            "temperature": "{temperature:.2g}",
            "steps": "{steps:,}",
            "entropy, at first": "{entropy_first:.2f}",
            "entropy, mean": tables.interval("entropy", ".2f"),
            "positions, mean": tables.interval("positions", ".0f"),
            "strength": tables.interval("strength", ".3f"),
            "solve, draw, or lose no line": lambda row: _count(row, "solved", "draws", "unbeaten"),
            "strength with the search": tables.where_known(
                tables.interval("searched_strength", ".3f"), "searched_strength"
            ),
            "lose no line with it": lambda row: _count(row, "searched_unbeaten"),
        },
    )


def _count(row: tables.Row, *names: str) -> str:
    return "".join(f"{row[name]} of {row['seeds']}" for name in names if name in row)


def groups(found: list[Row]) -> dict[str, dict[str, list[Row]]]:
    """Returns the rows of each environment and method, in the order of their temperatures."""
    grouped = tables.by(sorted(found, key=lambda row: row["temperature"]), "world", "method")
    return {
        world: {name: grouped[world, name] for name in LABELS if (world, name) in grouped}
        for world in TITLES
        if any(world == key[0] for key in grouped)
    }


def rank_correlation(group: list[Row], name: str) -> float:
    """Returns Spearman's rank correlation of the temperature with an entry, over all learners."""
    temperatures = [row["temperature"] for row in group for _ in row[f"{name}_each"]]
    values = [value for row in group for value in row[f"{name}_each"]]
    if np.ptp(values) == 0 or np.ptp(temperatures) == 0:
        return 0.0
    return float(scipy.stats.spearmanr(temperatures, values).statistic)


def verdict(found: list[Row]) -> str:
    """Returns what more exploration does, in each environment and by each method."""
    lines = []
    for world, mine in groups(found).items():
        said = [
            f"{LABELS[method]} {rank_correlation(group, 'entropy'):+.2f} and "
            f"{rank_correlation(group, 'positions'):+.2f}"
            for method, group in mine.items()
        ]
        lines.append(
            f"{TITLES[world]}: the rank correlations of the temperature with the entropy of the "
            f"policy and with the positions visited are {'; '.join(said)}."
        )
        for method, group in mine.items():
            best = max(group, key=lambda row: row["strength"])
            lines.append(
                f"{TITLES[world]}, {LABELS[method]}: strongest at {best['setting']:g}, with "
                f"{best['strength']:.3f} ({_count(best, 'solved', 'draws', 'unbeaten')}), against "
                f"{group[0]['strength']:.3f} at {group[0]['setting']:g} and "
                f"{group[-1]['strength']:.3f} at {group[-1]['setting']:g}."
            )
    return "\n".join(lines)
