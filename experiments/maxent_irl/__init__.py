"""Recovering the reward of the icy grid from demonstrations: `python -m experiments.maxent_irl`."""
