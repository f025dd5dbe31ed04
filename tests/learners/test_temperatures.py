"""Every learner goes on by every temperature."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.learners import (
    A2C,
    PPO,
    SAC,
    SQL,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    PPOConfig,
    SACConfig,
    SoftDQN,
    SoftDQNConfig,
    SQLConfig,
)
from maxent_tf.temperature import AutoTemperature, Plateau, Scheduled, Temperature, linear
from tests.contracts.learners import CONTINUOUS, DISCRETE, random_batch, random_state

LEARNERS: dict[str, Any] = {
    "a2c": lambda alpha: A2C(CONTINUOUS, A2CConfig(alpha=alpha, rollout_length=3), [2]),
    "ppo": lambda alpha: PPO(
        DISCRETE, PPOConfig(alpha=alpha, rollout_length=3, num_minibatches=1, num_epochs=1), [2]
    ),
    "sac": lambda alpha: SAC(CONTINUOUS, SACConfig(alpha=alpha), [2]),
    "sql": lambda alpha: SQL(CONTINUOUS, SQLConfig(alpha=alpha), [2]),
    "discrete_sac": lambda alpha: DiscreteSAC(DISCRETE, DiscreteSACConfig(alpha=alpha), [2]),
    "soft_dqn": lambda alpha: SoftDQN(DISCRETE, SoftDQNConfig(alpha=alpha), [2]),
}
TEMPERATURES: dict[str, Any] = {
    "constant": 0.3,
    "schedule": linear(0.3, 0.1, 3),
    "plateau": Plateau(0.3, 0.5, patience=1, mode="min"),
    "automatic": AutoTemperature(0.2, initial_alpha=0.3, learning_rate=0.1),
}


@pytest.mark.parametrize("kind", TEMPERATURES)
@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_goes_on_by_every_temperature(name: str, kind: str) -> None:
    # Oracle: the temperature itself, fed with the entropies that the updates report.
    alpha = TEMPERATURES[kind]
    learner = LEARNERS[name](alpha)
    if kind in ("constant", "schedule"):
        alpha = Scheduled(alpha if callable(alpha) else lambda step: tf.constant(0.3))
    assert isinstance(alpha, Temperature)
    state, expected = random_state(learner)._replace(temperature=learner.init(0).temperature), None
    expected = alpha.init([2])
    batch = random_batch(learner)
    used = []
    for step in range(3):
        state, metrics, _ = learner.update(state, batch, seed=[0, step])
        np.testing.assert_allclose(
            metrics.alpha, np.broadcast_to(alpha.alpha(expected), [2]), rtol=1e-6
        )
        expected, measured = alpha.update(expected, metrics.entropy)
        np.testing.assert_array_equal(metrics.alpha_bound, measured.bound)
        used.append(metrics.alpha.numpy())
    assert np.any(used[0] != used[-1]) == (kind in ("schedule", "automatic")) or kind == "plateau"
