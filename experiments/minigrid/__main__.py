"""Runs the experiment."""

from experiments import frame
from experiments.minigrid import analysis, figures, runs, sweep

EXPERIMENT = frame.Experiment(__package__, sweep, runs, analysis, figures)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
