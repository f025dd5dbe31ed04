"""Entropy-regularised methods converge at the rates, and keep the bounds, of theory."""

RUN_TIME = "half a minute"
