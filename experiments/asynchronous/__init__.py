"""Asynchronous workers explore in different ways, and need less entropy than synchronous ones."""

RUN_TIME = "twenty minutes"
