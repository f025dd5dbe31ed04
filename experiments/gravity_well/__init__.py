"""Softmax policy gradient takes long to leave a good arm for the best; entropy shortens that."""

RUN_TIME = "40 seconds"
