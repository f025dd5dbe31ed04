"""A search that backs up regularised maxima finds the regularised value, and regrets less than UCT."""

RUN_TIME = "ten minutes"
