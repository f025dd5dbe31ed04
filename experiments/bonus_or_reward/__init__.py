"""Entropy as a bonus and entropy as a reward have different optima."""

RUN_TIME = "two minutes"
