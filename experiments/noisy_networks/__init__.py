"""Noisy networks explore in each state by a measure of its own, and better than a fixed noise."""

RUN_TIME = "fifteen minutes"
