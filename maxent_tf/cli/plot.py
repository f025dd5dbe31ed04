"""The command `plot`: learning curves."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from maxent_tf.cli import curves
from maxent_tf.cli.command import call
from maxent_tf.cli.extras import require

_LABELS = {
    "eval_return": "greedy return",
    "eval_return_sampled": "sampled return",
    "episode_return": "return while training",
    "episode_length": "episode length [steps]",
    "entropy": "entropy of the policy [nats]",
    "alpha": "alpha [reward per nat]",
}
# Colour-blind-safe: Okabe and Ito's.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def plot(
    runs: tuple[pathlib.Path, ...],
    /,
    *,
    metrics: tuple[str, ...] | None = None,
    output: pathlib.Path | None = None,
) -> None:
    """Draw the learning curves of one or more runs as a PNG file.

    A line is the median over the learners of a run, its band reaches from the 25th to the 75th
    percentile. A run of one learner has no band.

    Args:
      runs: The folders of the runs.
      metrics: Columns of metrics.csv, a panel each; None for the greedy return if all runs were
        evaluated while they trained, else the return of the episodes of training, then the entropy
        and alpha.
      output: The file to write; None for curves.png in the folder of the run, or for several runs
        in the present directory. A file that is there is replaced.
    """
    if not runs:
        raise ValueError("RUN is missing: name one folder or more.")
    found = {run: curves.read(run) for run in runs}
    there = set.intersection(*(set(each) for each in found.values()))
    if metrics is None:
        first = "eval_return" if "eval_return" in there else "episode_return"
        metrics = tuple(name for name in (first, "entropy", "alpha") if name in there)
    for name in metrics:
        if name not in there:
            raise ValueError(f"--metrics has {name!r}; all of the runs have {sorted(there)}.")
    target = output or (runs[0] if len(runs) == 1 else pathlib.Path()) / "curves.png"
    draw(found, metrics).savefig(target, dpi=160)
    print(f"wrote {target}")


def draw(found: dict[pathlib.Path, dict[str, curves.Curve]], metrics: Sequence[str]) -> Any:
    """Returns a figure with a panel for each metric and a colour for each run."""
    require("matplotlib", "cli")
    from matplotlib.figure import Figure  # without pyplot, which would open windows
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(4.6 * len(metrics), 3.4), layout="constrained")
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for panel, name in zip(panels, metrics, strict=True):
        for i, (run, of_run) in enumerate(found.items()):
            curve, colour = of_run[name], _COLOURS[i % len(_COLOURS)]
            low, middle, high = _quartiles(curve.values)
            panel.plot(curve.steps, middle, color=colour, label=_label(run, curve))
            if curve.values.shape[-1] > 1:
                panel.fill_between(curve.steps, low, high, color=colour, alpha=0.25, linewidth=0)
        if not any(len(of_run[name].steps) for of_run in found.values()):
            panel.text(0.5, 0.5, "no value yet", transform=panel.transAxes, ha="center")
        panel.set_xlabel("steps of each learner")
        panel.xaxis.set_major_locator(MaxNLocator(5))
        panel.set_ylabel(_LABELS.get(name, name))
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False, fontsize="small")
    return figure


def _quartiles(values: np.ndarray) -> np.ndarray:
    """Returns the quartiles over learners, [3, records]."""
    if not len(values):  # such as the returns of a run in which no episode has ended
        return np.empty((3, 0))
    return np.nanpercentile(values, (25, 50, 75), axis=-1)


def _label(run: pathlib.Path, curve: curves.Curve) -> str:
    learners = curve.values.shape[-1]
    return f"{run.name} ({learners} learner{'s' * (learners > 1)})"


main = functools.partial(call, plot)
