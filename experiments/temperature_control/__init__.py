"""An automatic temperature spares the choice of alpha, and explores first and exploits later."""

RUN_TIME = "eight minutes"
