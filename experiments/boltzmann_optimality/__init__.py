"""The soft-optimal policy is Boltzmann's, and alpha trades reward against entropy."""

RUN_TIME = "15 seconds"
