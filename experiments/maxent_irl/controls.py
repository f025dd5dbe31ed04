"""Many more sets of demonstrations, and what steadies the causal dual on unlucky ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.maxent_irl import demonstrator
from experiments.maxent_irl.demonstrator import GOAL, REWARD
from experiments.maxent_irl.runs import averages_reachable, pearson
from experiments.maxent_irl.sweep import Controls
from maxent_tf import irl, tabular


def run(sweep: Controls) -> dict[str, np.ndarray]:
    """Fits the duals to every set.

    Returns:
      `non_causal_weights` [seeds, 25]; for the causal dual with each (pseudocount, l2) of the sweep
      `weights` [variants, seeds, 25] and `mismatch` [variants, seeds]; and `averages_reachable`
      [seeds].
    """
    m, features = demonstrator.world(sweep.discount), np.eye(len(REWARD))
    shown = demonstrator.policy(sweep.discount, sweep.sharpness)
    sets = [demonstrator.demonstrate(m, shown, sweep.count, s) for s in range(sweep.seeds)]
    paths = [
        irl.maxent(
            m,
            features,
            irl.sample_occupancy(m, shots, discount=1.0),
            model=irl.PathDistribution(),
        )
        for shots in sets
    ]
    causal = [
        [
            irl.maxent(m, features, tabular.occupancy(m, policy), l2=l2)
            for policy in (irl.empirical_policy(m, s, pseudocount=count) for s in sets)
        ]
        for count, l2 in sweep.variants
    ]
    return {
        "non_causal_weights": np.array([fit.weights for fit in paths]),
        "weights": np.array([[fit.weights for fit in fits] for fits in causal]),
        "mismatch": np.array([[np.abs(fit.mismatch).max() for fit in fits] for fits in causal]),
        "averages_reachable": np.array([averages_reachable(m, shots) for shots in sets]),
    }


def table(sweep: Controls, arrays: Mapping[str, np.ndarray]) -> str:
    """Returns a Markdown table with a row for each way to fit."""
    lines = [
        "| fit | Pearson: median [range] | below .85 | largest at 24 | largest mismatch |",
        "|---|---|---|---|---|",
    ]
    names = [f"causal, pseudocount {count:g}, l2 {l2:g}" for count, l2 in sweep.variants]
    for name, weights, mismatch in zip(names, arrays["weights"], arrays["mismatch"], strict=True):
        values = pearson(weights)
        lines.append(
            f"| {name} | {np.median(values):.3f} [{values.min():.3f}, {values.max():.3f}] "
            f"| {np.mean(values < 0.85):.2f} | {np.mean(weights.argmax(-1) == GOAL):.2f} "
            f"| {mismatch.max():.1e} |"
        )
    values = pearson(arrays["non_causal_weights"])
    lines.append(
        f"| non-causal | {np.median(values):.3f} [{values.min():.3f}, {values.max():.3f}] "
        f"| {np.mean(values < 0.85):.2f} | | |"
    )
    known = np.delete(arrays["non_causal_weights"], GOAL, -1).argmax(-1)
    return "\n".join(lines) + (
        f"\n\nnon-causal, goal left out: largest at 8 in "
        f"{np.mean(known == demonstrator.DECOY):.2f}; averages reachable in "
        f"{np.mean(arrays['averages_reachable']):.2f} of {sweep.seeds} sets."
    )
