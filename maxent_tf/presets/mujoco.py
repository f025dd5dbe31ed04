"""Presets for MuJoCo's environments in Gymnasium."""

from __future__ import annotations

from maxent_tf.presets.preset import Preset, adam, measured, plain

PRESETS = (
    Preset(
        "sac",
        "HalfCheetah-v5",
        num_steps=100_000,
        config=plain(
            **adam(3e-4),
            replay_capacity=100_000,
            learning_starts=10_000,
        ),
        measured=measured(5233.0, 4894.0, 5685.0, 3, "HalfCheetah-v5", "mujoco"),
    ),
)
