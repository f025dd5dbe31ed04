"""The analysis: from the arrays to a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from experiments import student, tables
from experiments.frame import Arrays, Row
from experiments.noisy_networks.sweep import LABELS, SETTINGS, Sweep

TITLES = {"chain": "Chain", "cartpole": "CartPole"}


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each setting, in plain numbers.

    The returns are those of greedy episodes, `return` at the end, and `area` on average over
    training. The variance of the action is averaged over states; its spread is the standard
    deviation over states. Both are given at the first record and at the last.
    """
    for i, setting in enumerate(sweep.settings):
        final, area = arrays["return"][-1, i], arrays["return"][:, i].mean(axis=0)
        variance, spread = arrays["variance"][:, i], arrays["spread"][:, i]
        yield {
            "world": sweep.world,
            "method": sweep.method,
            "setting": setting,
            "seeds": sweep.seeds,
            "steps": int(arrays["steps"][-1]),
            "returns": final.tolist(),
            "return": float(final.mean()),
            "return_interval": list(student.mean_interval(final)),
            "areas": area.tolist(),
            "area": float(area.mean()),
            "area_interval": list(student.mean_interval(area)),
            "variance": [float(variance[0].mean()), float(variance[-1].mean())],
            "spread": [float(spread[0].mean()), float(spread[-1].mean())],
            "largest_spread": float(spread.mean(axis=-1).max()),
        }


def table(found: list[Row]) -> str:
    """Returns the rows as a table for people."""
    return tables.table(
        found,
        {
            "environment": lambda row: TITLES[row["world"]],
            "exploration": name,
            "greedy return at the end [95% interval]": tables.interval("return", ".3g"),
            "mean over training": tables.interval("area", ".3g"),
            "variance of the action, first and last": "{variance[0]:.3f}, {variance[1]:.3f}",
            "spread over states, first and last": "{spread[0]:.3f}, {spread[1]:.3f}",
        },
    )


def name(row: Row) -> str:
    """Returns the name of a method with its setting."""
    return f"{LABELS[row['method']]}, {SETTINGS[row['method']][0]} {row['setting']:g}"


def best(found: list[Row]) -> dict[tuple[str, str], Row]:
    """Returns the row of each method's best setting on each environment, by the whole training."""
    groups = tables.by(found, "world", "method")
    return {key: max(group, key=lambda row: row["area"]) for key, group in groups.items()}


def verdict(found: list[Row]) -> str:
    """Returns how the methods compare at their best settings, and whether noise has a state."""
    kept = best(found)
    lines = []
    for world in dict.fromkeys(row["world"] for row in found):
        mine = {method: kept[world, method] for method in LABELS if (world, method) in kept}
        parts = [
            f"{name(row)} with {row['area']:.3g}, and {row['return']:.3g} at the end"
            for row in mine.values()
        ]
        lines.append(
            f"On {TITLES[world]}, the best settings by the mean return: {'; '.join(parts)}."
        )
        for method in [m for m in mine if m != "noisy" and "noisy" in mine]:
            areas = (mine[each]["areas"] for each in ("noisy", method))
            difference, low, high = student.mean_difference(*areas)
            said = "more" if low > 0 else "less" if high < 0 else "no different return"
            lines.append(
                f"There, noisy layers reach {said} than {LABELS[method]} does: "
                f"{difference:+.3g} [{low:+.3g}, {high:+.3g}]."
            )
        spreads = [
            f"{LABELS[method]} {row['spread'][0]:.3f} to {row['spread'][1]:.3f}"
            for method, row in mine.items()
        ]
        lines.append(
            "There, the standard deviation over states of the action's variance, first to last: "
            f"{'; '.join(spreads)}."
        )
    return "\n".join(lines)
