"""The figure: mistakes over training, in all positions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result
from experiments.self_play.analysis import GAMES, LEVEL, RULES

_STYLES = ((plots.BLACK, "o"), (plots.BLUE, "s"), (plots.VERMILLION, "^"), (plots.GREEN, "D"))


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure by its file name."""
    # There is one style for each number of simulations, in all panels.
    kinds = sorted({n for result in results for n in result.sweep.tests})
    figure, (axes,) = plots.panels(1, len(results), height=3.6, sharey=True)
    for axis, (sweep, arrays, _) in zip(axes, results, strict=True):
        steps = arrays["steps"] / 1000
        for i, simulations in enumerate(sweep.tests):
            # A player without mistakes is drawn at half a mistake, because the axis cannot show 0.
            wrong = np.maximum(arrays["mistakes"][:, i], 0.5) / arrays["positions"]
            beaten = np.minimum(arrays["first"][:, i], arrays["second"][:, i]) < 0
            colour, marker = _STYLES[kinds.index(simulations) % 4]
            label = f"{simulations} simulations" if simulations else "network alone"
            for j in range(sweep.seeds):
                axis.plot(steps, wrong[:, j], color=colour, lw=1, alpha=0.7)
                for loses, face in ((True, "white"), (False, colour)):
                    shown = beaten[:, j] == loses
                    style = {"ls": "", "ms": 5, "mec": colour, "mfc": face}
                    axis.plot(steps[shown], wrong[shown, j], marker, **style)
            axis.plot([], [], color=colour, marker=marker, label=label)
        axis.axhline(1 - LEVEL, color="grey", lw=1, ls="--")
        axis.set(
            yscale="log",
            xlabel="moves of each learner (thousands)",
            title=f"{GAMES[sweep.game]}\n{RULES[sweep.rule]}",
        )
    axes[0].set_ylabel("share of positions with a mistake")
    axes[0].plot([], [], "o", color="grey", mfc="white", ls="", label="loses in some line")
    axes[0].legend(frameon=False, fontsize=8)
    return {"self_play.png": figure}
