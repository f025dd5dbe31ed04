"""The exploration of a tree search plays the same role as an entropy bonus."""

RUN_TIME = "eight minutes"
