"""Each preset reaches the return that is published for its learner on its environment."""

RUN_TIME = "less than an hour"
