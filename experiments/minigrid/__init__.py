"""PPO learns the small tasks of MiniGrid without a bonus, as well as published learners do."""

RUN_TIME = "about five minutes"
