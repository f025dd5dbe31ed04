"""TF-Agents' own agents train on Gymnasium's worlds through the bridge."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("tf_agents", reason="TF-Agents is not installed")

from tf_agents.agents.ddpg.critic_network import CriticNetwork
from tf_agents.agents.ppo.ppo_clip_agent import PPOClipAgent
from tf_agents.agents.sac.sac_agent import SacAgent
from tf_agents.drivers.dynamic_step_driver import DynamicStepDriver
from tf_agents.environments import TFPyEnvironment
from tf_agents.networks.actor_distribution_network import ActorDistributionNetwork
from tf_agents.networks.value_network import ValueNetwork
from tf_agents.replay_buffers import TFUniformReplayBuffer

from maxent_tf.bridges.tf_agents import GymnasiumEnvironment, SquashedGaussianProjectionNetwork


def actor(env: TFPyEnvironment) -> ActorDistributionNetwork:
    return ActorDistributionNetwork(
        env.observation_spec(),
        env.action_spec(),
        fc_layer_params=(8,),
        continuous_projection_net=SquashedGaussianProjectionNetwork,
    )


def sac(env: TFPyEnvironment) -> SacAgent:
    specs = (env.observation_spec(), env.action_spec())
    return SacAgent(
        env.time_step_spec(),
        env.action_spec(),
        critic_network=CriticNetwork(specs, joint_fc_layer_params=(8,)),
        actor_network=actor(env),
        actor_optimizer=tf.keras.optimizers.Adam(),
        critic_optimizer=tf.keras.optimizers.Adam(),
        alpha_optimizer=tf.keras.optimizers.Adam(),
    )


def ppo(env: TFPyEnvironment) -> PPOClipAgent:
    return PPOClipAgent(
        env.time_step_spec(),
        env.action_spec(),
        optimizer=tf.keras.optimizers.Adam(),
        actor_net=actor(env),
        value_net=ValueNetwork(env.observation_spec(), fc_layer_params=(8,)),
        entropy_regularization=0.01,
        num_epochs=1,
    )


@pytest.mark.parametrize(
    ("make", "world"),
    [(sac, "Pendulum-v1"), (ppo, "Pendulum-v1"), (ppo, "CartPole-v1")],
    ids=["sac", "ppo", "discrete ppo"],
)
def test_they_train(make: Any, world: str) -> None:
    # Oracle: every loss is finite, and every trained parameter of the actor moves.
    env = TFPyEnvironment(GymnasiumEnvironment(world, 2))
    agent = make(env)
    agent.initialize()
    replay = TFUniformReplayBuffer(agent.collect_data_spec, 2, max_length=300)
    DynamicStepDriver(env, agent.collect_policy, [replay.add_batch], num_steps=420).run()
    experience = replay.gather_all()
    if make is sac:
        samples = replay.as_dataset(sample_batch_size=8, num_steps=2)
        experience, _ = next(iter(samples))
    variables = agent.collect_policy._actor_network.trainable_variables
    before = [v.numpy() for v in variables]
    for _ in range(2):
        assert np.isfinite(agent.train(experience).loss)
    for variable, old in zip(variables, before, strict=True):
        assert np.any(variable.numpy() != old), variable.name
