"""The experiment, from its functions."""

from __future__ import annotations

import functools

from experiments import frame
from experiments.exact_entropy import analysis, figures, runs
from experiments.exact_entropy.sweep import Arguments, plan


def conclude(results: list[frame.Result]) -> frame.Findings:
    """Makes the findings of all results."""
    rows = [row for result in results for row in result.rows]
    gradients = [row for row in rows if "place" in row]
    learning = [row for row in rows if "place" not in row]
    tables = analysis.gradient_table(gradients), analysis.learning_table(learning)
    return frame.Findings(
        analysis.verdict(gradients, learning),
        "\n\n".join(tables),
        functools.partial(figures.draw, results),
        {"gradients": gradients, "learning": learning},
    )


EXPERIMENT = frame.Experiment(__package__, Arguments, plan, runs.run, analysis.rows, conclude)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
