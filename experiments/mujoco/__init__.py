"""SAC on MuJoCo through the host loop, beside Stable-Baselines3's at the same settings."""
