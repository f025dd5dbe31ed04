"""Maximum-entropy inverse reinforcement learning on the icy grid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments.check import Check
from experiments.maxent_irl import analysis, fits
from experiments.maxent_irl.demonstrator import DECOY, GOAL
from experiments.maxent_irl.sweep import Sweep


def icy_grid(seeds: int = 5) -> Iterator[Check]:
    """R16: the published figures by the public recipe, and what the exact duals say.

    The known correlations are those of the recipe. The recipe stops early, when features are still
    off by half a visit and more; only the duals match features to 1e-6. The non-causal dual leaves
    the reward of the goal open, and with it a correlation. For this dual, only the rest of the
    rewards is therefore checked.

    Args:
      seeds: The number of sets of 200 demonstrations.
    """
    rows = {row["fit"]: row for row in analysis.fit_rows(fits.run(Sweep(seeds=seeds)))}
    for model, low, high, largest in [
        ("non-causal", 0.86, 0.89, DECOY),
        ("causal", 0.88, 0.92, GOAL),
    ]:
        row, what = rows[f"{model}, recipe"], f"{model}, recipe:"
        yield Check("R16", f"{what} least Pearson", low, min(row["pearson"]), 0.03, "at least")
        yield Check("R16", f"{what} greatest Pearson", high, max(row["pearson"]), 0.03, "at most")
        hits = row["largest"].count(largest)
        yield Check("R16", f"{what} sets with the largest reward at {largest}", seeds, hits, 0)
    paths, causal = rows["non-causal, dual"], rows["causal, dual"]
    hits = paths["largest_elsewhere"].count(DECOY)
    what = f"non-causal, dual: sets with the largest known reward at {DECOY}"
    yield Check("R16", what, seeds, hits, 0)
    hits = causal["largest"].count(GOAL)
    yield Check("R16", f"causal, dual: sets with the largest reward at {GOAL}", seeds, hits, 0)
    median = float(np.median(causal["pearson"]))
    yield Check("R16", "causal, dual: median Pearson", 0.88, median, 0.03, "at least")
    yield Check("R16", "causal, dual: median Pearson", 0.92, median, 0.03, "at most")
    for name, row in [("non-causal", paths), ("causal", causal)]:
        what = f"{name}, dual: largest feature mismatch"
        yield Check("R16", what, 0, max(row["mismatch"]), 1e-6, "at most")
