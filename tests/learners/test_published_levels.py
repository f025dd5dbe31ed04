"""Learners reach the published levels on real worlds, through the host loop and in the graph."""

from typing import Any

import numpy as np
import pytest

import maxent_tf as mx
from experiments import statistics
from maxent_tf.optimizers import Adam

pytestmark = pytest.mark.slow

SEEDS = 5


def cartpole_learner(spec: Any, updates: int) -> mx.learners.A2C:
    # Annealed to 0, the learning rate keeps the solved policy solved.
    rate = mx.temperature.linear(1e-3, 0.0, updates)
    config = mx.learners.A2CConfig(
        actor_optimizer=Adam(rate),
        critic_optimizer=Adam(rate),
        rollout_length=8,
        gae_lambda=0.95,
        alpha=0.01,
    )
    return mx.learners.A2C(spec, config, batch_shape=(SEEDS,))


@pytest.mark.parametrize("where", ["host", "graph"])
def test_a2c_solves_cartpole(where: str) -> None:
    # Oracle: Gymnasium calls CartPole-v1 solved at a mean return of 475.
    world: Any = "CartPole-v1" if where == "host" else mx.environments.CartPole()
    spec = mx.gymnasium_spec("CartPole-v1") if where == "host" else world.spec
    steps, num_envs = 500_000, 8
    learner = cartpole_learner(spec, updates=steps // (8 * num_envs))
    result = mx.train(learner, world, steps, seed=1, num_envs=num_envs)
    returns = mx.evaluate(learner, result.state, "CartPole-v1" if where == "host" else world, 20)
    means = returns.returns.mean(axis=-1)
    print(f"A2C on CartPole, {where}: {means}, {result.wall_time:.0f} s")
    assert np.sum(means >= 475) >= 4


@pytest.mark.parametrize("where", ["host", "graph"])
def test_sac_solves_pendulum(where: str) -> None:
    # Oracle: the rl-zoo reports -157 +- 89 for SAC on Pendulum-v1 at 20,000 steps.
    world: Any = "Pendulum-v1" if where == "host" else mx.environments.Pendulum()
    spec = mx.gymnasium_spec("Pendulum-v1") if where == "host" else world.spec
    config = mx.learners.SACConfig(
        hidden_sizes=(64, 64),
        actor_optimizer=Adam(1e-3),
        critic_optimizer=Adam(1e-3),
        replay_capacity=20_000,
    )
    learner = mx.learners.SAC(spec, config, batch_shape=(SEEDS,))
    result = mx.train(learner, world, 20_000, seed=1)
    returns = mx.evaluate(learner, result.state, "Pendulum-v1" if where == "host" else world, 20)
    means = returns.returns.mean(axis=-1)
    print(f"SAC on Pendulum, {where}: {means}, {result.wall_time:.0f} s")
    assert statistics.interquartile_mean(means) >= -200
