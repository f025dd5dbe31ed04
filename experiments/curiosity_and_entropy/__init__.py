"""Curiosity complements entropy: an agent with both learns more than one with either alone."""

RUN_TIME = "about fifteen minutes"
