"""Many more sets of demonstrations, and what steadies the causal dual on unlucky sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments import tables
from experiments.frame import Arrays, Row, track
from experiments.maxent_irl import demonstrator
from experiments.maxent_irl.demonstrator import DECOY, GOAL
from experiments.maxent_irl.fits import averages_reachable, causal_dual, path_dual, pearson
from experiments.maxent_irl.sweep import Controls


def run(sweep: Controls, progress: bool = False) -> Arrays:
    """Fits the duals to every set of demonstrations.

    Returns:
      `non_causal_weights` [seeds, 25]; for the causal dual with each (pseudocount, l2) of the sweep
      `weights` [variants, seeds, 25] and `mismatch` [variants, seeds]; and `averages_reachable`
      [seeds].
    """
    m = demonstrator.world(sweep.discount)
    shown = demonstrator.policy(sweep.discount, sweep.sharpness)
    sets = [demonstrator.demonstrate(m, shown, sweep.count, s) for s in range(sweep.seeds)]
    causal = [
        [causal_dual(m, shots, count, l2) for shots in sets]
        for count, l2 in track(sweep.variants, progress, "ways to fit")
    ]
    return {
        "non_causal_weights": np.array([path_dual(m, shots).weights for shots in sets]),
        "weights": np.array([[fit.weights for fit in fits] for fits in causal]),
        "mismatch": np.array([[np.abs(fit.mismatch).max() for fit in fits] for fits in causal]),
        "averages_reachable": np.array([averages_reachable(m, shots) for shots in sets]),
    }


def rows(sweep: Controls, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each way to fit."""
    named: dict[str, Any] = {
        f"causal, pseudocount {count:g}, l2 {l2:g}": (weights, float(mismatch.max()))
        for (count, l2), weights, mismatch in zip(
            sweep.variants, arrays["weights"], arrays["mismatch"], strict=True
        )
    }
    named["non-causal"] = (arrays["non_causal_weights"], None)
    for name, (weights, mismatch) in named.items():
        values = pearson(weights)
        yield {
            "fit": name,
            "seeds": sweep.seeds,
            "pearson": float(np.median(values)),
            "pearson_interval": [float(values.min()), float(values.max())],
            "below": float(np.mean(values < 0.85)),
            "largest_at_goal": float(np.mean(weights.argmax(-1) == GOAL)),
            "decoy_elsewhere": float(np.mean(np.delete(weights, GOAL, -1).argmax(-1) == DECOY)),
            "mismatch": mismatch,
            "averages_reachable": float(np.mean(arrays["averages_reachable"])),
        }


def table(found: list[Row]) -> str:
    """Returns the rows as a table."""
    return tables.table(
        found,
        {
            "fit": "{fit}",
            "Pearson: median [range]": tables.interval("pearson", ".3f"),
            "below .85": "{below:.2f}",
            "largest at 24": "{largest_at_goal:.2f}",
            "largest mismatch": tables.where_known("{mismatch:.1e}", "mismatch"),
            "goal left out, largest at 8": "{decoy_elsewhere:.2f}",
            "averages reachable": "{averages_reachable:.2f}",
        },
    )
