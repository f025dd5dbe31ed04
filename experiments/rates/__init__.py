"""Rates and bounds of entropy-regularised methods, measured: `python -m experiments.rates`."""
