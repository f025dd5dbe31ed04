"""SAC needs fewer steps than A2C and PPO, and is steadier over seeds and learning rates."""

RUN_TIME = "six minutes"
