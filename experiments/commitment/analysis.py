"""The analysis: from arrays to rows, tables and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from experiments import tables
from experiments.commitment import gradients, theory
from experiments.commitment.runs import BASELINES
from experiments.commitment.sweep import LUCK_NEEDED, Exploration, NaturalGradient, NoisyBandit
from experiments.frame import Arrays, Findings, Result, Row
from maxent_tf import statistics


def rows(sweep: NaturalGradient | NoisyBandit | Exploration, arrays: Arrays) -> Iterator[Row]:
    """Yields the rows of a part."""
    if isinstance(sweep, NaturalGradient):
        return natural_rows(sweep, arrays)
    if isinstance(sweep, NoisyBandit):
        return noisy_rows(sweep, arrays)
    return exploration_rows(sweep, arrays)


class Rows(NamedTuple):
    """The rows of the summary, by part of the experiment."""

    natural: list[Row]
    noisy: list[Row]
    exploration: list[Row]


def natural_rows(sweep: NaturalGradient, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each step size and temperature, without and with the baseline."""
    for i, baseline in enumerate(BASELINES):
        for j, step_size in enumerate(sweep.step_sizes):
            bound = None if baseline else float(gradients.chance_of_only_worse(step_size, 5000)[-1])
            row: Row = {"baseline": baseline, "step_size": step_size, "alpha": 0.0}
            likelier, locked = (arrays[name][-1, i, j] for name in ("likelier", "locked"))
            yield {**row, **_ends(likelier, locked, sweep.runs), "bound": bound}
        for j, step_size in enumerate(sweep.entropy_step_sizes):
            for k, alpha in enumerate(sweep.alphas):
                if alpha:  # those without entropy are above
                    row = {"baseline": baseline, "step_size": step_size, "alpha": alpha}
                    at = i, j, k
                    likelier, locked = arrays["entropy_likelier"][at], arrays["entropy_locked"][at]
                    yield {**row, **_ends(likelier, locked, sweep.runs), "bound": None}


def _ends(likelier: float, locked: float, runs: int) -> Row:
    """Returns the entries of a row that say how the runs end."""
    count = round(float(likelier) * runs)
    return {
        "runs": runs,
        "worse_likelier": count / runs,
        "worse_likelier_interval": list(statistics.wilson_interval(count, runs)),
        "locked": float(locked),
    }


def noisy_rows(sweep: NoisyBandit, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each temperature."""
    for alpha, count in zip(sweep.alphas, arrays["best"][-1].sum(-1), strict=True):
        yield {
            "alpha": alpha,
            "seeds": sweep.seeds,
            "greedy_optimal": int(count) / sweep.seeds,
            "greedy_optimal_interval": list(statistics.wilson_interval(count, sweep.seeds)),
        }


def exploration_rows(sweep: Exploration, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each bandit and explorer.

    `slope` is the slope of log regret in log t over the last factor of ten: 1 where regret is
    linear. `never_recovered` is the share of runs that drew worse arms throughout the second half.
    """
    times = arrays["times"]
    tenth = int(np.argmin(np.abs(np.log(10 * times / times[-1]))))
    half = int(np.argmin(np.abs(np.log(2 * times / times[-1]))))
    for world, regret in zip(sweep.worlds, arrays["regret"], strict=True):
        smallest_gap = np.diff(np.sort(world.means))[-1]
        for i, explorer in enumerate(sweep.explorers):
            last = regret[-1, i]
            mean, error = float(last.mean()), float(last.std(ddof=1) / np.sqrt(sweep.runs))
            drawn = last - regret[half, i]
            most = smallest_gap * (times[-1] - times[half])
            slope = np.log(mean / regret[tenth, i].mean()) / np.log(times[-1] / times[tenth])
            yield {
                "world": world.name,
                "explorer": explorer.label,
                "kind": explorer.kind,
                "runs": sweep.runs,
                "steps": int(times[-1]),
                "regret": mean,
                "regret_interval": [mean - 1.96 * error, mean + 1.96 * error],
                "regret_median": float(np.median(last)),
                "slope": float(slope),
                "never_recovered": float(np.mean(drawn > 0.99 * most)),
                **_theory(world, explorer, int(times[-1])),
            }


def _theory(world: Any, explorer: Any, steps: int) -> dict[str, float]:
    """Returns what is known of an explorer's regret: bounds from both sides, and a prediction."""
    known = {}
    if explorer.kind == "gumbel":
        c = explorer.constant
        known["at_most"] = float(theory.gumbel_regret_bound(steps, world.means, c))
        known["predicted"] = float(theory.gumbel_fluid_regret(steps, world.means, c))
    elif explorer.kind != "ucb" and world == LUCK_NEEDED:
        gap = world.means[0] - world.means[1]
        known["at_least"] = float(theory.unlucky_regret(explorer, gap, steps)[-1])
    return known


def tables_of(rows: Rows) -> str:
    """Returns the three parts as tables."""
    signs = {"at_least": ">=", "at_most": "<=", "predicted": "about"}
    natural = tables.table(
        rows.natural,
        {
            "baseline": lambda row: "value" if row["baseline"] else "none",
            "eta": "{step_size:g}",
            "alpha": "{alpha:g}",
            "worse arm likelier [95%]": tables.interval("worse_likelier", ".3f"),
            "locked": "{locked:.3f}",
            "product bound": tables.where_known("{bound:.3f}", "bound"),
        },
    )
    noisy = tables.table(
        rows.noisy,
        {"alpha": "{alpha:g}", "greedy-optimal [95%]": tables.interval("greedy_optimal", ".3f")},
    )
    exploration = tables.table(
        rows.exploration,
        {
            "bandit": "{world}",
            "explorer": "{explorer}",
            "regret [95%]": tables.interval("regret", ".0f"),
            "median": "{regret_median:.0f}",
            "slope": "{slope:.2f}",
            "never recovered": "{never_recovered:.3f}",
            "theory": lambda row: ", ".join(
                f"{sign} {row[name]:.0f}" for name, sign in signs.items() if name in row
            ),
        },
    )
    return "\n\n".join((natural, noisy, exploration))


def conclude(results: list[Result]) -> Findings:
    """Returns the findings of all results."""
    rows = Rows(*(result.rows for result in results))
    return Findings(verdict(rows), tables_of(rows), rows._asdict())


def verdict(rows: Rows) -> str:
    """Returns what the rows say: a sentence for all parts, then some for each part."""
    plain = [row for row in rows.natural if not row["baseline"] and row["alpha"] == 0]
    worst = max(row["worse_likelier"] for row in plain)
    helped = max(r["worse_likelier"] for r in rows.natural if r["baseline"] and r["alpha"] == 0)
    first = rows.noisy[0]["greedy_optimal"]
    best = max(row["greedy_optimal"] for row in rows.noisy)
    parts = (
        f"A value baseline lowers the share of natural gradients that end on the worse arm from "
        f"{worst:.0%} to {helped:.0%}, and entropy raises the share of noisy gradients that find "
        f"the best arm from {first:.0%} to {best:.0%}.",
        _natural_verdict(rows.natural),
        _noisy_verdict(rows.noisy),
        _exploration_verdict(rows.exploration),
    )
    return "\n".join(parts)


def _natural_verdict(rows: list[Row]) -> str:
    plain = [row for row in rows if not row["baseline"] and row["alpha"] == 0]
    high = max(plain, key=lambda row: row["worse_likelier"])
    below = [row for row in plain if row["worse_likelier_interval"][1] < row["bound"]]
    helped = max(row["worse_likelier"] for row in rows if row["baseline"] and row["alpha"] == 0)
    without = {row["step_size"]: row for row in plain}
    best = min(
        (row for row in rows if not row["baseline"] and row["alpha"] > 0),
        key=lambda row: row["worse_likelier"] - without[row["step_size"]]["worse_likelier"],
    )
    same = without[best["step_size"]]
    # The fraction must be halved: the best of many settings is a little better by chance alone.
    halved = best["worse_likelier_interval"][1] < same["worse_likelier"] / 2
    return (
        f"With the natural gradient, up to {high['worse_likelier']:.1%} of runs end on the worse "
        f"arm (eta {high['step_size']:g}), and {helped:.1%} at most with the value as baseline; "
        f"{len(below)} of {len(plain)} step sizes fall below the product bound. "
        f"An entropy bonus {'halves that' if halved else 'is no cure'}: at its best, with eta "
        f"{best['step_size']:g} and alpha {best['alpha']:g}, {best['worse_likelier']:.1%} instead "
        f"of {same['worse_likelier']:.1%} of the runs end there."
    )


def _noisy_verdict(rows: list[Row]) -> str:
    best = max(rows, key=lambda row: row["greedy_optimal"])
    first, last = rows[0], rows[-1]
    peak = best["greedy_optimal_interval"][0]
    inside = all(end["greedy_optimal_interval"][1] < peak for end in (first, last))
    where = "an optimum inside its range" if inside else "no clear optimum"
    return (
        f"With noisy rewards, alpha has {where}: the best arm ends as the likeliest in "
        f"{best['greedy_optimal']:.0%} of runs at alpha {best['alpha']:g}, in "
        f"{first['greedy_optimal']:.0%} at {first['alpha']:g} and in "
        f"{last['greedy_optimal']:.0%} at {last['alpha']:g}."
    )


def _exploration_verdict(rows: list[Row]) -> str:
    worlds = {row["world"] for row in rows}
    boltzmann = [row for row in rows if row["kind"] in ("constant", "log", "root")]
    gumbel = [row for row in rows if row["kind"] == "gumbel"]
    within = sum(row["regret_interval"][1] <= row["at_most"] for row in gumbel)
    nearly_linear = ", ".join(
        f"on {sum(row['slope'] > 0.8 for row in mine)} with {label}"
        for label, mine in tables.by(boltzmann, "explorer").items()
    )
    worst = max(row["slope"] for row in gumbel)
    return (
        f"Boltzmann-Gumbel exploration stays within its bound on {within} of {len(gumbel)} "
        f"bandits; its log-log slope at the end is {worst:.2f} at most. Of {len(worlds)} bandits, "
        f"regret grows nearly linearly (slope above 0.8) {nearly_linear}."
    )
