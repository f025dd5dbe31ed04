"""Learners reach the published levels on real worlds, through the host loop and in the graph."""

import math
from typing import Any

import numpy as np
import pytest

import maxent_tf as mx
from experiments.multigoal import analysis, runs
from experiments.multigoal.sweep import Sweep
from maxent_tf import statistics
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.optimizers import Adam
from maxent_tf.replay import Priorities

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


def sac_config(num_steps: int, **options: Any) -> mx.learners.SACConfig:
    return mx.learners.SACConfig(
        hidden_sizes=(64, 64),
        actor_optimizer=Adam(1e-3),
        critic_optimizer=Adam(1e-3),
        replay_capacity=num_steps,
        **options,
    )


def check_sac(name: str, world: Any, spec: Any, num_steps: int, **options: Any) -> None:
    # Oracle: the rl-zoo reports -157 +- 89 for SAC on Pendulum-v1 at 20,000 steps.
    config = sac_config(num_steps, **options)
    learner = mx.learners.SAC(spec, config, batch_shape=(SEEDS,))
    result = mx.train(learner, world, num_steps, seed=1)
    means = mx.evaluate(learner, result.state, world, 20).returns.mean(axis=-1)
    print(f"SAC on Pendulum, {name}: {means}, {result.wall_time:.0f} s")
    assert statistics.interquartile_mean(means) >= -200


@pytest.mark.parametrize("where", ["host", "graph"])
def test_sac_solves_pendulum(where: str) -> None:
    world: Any = "Pendulum-v1" if where == "host" else mx.environments.Pendulum()
    spec = mx.gymnasium_spec("Pendulum-v1") if where == "host" else world.spec
    check_sac(where, world, spec, num_steps=20_000)


@pytest.mark.parametrize(
    ("name", "num_steps", "options"),
    [
        ("exact entropy", 20_000, {"entropy_estimator": "exact"}),
        ("noise by the state", 20_000, {"exploration": StateDependentExploration()}),
        ("three steps", 20_000, {"n_step": 3}),
        ("priorities", 20_000, {"priorities": Priorities()}),
        ("a mixture", 20_000, {"num_components": 3}),
        (
            "many critics",
            5000,
            {"num_critics": 5, "target_subset": 2, "updates_per_step": 4},
        ),
    ],
)
def test_sac_with_an_option_solves_pendulum(
    name: str, num_steps: int, options: dict[str, Any]
) -> None:
    world = mx.environments.Pendulum()
    check_sac(name, world, world.spec, num_steps, **options)


PPO_ON_CARTPOLE: dict[str, Any] = {
    "learning_rate": 1e-3,
    "rollout_length": 32,
    "num_epochs": 20,
    "num_minibatches": 1,
    "discount": 0.98,
    "gae_lambda": 0.8,
    "alpha": 0.0,
}
PPO_ON_ACROBOT: dict[str, Any] = {
    "learning_rate": 1e-3,
    "rollout_length": 128,
    "num_epochs": 4,
    "num_minibatches": 4,
    "alpha": 0.01,
}
PPO_ON_PENDULUM: dict[str, Any] = {
    "learning_rate": 1e-3,
    "rollout_length": 256,
    "num_epochs": 10,
    "num_minibatches": 32,
    "discount": 0.9,
    "alpha": 0.0,
}


def ppo_learner(
    spec: Any, num_steps: int, num_envs: int, learning_rate: float, **config: Any
) -> mx.learners.PPO:
    updates = math.ceil(num_steps / (num_envs * config["rollout_length"]))
    gradient_steps = updates * config["num_epochs"] * config["num_minibatches"]
    rate = mx.temperature.linear(learning_rate, 0.0, gradient_steps)
    config |= {name: Adam(rate, epsilon=1e-5) for name in ("actor_optimizer", "critic_optimizer")}
    return mx.learners.PPO(spec, mx.learners.PPOConfig(**config), batch_shape=(SEEDS,))


def check_ppo(
    name: str, world: Any, spec: Any, num_steps: int, num_envs: int, level: float, **config: Any
) -> None:
    learner = ppo_learner(spec, num_steps, num_envs, **config)
    result = mx.train(learner, world, num_steps, seed=1, num_envs=num_envs)
    means = mx.evaluate(learner, result.state, world, 20).returns.mean(axis=-1)
    print(f"PPO on {name}: {means}, {result.wall_time:.0f} s")
    assert statistics.interquartile_mean(means) >= level


@pytest.mark.parametrize("where", ["host", "graph"])
def test_ppo_solves_cartpole(where: str) -> None:
    # Oracle: Gymnasium calls CartPole-v1 solved at a mean return of 475. Steps and
    # hyper-parameters are those of the rl-zoo, but for the clip, which it anneals.
    world: Any = "CartPole-v1" if where == "host" else mx.environments.CartPole()
    check_ppo(
        f"CartPole, {where}",
        world,
        mx.gymnasium_spec(world) if where == "host" else world.spec,
        num_steps=100_000,
        num_envs=8,
        level=475,
        **PPO_ON_CARTPOLE,
    )


def test_ppo_swings_up_acrobot() -> None:
    # Oracle: CleanRL reports -86.4 +- 1.3 for PPO on Acrobot-v1 at 500,000 steps.
    world = mx.environments.Acrobot()
    check_ppo(
        "Acrobot",
        world,
        world.spec,
        num_steps=500_000,
        num_envs=16,
        level=-90,
        **PPO_ON_ACROBOT,
    )


def test_ppo_swings_up_pendulum() -> None:
    # Oracle: the rl-zoo reports -172 +- 104 for PPO on Pendulum-v1, with this discount, learning
    # rate and number of epochs.
    world = mx.environments.Pendulum()
    check_ppo(
        "Pendulum",
        world,
        world.spec,
        num_steps=200_000,
        num_envs=16,
        level=-200,
        **PPO_ON_PENDULUM,
    )


def discrete_learner(kind: str, spec: Any, steps: int) -> mx.learners.Learner:
    # At tau = 0.005, as for SAC, the values of 500 steps would take longer than the run to come
    # about. Annealed to 0, the learning rate keeps the solved policy solved.
    rate = mx.temperature.linear(2e-3, 0.0, steps)
    shared: Any = {
        "hidden_sizes": (64, 64),
        "tau": 0.02,
        "batch_size": 128,
        "replay_capacity": steps,
        "learning_starts": 1000,
    }
    if kind == "discrete_sac":
        target = mx.temperature.target_entropy(spec.action, 0.3)
        config = mx.learners.DiscreteSACConfig(
            actor_optimizer=Adam(rate),
            critic_optimizer=Adam(rate),
            alpha=mx.temperature.AutoTemperature(target, learning_rate=1e-3),
            **shared,
        )
        return mx.learners.DiscreteSAC(spec, config, batch_shape=(1, SEEDS))
    config = mx.learners.SoftDQNConfig(
        optimizer=Adam(rate), alpha=1.0, munchausen=np.float32([[0.0], [0.9]]), **shared
    )
    # Two of 29 learners had lost the balance at the end. Of five learners, two such would move the
    # interquartile mean; of fifteen, only four.
    return mx.learners.SoftDQN(spec, config, batch_shape=(2, 3 * SEEDS))


@pytest.mark.parametrize("where", ["host", "graph"])
@pytest.mark.parametrize(("kind", "steps"), [("discrete_sac", 40_000), ("soft_dqn", 50_000)])
def test_discrete_learners_from_replay_solve_cartpole(kind: str, steps: int, where: str) -> None:
    # Oracle: Gymnasium calls CartPole-v1 solved at a mean return of 475.
    world: Any = "CartPole-v1" if where == "host" else mx.environments.CartPole()
    spec = mx.gymnasium_spec("CartPole-v1") if where == "host" else world.spec
    learner = discrete_learner(kind, spec, steps)
    result = mx.train(learner, world, steps, seed=1)
    returns = mx.evaluate(learner, result.state, world, 20).returns
    means = returns.mean(axis=-1)
    print(f"{kind} on CartPole, {where}: {means}, {result.wall_time:.0f} s")
    for variant in means:
        assert statistics.interquartile_mean(variant) >= 475


def test_sql_reaches_every_goal_of_the_multi_goal_world() -> None:
    # Oracle: the four goals are alike, so a policy of all modes reaches each in a quarter of its
    # rollouts; the level is a tenth of 400, in every seed. With networks of 64 and batches of 32,
    # the experiment's, two learners of ten lost a goal.
    sweep = Sweep("sql", "sql", alphas=(1.0,), seeds=SEEDS, hidden_sizes=(128, 128), batch_size=64)
    share = analysis.shares(runs.run(sweep)["goal"])
    print(f"SQL on MultiGoal: {share.tolist()}")
    assert np.all(share >= analysis.LEVEL)
