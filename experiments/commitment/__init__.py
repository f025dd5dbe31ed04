"""Bandit learners commit before they know; a baseline, entropy or noise by arm cures them."""

RUN_TIME = "two minutes"
