"""The work of TF-Agents: updates of SAC."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import tensorflow as tf
from serve import serve
from tf_agents.agents.ddpg import critic_network
from tf_agents.agents.sac import sac_agent, tanh_normal_projection_network
from tf_agents.networks import actor_distribution_network
from tf_agents.replay_buffers import tf_uniform_replay_buffer
from tf_agents.specs import tensor_spec
from tf_agents.trajectories import time_step, trajectory
from tf_agents.utils import common


def sac(amount: int, batch: int, width: int, observations: int, actions: int) -> Callable:
    """Returns a call that makes updates on a buffer of random numbers.

    The buffer is read as in TF-Agents' own tutorial.
    """
    observation = tensor_spec.TensorSpec([observations], tf.float32)
    action = tensor_spec.BoundedTensorSpec([actions], tf.float32, -1, 1)
    actor = actor_distribution_network.ActorDistributionNetwork(
        observation,
        action,
        fc_layer_params=(width, width),
        continuous_projection_net=(tanh_normal_projection_network.TanhNormalProjectionNetwork),
    )
    critic = critic_network.CriticNetwork(
        (observation, action), joint_fc_layer_params=(width, width)
    )
    agent = sac_agent.SacAgent(
        time_step.time_step_spec(observation),
        action,
        critic_network=critic,
        actor_network=actor,
        actor_optimizer=tf.keras.optimizers.Adam(3e-4),
        critic_optimizer=tf.keras.optimizers.Adam(3e-4),
        alpha_optimizer=tf.keras.optimizers.Adam(3e-4),
        target_update_tau=0.005,
        gamma=0.99,
    )
    agent.initialize()
    replay = tf_uniform_replay_buffer.TFUniformReplayBuffer(
        agent.collect_data_spec, batch_size=1, max_length=20_000
    )

    @common.function
    def fill() -> None:
        replay.add_batch(
            trajectory.mid(
                tf.random.normal([1, observations]),
                tf.random.uniform([1, actions], -1, 1),
                (),
                tf.random.normal([1]),
                tf.ones([1]),
            )
        )

    for _ in range(2000):
        fill()
    dataset = replay.as_dataset(
        num_parallel_calls=2, sample_batch_size=batch, num_steps=2, single_deterministic_pass=False
    )
    batches = iter(dataset.prefetch(3))
    train = common.function(agent.train)

    def call() -> None:
        for _ in range(amount):
            experience, _ = next(batches)
            loss = train(experience)
        loss.loss.numpy()

    return call


if __name__ == "__main__":
    serve(sac(**json.loads(sys.argv[1])), ("tf-agents", "tensorflow"))
