"""Presets for Gymnasium's Box2D, with the hyperparameters of RL Baselines3 Zoo."""

from __future__ import annotations

from maxent_tf.presets.preset import Preset, adam, measured, plain

_LANDER = plain(
    **adam(3e-4),
    rollout_length=1024,
    num_epochs=4,
    num_minibatches=256,
    discount=0.999,
    gae_lambda=0.98,
    alpha=0.01,
)
_WALKER = plain(
    **adam(3e-4),
    rollout_length=2048,
    num_epochs=10,
    num_minibatches=1024,
    discount=0.999,
    gae_lambda=0.95,
    clip_epsilon=0.18,
    alpha=0.0,
)

PRESETS = (
    Preset(
        "ppo",
        "LunarLander-v3",
        num_steps=1_000_000,
        num_envs=16,
        config=_LANDER,
        measured=measured(253.5, 249.5, 257.5, 3, "LunarLander-v3"),
    ),
    Preset(
        "ppo",
        "LunarLanderContinuous-v3",
        num_steps=1_000_000,
        num_envs=16,
        config=_LANDER,
        measured=measured(254.3, 246.0, 263.1, 3, "LunarLanderContinuous-v3"),
    ),
    Preset(
        "ppo",
        "BipedalWalker-v3",
        num_steps=1_000_000,
        num_envs=32,
        normalize_observation=True,
        normalize_reward=True,
        config=_WALKER,
        measured=measured(22.3, -27.6, 71.9, 3, "BipedalWalker-v3"),
    ),
)
