"""Presets for Gymnasium's classic control, whose environments the package has in the graph."""

from __future__ import annotations

from maxent_tf.presets.preset import Preset, adam, measured, plain

_ANNEALED = {"kind": "adam", "learning_rate": 2e-3, "final_learning_rate": 0.0}

PRESETS = (
    Preset(
        "a2c",
        "CartPole-v1",
        num_steps=500_000,
        num_envs=8,
        config=plain(
            **adam(1e-3, annealed=True, epsilon=1e-8),
            rollout_length=8,
            gae_lambda=0.95,
            alpha=0.01,
        ),
        measured=measured(500.0, 359.6, 500.0, 5, "CartPole-v1"),
        aliases=("CartPole",),
    ),
    # The steps and hyperparameters of RL Baselines3 Zoo, but for the clip, which it anneals.
    Preset(
        "ppo",
        "CartPole-v1",
        num_steps=100_000,
        num_envs=8,
        config=plain(
            **adam(1e-3, annealed=True),
            rollout_length=32,
            num_epochs=20,
            num_minibatches=1,
            discount=0.98,
            gae_lambda=0.8,
            alpha=0.0,
        ),
        measured=measured(500.0, 500.0, 500.0, 5, "CartPole-v1"),
        aliases=("CartPole",),
    ),
    # At tau = 0.005, the values of 500 steps would take longer than the run to come about.
    Preset(
        "discrete-sac",
        "CartPole-v1",
        num_steps=40_000,
        config=plain(
            **adam(2e-3, annealed=True),
            hidden_sizes=(64, 64),
            alpha="auto",
            auto_alpha={"target": 0.3, "learning_rate": 1e-3},
            tau=0.02,
            batch_size=128,
            replay_capacity=40_000,
            learning_starts=1000,
        ),
        measured=measured(500.0, 500.0, 500.0, 5, "CartPole-v1"),
        aliases=("CartPole",),
    ),
    Preset(
        "soft-dqn",
        "CartPole-v1",
        num_steps=50_000,
        config=plain(
            hidden_sizes=(64, 64),
            optimizer=_ANNEALED,
            alpha=1.0,
            tau=0.02,
            batch_size=128,
            replay_capacity=50_000,
            learning_starts=1000,
        ),
        measured=measured(500.0, 271.4, 500.0, 5, "CartPole-v1"),
        aliases=("CartPole",),
    ),
    Preset(
        "ppo",
        "Acrobot-v1",
        num_steps=500_000,
        num_envs=16,
        config=plain(
            **adam(1e-3, annealed=True),
            rollout_length=128,
            num_epochs=4,
            num_minibatches=4,
            alpha=0.01,
        ),
        measured=measured(-81.1, -83.9, -78.4, 5, "Acrobot-v1"),
        aliases=("Acrobot",),
    ),
    # The hyperparameters of RL Baselines3 Zoo.
    Preset(
        "ppo",
        "MountainCar-v0",
        num_steps=1_000_000,
        num_envs=16,
        normalize_observation=True,
        normalize_reward=True,
        config=plain(
            **adam(3e-4),
            rollout_length=16,
            num_epochs=4,
            num_minibatches=4,
            gae_lambda=0.98,
            alpha=0.0,
        ),
        measured=measured(-111.4, -114.7, -104.8, 5, "MountainCar-v0"),
        aliases=("MountainCar",),
    ),
    # Noise that is drawn anew at every step does not move the car out of the valley.
    Preset(
        "sac",
        "MountainCarContinuous-v0",
        num_steps=20_000,
        num_envs=10,
        config=plain(
            **adam(1e-3),
            hidden_sizes=(32, 32),
            exploration={"kind": "state-dependent", "period": 32},
            alpha=0.1,
            tau=0.01,
            batch_size=64,
            replay_capacity=20_000,
            learning_starts=200,
        ),
        measured=measured(93.7, 92.9, 94.4, 5, "MountainCarContinuous-v0"),
        aliases=("MountainCarContinuous",),
    ),
    Preset(
        "ppo",
        "Pendulum-v1",
        num_steps=200_000,
        num_envs=16,
        config=plain(
            **adam(1e-3, annealed=True),
            rollout_length=256,
            num_epochs=10,
            num_minibatches=32,
            discount=0.9,
            alpha=0.0,
        ),
        measured=measured(-174.3, -192.5, -169.4, 5, "Pendulum-v1"),
        aliases=("Pendulum",),
    ),
    Preset(
        "sac",
        "Pendulum-v1",
        num_steps=20_000,
        config=plain(
            **adam(1e-3),
            hidden_sizes=(64, 64),
            replay_capacity=20_000,
        ),
        measured=measured(-141.7, -151.8, -134.0, 5, "Pendulum-v1"),
        aliases=("Pendulum",),
    ),
)
