"""Each preset reaches the return that is published for its learner on its environment."""

RUN_TIME = "about half an hour"
