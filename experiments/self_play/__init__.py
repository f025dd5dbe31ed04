"""A network and a search that teach each other learn to play a game without a mistake."""

RUN_TIME = "half an hour"
