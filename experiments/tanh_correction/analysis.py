"""From stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments import statistics
from experiments.tanh_correction.runs import Arrays
from experiments.tanh_correction.sweep import Sweep

Row = dict[str, Any]

# "At the end" means over this share of the records.
_LAST_SHARE = 0.1


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each correction and start.

    Every row compares its return with that of the first correction, the exact one, from the same
    start: the difference of means with Welch's 95% interval.
    """
    last = max(1, round(_LAST_SHARE * len(arrays["steps"])))
    for i, correction in enumerate(sweep.corrections):
        for j, start in enumerate(sweep.starts):
            returns = arrays["value"][i, j]
            end = {
                name: arrays[name][-last:, i, j].mean(axis=0)
                for name in ("alpha", "entropy", "true_entropy", "saturation")
            }
            difference, low, high = statistics.mean_difference(returns, arrays["value"][0, j])
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
    """Returns the rows as an aligned table for people."""
    header = ("world", "correction", "start", "seeds", "steps", "return", "IQM [95% interval]")
    header += ("minus exact [95% interval]", "alpha", "true H", "believed H", "saturated")
    lines = [header]
    for row in rows:
        low, high = row["return_iqm_interval"]
        below, above = row["difference_interval"]
        lines.append(
            (
                row["world"],
                row["correction"],
                f"{row['start']:g}",
                str(row["seeds"]),
                str(row["steps"]),
                f"{row['return_mean']:.3g}",
                f"{row['return_iqm']:.3g} [{low:.3g}, {high:.3g}]",
                ""
                if row["correction"] == "exact"
                else f"{row['difference']:+.3g} [{below:+.3g}, {above:+.3g}]",
                f"{row['alpha']:.3g}",
                f"{row['true_entropy']:.2f}",
                f"{row['believed_entropy']:.2f}",
                f"{row['saturation']:.2f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def verdict(rows: list[Row]) -> str:
    """Returns what the data say about each wrong form, a line for each world and form."""
    lines = []
    for world in dict.fromkeys(row["world"] for row in rows):
        for form in ("epsilon", "none"):
            wrong = [r for r in rows if (r["world"], r["correction"]) == (world, form)]
            words = {"worse": [], "better": [], "not told apart": []}  # type: dict[str, list[str]]
            for row in wrong:
                low, high = row["difference_interval"]
                outcome = "worse" if high < 0 else "better" if low > 0 else "not told apart"
                words[outcome].append(f"{row['start']:g}")
            if not wrong:
                continue
            returns = ", ".join(
                f"{word} from {' '.join(starts)}" for word, starts in words.items() if starts
            )
            right = [r for r in rows if (r["world"], r["correction"]) == (world, "exact")]
            pooled = [np.concatenate([r["returns"] for r in group]) for group in (wrong, right)]
            difference, low, high = statistics.mean_difference(*pooled)
            gaps = [row["believed_entropy"] - row["true_entropy"] for row in wrong]
            lines.append(
                f"{world}, {form}: return against the exact form {returns}, over all "
                f"starts {difference:+.3g} [{low:+.3g}, {high:+.3g}]; believed entropy "
                f"{min(gaps):.2g} to {max(gaps):.2g} nats above the true one; "
                f"{'everything' if all(row['finite'] for row in wrong) else 'not everything'} "
                "finite."
            )
    return "\n".join(lines)
