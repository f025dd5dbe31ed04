"""Entropy keeps policy gradients from settling too early on what pays less, if alpha is right."""

RUN_TIME = "three minutes"
