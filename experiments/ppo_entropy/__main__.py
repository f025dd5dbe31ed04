"""The experiment, from its functions."""

from __future__ import annotations

from experiments import frame
from experiments.ppo_entropy import analysis, figures, runs
from experiments.ppo_entropy.sweep import Arguments, plan

EXPERIMENT = frame.Experiment(
    __package__,
    Arguments,
    plan,
    runs.run,
    analysis.rows,
    frame.concluding(analysis.verdict, analysis.table, figures.draw),
)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
