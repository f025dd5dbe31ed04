"""Noise at every step does not explore deeply; optimism and randomised values do."""

RUN_TIME = "an hour"
