"""The analysis: from the arrays to tables and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import student, tables
from experiments.exploration.sweep import LABELS, RULES, SETTINGS, BanditSweep, Sweep
from experiments.exploration.worlds import ARMS, best_return, finite_worlds
from experiments.frame import Arrays, Findings, Result, Row
from experiments.reaching import first, steps_to_half

WORLDS = {
    "deep_sea": "DeepSea",
    "chain": "Chain",
    "river_swim": "RiverSwim",
    "bandit": "bandit",
    "mountain_car": "MountainCar",
    "door_key": "DoorKey",
}


def rows(sweep: Sweep | BanditSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each environment and setting, in plain numbers.

    The score of DeepSea is the share of learners that solve it, and that of a bandit is 1 minus the
    regret over that of uniform draws. Elsewhere the score is the mean return of the whole training
    over the best expected return. The median learner has solved an environment after `median`
    steps, or episodes of DeepSea; None stands for never.
    """
    steps = arrays["steps"]
    if isinstance(sweep, BanditSweep):
        for i, rule in enumerate(RULES):
            regret = arrays["regret"][-1, i]
            yield {"world": "rules", "method": rule, **_regret(regret, int(steps[-1]))}
        return
    names: dict[str, float] = {sweep.world: 1.0}  # the treasure at once, which nobody reaches
    if sweep.world == "finite":
        names = {name: best_return(w) for name, w in finite_worlds(sweep.sizes).items()}
    for i, (name, best) in enumerate(names.items()):
        for j, setting in enumerate(sweep.settings):
            returns = arrays["return"][:, i, j]
            world = name.rstrip("0123456789")
            row: Row = {"world": world, "method": sweep.method, "setting": setting}
            if world == "bandit":
                # In an episode of one step, the return of a record is the mean reward of its draws.
                number = np.diff(steps, prepend=0)
                within = steps <= BanditSweep.steps
                lost = (best - returns[within]) * number[within, None]
                yield row | _regret(lost.sum(axis=0), int(steps[within][-1]))
                continue
            unit = 1
            if world == "deep_sea":
                unit = row["size"] = int(name.removeprefix(world))
                solved = episodes_to_solve(returns, steps // unit)
                scores = np.isfinite(solved).astype(float)
            else:
                solved = steps_to_half(returns, steps, best)
                scores = np.clip(np.nanmean(returns, axis=0) / best, 0, 1)
            median = float(np.median(solved))
            last = returns[-max(1, len(returns) // 10) :]
            yield row | {
                "seeds": sweep.seeds,
                "solved": int(np.isfinite(solved).sum()),
                "median": median if np.isfinite(median) else None,
                "limit": int(steps[-1]) // unit,
                "score": float(scores.mean()),
                "score_interval": list(student.mean_interval(scores)),
                "last_return": float(np.nanmean(last)) if np.isfinite(last).any() else None,
            }


def _regret(regret: np.ndarray, steps: int) -> Row:
    """Returns the entries of a bandit's row, from the regrets of its runs, [seeds]."""
    scores = 1 - regret / (steps * (max(ARMS) - np.mean(ARMS)))
    return {
        "seeds": len(regret),
        "steps": steps,
        "regret": float(regret.mean()),
        "regret_interval": list(student.mean_interval(regret)),
        "score": float(np.clip(scores.mean(), 0, 1)),
    }


def episodes_to_solve(returns: np.ndarray, episodes: np.ndarray) -> np.ndarray:
    """Returns after how many episodes DeepSea counts as solved, [seeds]; infinite if it never does.

    As in bsuite, it is solved once fewer than 90% of the episodes so far were bad.

    Args:
      returns: [records, seeds], the mean returns of the episodes since the last record; NaN where
        none ended. A good episode returns 0.99, and a bad one between -0.01 and 0.
      episodes: [records], the number of episodes so far.
    """
    number = np.diff(episodes, prepend=0)[:, None]
    good = np.round(number * (np.nan_to_num(returns) + 0.005))
    bad = episodes[:, None] - np.cumsum(good, axis=0)
    return first(bad < 0.9 * episodes[:, None], episodes)


def best_settings(found: list[Row]) -> list[Row]:
    """Returns the rows of each method's best setting for each environment.

    The setting is one for all sizes of DeepSea: the one that solves most, and of several the first
    with the fewest episodes. Elsewhere it is the setting with the best score.
    """
    kept: list[Row] = []
    groups = tables.by(found, "world", "method")
    for world in WORLDS:
        for method in LABELS:
            settings = tables.by(groups.get((world, method), []), "setting")
            kept += max(settings.values(), key=_merit, default=[])
    return kept


def _merit(group: list[Row]) -> tuple[float, float]:
    episodes = sum(r.get("median") or r.get("limit", 0) for r in group)
    return sum(r["score"] for r in group), -episodes


def conclude(results: list[Result]) -> Findings:
    """Returns the tables and the verdict."""
    found = [row for result in results for row in result.rows]
    kept = best_settings(found)
    rules = [row for row in found if row["world"] == "rules"]
    parts = [_deep_table(kept), _score_table(kept), _other_table(kept), _regret_table(kept, rules)]
    return Findings(verdict(kept), "\n\n".join(part for part in parts if part))


def _deep_table(kept: list[Row]) -> str:
    deep = [row for row in kept if row["world"] == "deep_sea"]
    if not deep:
        return ""
    sizes = sorted({row["size"] for row in deep})
    lines = []
    for mine in tables.by(deep, "method").values():
        by_size = {row["size"]: _episodes(row) for row in mine}
        cells = {f"n{n}": by_size.get(n, "") for n in sizes}
        lines.append({"method": _name(mine[0]), **cells})
    columns = {"DeepSea, episodes to solve": "{method}"}
    return tables.table(lines, columns | {f"N = {n}": f"{{n{n}}}" for n in sizes})


def _episodes(row: Row) -> str:
    count = f"{row['solved']} of {row['seeds']}"
    return f"{count} in {row['limit']:,}" if row["median"] is None else f"{row['median']:,.0f}"


def _name(row: tables.Row) -> str:
    hyperparameter, _ = SETTINGS[row["method"]]
    return f"{LABELS[row['method']]}, {hyperparameter} {row['setting']:g}"


def scores(kept: list[Row]) -> dict[tuple[str, str], float]:
    """Returns the score of each method on each environment; of DeepSea, over the common sizes."""
    deep = [row for row in kept if row["world"] == "deep_sea"]
    tried = [{row["size"] for row in mine} for mine in tables.by(deep, "method").values()]
    common = set.intersection(*tried) if tried else set()
    counted = [row for row in kept if row["world"] != "deep_sea" or row["size"] in common]
    groups = tables.by(counted, "method", "world")
    return {key: float(np.mean([row["score"] for row in mine])) for key, mine in groups.items()}


def _score_table(kept: list[Row]) -> str:
    found = scores(kept)
    settings = {(row["method"], row["world"]): row["setting"] for row in kept}
    worlds = [world for world in WORLDS if any(w == world for _, w in found)]
    lines = []
    for method in dict.fromkeys(row["method"] for row in kept):
        at = {world: (method, world) for world in worlds}
        cells = {
            world: f"{found[key]:.2f} ({settings[key]:g})" if key in found else ""
            for world, key in at.items()
        }
        lines.append({"method": LABELS[method], **cells})
    columns = {"score (at setting)": "{method}"}
    return tables.table(lines, columns | {WORLDS[w]: f"{{{w}}}" for w in worlds})


def _other_table(kept: list[Row]) -> str:
    others = [row for row in kept if row["world"] not in ("deep_sea", "bandit")]
    if not others:
        return ""
    return tables.table(
        others,
        {
            "environment": lambda row: WORLDS[row["world"]],
            "method": _name,
            "score [95% interval]": tables.interval("score", ".2f"),
            "half of the best": "{solved} of {seeds}",
            "after steps, median": tables.where_known("{median:,.0f}", "median"),
            "return at the end": tables.where_known("{last_return:.2f}", "last_return"),
        },
    )


def _regret_table(kept: list[Row], rules: list[Row]) -> str:
    found = [*rules, *(row for row in kept if row["world"] == "bandit")]
    if not found:
        return ""
    return tables.table(
        found,
        {
            "bandit": lambda row: RULES[row["method"]] if row["world"] == "rules" else _name(row),
            "draws": "{steps:,}",
            "runs": "{seeds}",
            "regret [95% interval]": tables.interval("regret", ".1f"),
        },
    )


def verdict(kept: list[Row]) -> str:
    """Returns how far each method explores, in sentences made from the rows of best settings."""
    sentences = []
    groups = tables.by(kept, "world")
    for method, mine in tables.by(groups.get("deep_sea", []), "method").items():
        solved = [row["size"] for row in mine if row["median"] is not None]
        missed = [row["size"] for row in mine if row["median"] is None]
        reach = f"solve DeepSea up to N = {max(solved)}" if solved else "solve no DeepSea"
        beyond = f", and not N = {min(missed)}" if missed else ", the largest tried"
        sentences.append(f"{LABELS[method]}: most learners {reach}{beyond}.")
    for world, mine in groups.items():
        if world in ("deep_sea", "bandit"):
            continue
        able = [LABELS[row["method"]] for row in mine if row["median"] is not None]
        who = "; ".join(able) if able else "no method"
        sentences.append(f"{WORLDS[world]}: most learners reach half of the best return by: {who}.")
    return "\n".join(sentences)
