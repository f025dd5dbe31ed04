"""Presets for Gymnasium's toy text, whose states a table holds."""

from __future__ import annotations

from maxent_tf.presets.preset import Preset, adam, measured, plain

PRESETS = (
    # Without hidden layers, the network is a table. The random steps at the beginning find
    # deliveries: after 500 instead of 20,000, two learners of five never delivered a passenger.
    Preset(
        "soft-dqn",
        "Taxi-v4",
        num_steps=100_000,
        num_envs=16,
        config=plain(
            hidden_sizes=(),
            optimizer={"kind": "adam", "learning_rate": 0.2, "final_learning_rate": 0.0},
            discount=0.97,
            alpha=0.1,
            alpha_final=0.01,
            tau=0.1,
            batch_size=256,
            replay_capacity=100_000,
            learning_starts=20_000,
            updates_per_step=0.125,
        ),
        measured=measured(7.84, 7.597, 7.87, 5, "Taxi-v4"),
        aliases=("Taxi-v3",),
    ),
    Preset(
        "ppo",
        "FrozenLake-v1",
        num_steps=200_000,
        num_envs=16,
        config=plain(
            **adam(0.03, annealed=True),
            network="table",
            rollout_length=64,
            num_epochs=4,
            num_minibatches=4,
            alpha=0.01,
        ),
        measured=measured(0.737, 0.627, 0.773, 5, "FrozenLake-v1"),
    ),
)
