"""Maximum-entropy inverse reinforcement learning recovers a reward from demonstrations."""

RUN_TIME = "15 seconds"
