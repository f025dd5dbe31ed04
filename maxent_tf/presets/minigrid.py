"""Presets for MiniGrid, of which the package has DoorKey in the graph."""

from __future__ import annotations

from maxent_tf.presets.preset import Preset, adam, measured, plain

PRESETS = (
    # With the hyperparameters of RL Baselines3 Zoo, which has no entropy bonus, two learners of
    # five did not find the goal.
    Preset(
        "ppo",
        "MiniGrid-DoorKey-5x5-v0",
        num_steps=100_000,
        num_envs=8,
        normalize_observation=True,
        normalize_reward=True,
        config=plain(
            **adam(1e-3, annealed=True),
            rollout_length=128,
            num_epochs=4,
            num_minibatches=8,
            alpha=0.01,
        ),
        measured=measured(0.962, 0.321, 0.965, 5, "MiniGrid-DoorKey-5x5-v0"),
        aliases=("DoorKey",),
    ),
)
