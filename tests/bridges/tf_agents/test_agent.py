"""Our learners as TF-Agents agents: in its drivers, replay and metrics."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("tf_agents", reason="TF-Agents is not installed")

from tf_agents.drivers.dynamic_episode_driver import DynamicEpisodeDriver
from tf_agents.drivers.dynamic_step_driver import DynamicStepDriver
from tf_agents.environments import TFPyEnvironment
from tf_agents.metrics import tf_metrics
from tf_agents.policies.random_tf_policy import RandomTFPolicy
from tf_agents.replay_buffers import TFUniformReplayBuffer
from tf_agents.utils import common

import maxent_tf as mx
from maxent_tf import draws
from maxent_tf.bridges.tf_agents import GymnasiumEnvironment, LearnerAgent, environment_spec
from maxent_tf.bridges.tf_agents.experience import only_valid, transitions
from maxent_tf.replay import Priorities

WORLDS = {
    "SAC": "Pendulum-v1",
    "DiscreteSAC": "CartPole-v1",
    "A2C": "CartPole-v1",
    "PPO": "CartPole-v1",
}


def make(name: str, num_envs: int = 2) -> tuple[TFPyEnvironment, LearnerAgent]:
    env = TFPyEnvironment(GymnasiumEnvironment(WORLDS[name], num_envs))
    config: Any = getattr(mx.learners, f"{name}Config")(hidden_sizes=(8,))
    spec = environment_spec(env.time_step_spec(), env.action_spec())
    learner = getattr(mx.learners, name)(spec, config)
    counter = tf.Variable(0, dtype=tf.int64)
    agent = LearnerAgent(env.time_step_spec(), env.action_spec(), learner, 0, counter)
    agent.initialize()
    return env, agent


def collect(env: TFPyEnvironment, agent: LearnerAgent, frames: int) -> TFUniformReplayBuffer:
    replay = TFUniformReplayBuffer(agent.collect_data_spec, env.batch_size, max_length=1000)
    driver = DynamicStepDriver(
        env, agent.collect_policy, [replay.add_batch], num_steps=frames * env.batch_size
    )
    driver.run(maximum_iterations=frames)
    return replay


@pytest.fixture(scope="module")
def trained() -> dict[str, tuple]:
    """For each learner its world, its agent and experience of the shape it is trained with."""
    made = {}
    for name in WORLDS:
        env, agent = make(name)
        experience = collect(env, agent, frames=41).gather_all()
        if agent.train_sequence_length == 2:
            experience = tf.nest.map_structure(lambda x: x[0, :16], experience)
            experience = tf.nest.map_structure(
                lambda x: tf.reshape(x, [8, 2, *x.shape[1:]]), experience
            )
        made[name] = env, agent, experience
    return made


@pytest.mark.parametrize("name", WORLDS)
def test_an_update_is_the_learners(name: str, trained: dict[str, tuple]) -> None:
    # Oracle: the learner's own update, from the agent's state and with the seed that it says.
    _, agent, experience = trained[name]
    learner = agent._learner
    state = agent._state.read()
    batch = transitions(learner.spec, experience, agent.collect_data_spec)
    if agent.train_sequence_length == 2:
        batch = only_valid(tf.nest.map_structure(lambda x: x[0], batch))
    step = agent.train_step_counter.numpy()
    seed = draws.fold_in(draws.split([0, 0], 2)[1], tf.cast(step, tf.int32))
    expected, metrics, _ = learner.update(state, batch, seed=seed)
    info = agent.train(experience)
    np.testing.assert_allclose(info.loss, metrics.actor_loss + metrics.critic_loss, rtol=1e-5)
    new_state = agent._state.read()
    for mine, theirs in zip(tf.nest.flatten(new_state), tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    assert agent.train_step_counter.numpy() == step + 1
    moved = [
        np.any(old.numpy() != new.numpy())
        for old, new in zip(
            tf.nest.flatten(state.actor), tf.nest.flatten(new_state.actor), strict=True
        )
    ]
    assert all(moved)


def test_a_loss_that_is_not_finite_changes_nothing(trained: dict[str, tuple]) -> None:
    # Oracle: the state before.
    _, agent, experience = trained["SAC"]
    before = [v.numpy() for v in agent.variables]
    broken = experience._replace(reward=experience.reward * np.nan)
    with pytest.raises(tf.errors.InvalidArgumentError, match="the loss is NaN or infinite"):
        agent.train(broken)
    for v, value in zip(agent.variables, before, strict=True):
        np.testing.assert_array_equal(v, value)


def test_replay_feeds_an_off_policy_learner(trained: dict[str, tuple]) -> None:
    # Oracle: the losses are finite, though pairs across episodes are among what is sampled.
    env, agent, _ = trained["SAC"]
    random = RandomTFPolicy(env.time_step_spec(), env.action_spec())
    replay = TFUniformReplayBuffer(agent.collect_data_spec, 2, max_length=250)
    DynamicStepDriver(env, random, [replay.add_batch], num_steps=440).run()
    assert np.any(replay.gather_all().is_boundary())
    samples = iter(replay.as_dataset(sample_batch_size=8, num_steps=2))
    for _ in range(5):
        assert np.isfinite(agent.train(next(samples)[0]).loss)


def test_metrics_measure_our_policies(trained: dict[str, tuple]) -> None:
    # Oracle: CartPole pays 1 a step, so that returns are lengths.
    env, agent, _ = trained["A2C"]
    metrics = [
        tf_metrics.AverageReturnMetric(batch_size=2),
        tf_metrics.AverageEpisodeLengthMetric(batch_size=2),
        tf_metrics.NumberOfEpisodes(),
    ]
    env.reset()
    DynamicEpisodeDriver(env, agent.policy, metrics, num_episodes=4).run()
    assert metrics[2].result() >= 4
    assert metrics[0].result() == metrics[1].result() > 5


def test_a_checkpoint_brings_everything_back(trained: dict[str, tuple], tmp_path: Any) -> None:
    # Oracle: the agent that was saved.
    _, agent, experience = trained["SAC"]
    common.Checkpointer(str(tmp_path), agent=agent).save(0)
    _, other = make("SAC")
    common.Checkpointer(str(tmp_path), agent=other).initialize_or_restore()
    for mine, theirs in zip(other.variables, agent.variables, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    agent.train(experience), other.train(experience)
    for mine, theirs in zip(other.variables, agent.variables, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_what_cannot_be_learned_from_is_refused(trained: dict[str, tuple]) -> None:
    _, agent, experience = trained["SAC"]
    with pytest.raises(ValueError, match="weights must be None"):
        agent.train(experience, weights=tf.ones([8]))
    with pytest.raises(ValueError, match="sequence_length"):
        agent.train(tf.nest.map_structure(lambda x: x[:, :1], experience))
    _, agent, experience = trained["A2C"]
    with pytest.raises(ValueError, match="at least 2 frames, not 1"):
        agent.train(tf.nest.map_structure(lambda x: x[:, :1], experience))
    _, agent, _ = trained["SAC"]
    normalized = mx.learners.Normalized(agent._learner, observation=True)
    with pytest.raises(ValueError, match="pass the learner inside"):
        LearnerAgent(agent.time_step_spec, agent.action_spec, normalized)


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        ("SAC", {"n_step": 4}, "learns from 4 steps in a row, but pairs of frames from TF-Agents'"),
        (
            "SAC",
            {"priorities": Priorities()},
            "priorities=.* are for our own replay: build it",
        ),
        ("DiscreteSAC", {"memory_size": 4}, "learns from 16 steps in a row, but pairs of frames"),
        ("DiscreteSAC", {"n_step": 2}, "build it with n_step=1 and memory_size=0, or train"),
    ],
)
def test_learners_that_need_more_than_a_pair_of_frames_are_refused(
    trained: dict[str, tuple], name: str, option: dict[str, int], message: str
) -> None:
    # Oracle: TF-Agents' pairs of frames hold no more than one step, and its replay no priorities.
    # Refused when the agent is made, not at its first update.
    _, agent, _ = trained[name]
    config: Any = getattr(mx.learners, f"{name}Config")(hidden_sizes=(4,), **option)
    learner = getattr(mx.learners, name)(agent._learner.spec, config)
    with pytest.raises(ValueError, match=message):
        LearnerAgent(agent.time_step_spec, agent.action_spec, learner)


@pytest.mark.slow
def test_our_sac_solves_pendulum_in_their_loop() -> None:
    # Oracle: an untrained policy has about -1200, a good one -150.
    env = TFPyEnvironment(GymnasiumEnvironment("Pendulum-v1", 1))
    adam = mx.optimizers.Adam(1e-3)
    config = mx.learners.SACConfig(
        hidden_sizes=(64, 64), actor_optimizer=adam, critic_optimizer=adam
    )
    learner = mx.learners.SAC(environment_spec(env.time_step_spec(), env.action_spec()), config)
    agent = LearnerAgent(env.time_step_spec(), env.action_spec(), learner)
    replay = TFUniformReplayBuffer(agent.collect_data_spec, 1, max_length=20_000)
    random = RandomTFPolicy(env.time_step_spec(), env.action_spec())
    DynamicStepDriver(env, random, [replay.add_batch], num_steps=1000).run()
    samples = iter(replay.as_dataset(sample_batch_size=256, num_steps=2).prefetch(2))
    driver = DynamicStepDriver(env, agent.collect_policy, [replay.add_batch], num_steps=1)
    run = common.function(driver.run)
    step, _ = run()
    for _ in range(10_000):
        step, _ = run(step)
        agent.train(next(samples)[0])
    metric = tf_metrics.AverageReturnMetric(buffer_size=20)
    env.reset()
    DynamicEpisodeDriver(env, agent.policy, [metric], num_episodes=20).run()
    print(f"SAC on Pendulum-v1 in TF-Agents' loop: {metric.result():.0f}")
    assert metric.result() >= -250
