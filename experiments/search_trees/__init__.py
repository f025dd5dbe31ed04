"""Searches that back up regularised maxima find the regularised value, and regret less than UCT."""

RUN_TIME = "ten minutes"
