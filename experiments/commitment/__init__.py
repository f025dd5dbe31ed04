"""Bandit learners that commit too early, and cures: `python -m experiments.commitment`."""
