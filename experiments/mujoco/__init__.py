"""SAC through the host loop learns MuJoCo's HalfCheetah no worse than Stable-Baselines3's."""

RUN_TIME = "50 minutes (two hours with the peer)"
