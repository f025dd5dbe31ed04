"""The analysis: from stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import student, tables
from experiments.frame import Arrays, Row
from experiments.tanh_correction.sweep import Sweep
from maxent_tf import statistics

# "At the end" means over this share of the records.
_LAST_SHARE = 0.1


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each correction and start.

    Every row compares its return with that of the first correction, the exact one, from the same
    start: the row has the difference of means with Welch's 95% interval.
    """
    last = max(1, round(_LAST_SHARE * len(arrays["steps"])))
    for i, correction in enumerate(sweep.corrections):
        for j, start in enumerate(sweep.starts):
            returns = arrays["value"][i, j]
            end = {
                name: arrays[name][-last:, i, j].mean(axis=0)
                for name in ("alpha", "entropy", "true_entropy", "saturation")
            }
            difference, low, high = student.mean_difference(returns, arrays["value"][0, j])
            yield {
                "world": f"{sweep.world}, {sweep.control}" if sweep.control else sweep.world,
                "correction": correction,
                "start": start,
                "seeds": sweep.seeds,
                "steps": sweep.steps,
                "returns": returns.tolist(),
                "return_mean": float(returns.mean()),
                "return_iqm": statistics.interquartile_mean(returns),
                "return_iqm_interval": list(statistics.bootstrap_interval(returns)),
                "alpha": float(np.median(end["alpha"])),
                "true_entropy": float(end["true_entropy"].mean()),
                "believed_entropy": float(end["entropy"].mean()),
                "saturation": float(end["saturation"].mean()),
                "finite": bool(all(np.isfinite(x).all() for x in end.values())),
                "difference": difference,
                "difference_interval": [low, high],
            }


def table(rows: list[Row]) -> str:
    """Returns the rows as a table for people."""
    difference = tables.interval("difference", "+.3g")
    return tables.table(
        rows,
        {
            "env": "{world}",
            "correction": "{correction}",
            "start": "{start:g}",
            "seeds": "{seeds}",
            "steps": "{steps}",
            "return": "{return_mean:.3g}",
            "IQM [95% interval]": tables.interval("return_iqm", ".3g"),
            "minus exact [95% interval]": lambda row: (
                "" if row["correction"] == "exact" else difference.format(**row)
            ),
            "alpha": "{alpha:.3g}",
            "true H": "{true_entropy:.2f}",
            "believed H": "{believed_entropy:.2f}",
            "saturated": "{saturation:.2f}",
        },
    )


_FORMS = {"epsilon": "SAC with an epsilon in the correction", "none": "SAC without the correction"}


def verdict(rows: list[Row]) -> str:
    """Returns what the data say: a sentence for all, then some for each environment and form."""
    worlds = tables.by(rows, "world")
    found, worse = [], dict.fromkeys(_FORMS, 0)
    for world, mine in worlds.items():
        groups = tables.by(mine, "correction")
        for form, name in _FORMS.items():
            if form not in groups:
                continue
            wrong, right = groups[form], groups["exact"]
            pooled = [np.concatenate([r["returns"] for r in group]) for group in (wrong, right)]
            difference, low, high = student.mean_difference(*pooled)
            worse[form] += high < 0
            gaps = [row["believed_entropy"] - row["true_entropy"] for row in wrong]
            line = (
                f"On the {world}, {name}, beside the exact form, returned {_outcomes(wrong)}; "
                f"over all starts the difference is {difference:+.3g} [{low:+.3g}, {high:+.3g}]. "
                f"It believed its entropy to be {min(gaps):.2g} to {max(gaps):.2g} nats above the "
                "true one."
            )
            if not all(row["finite"] for row in wrong):
                line += " Some of its quantities were not finite."
            found.append(line)
    parts = [
        f"{name} returned less than the exact form in {worse[form]} of {len(worlds)} settings"
        for form, name in _FORMS.items()
    ]
    return "\n".join([f"{'; '.join(parts)}.", *found])


def _outcomes(rows: list[Row]) -> str:
    """Returns from which starts the difference's interval lies above 0, below 0, or around 0."""
    starts: dict[str, list[str]] = {}
    for row in rows:
        low, high = row["difference_interval"]
        word = "less" if high < 0 else "more" if low > 0 else "about as much"
        starts.setdefault(word, []).append(f"{row['start']:g}")
    return " and ".join(
        f"{word} from a start of {', '.join(group)}" for word, group in starts.items()
    )
