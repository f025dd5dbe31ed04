"""Entropy keeps an agent exploring where the only reward is far away."""

RUN_TIME = "ten seconds"
