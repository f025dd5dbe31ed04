"""Entropy keeps an agent exploring where rewards are rare, and has no better alternative."""

RUN_TIME = "half an hour"
