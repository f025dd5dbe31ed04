"""Presets for MuJoCo's environments in Gymnasium."""

from __future__ import annotations

from maxent_tf.presets.preset import Preset, adam, measured, plain

# The hyperparameters of Huang et al. (2022), "The 37 implementation details of proximal policy
# optimization", for MuJoCo, with 16 environments in the place of one.
_PPO = plain(
    **adam(3e-4, annealed=True),
    rollout_length=128,
    num_epochs=10,
    num_minibatches=32,
    discount=0.99,
    gae_lambda=0.95,
    clip_epsilon=0.2,
    alpha=0.0,
)

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
    *(
        Preset(
            "ppo",
            env,
            num_steps=num_steps,
            num_envs=16,
            normalize_observation=True,
            normalize_reward=True,
            config=_PPO,
            measured=measured(iqm, low, high, 3, env),
        )
        for env, num_steps, iqm, low, high in (
            ("Hopper-v5", 1_000_000, 3364.7, 3270.3, 3476.1),
            ("Walker2d-v5", 1_000_000, 3062.1, 2396.4, 3985.2),
            ("Ant-v5", 500_000, 935.6, 757.7, 1202.5),
        )
    ),
)
