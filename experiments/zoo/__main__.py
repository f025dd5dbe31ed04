"""Runs the experiment; a killed run goes on from its last checkpoint."""

from experiments import frame
from experiments.zoo import analysis, figures, runs, sweep

EXPERIMENT = frame.Experiment(__package__, sweep, runs, analysis, figures, resumes=True)
main = EXPERIMENT.main

if __name__ == "__main__":
    main(EXPERIMENT.parse())
