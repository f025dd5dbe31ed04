"""Every learner in one table, small and with every option somewhere, and data for each."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import networks
from maxent_tf.environments import DeepSea
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import (
    A2C,
    PPO,
    SAC,
    SQL,
    A2CConfig,
    AlphaZero,
    AlphaZeroConfig,
    BootstrappedDQN,
    BootstrappedDQNConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    Learner,
    OnPolicy,
    OptimisticQ,
    OptimisticQConfig,
    PPOConfig,
    SACConfig,
    Searched,
    SoftDQN,
    SoftDQNConfig,
    SQLConfig,
)
from maxent_tf.learners.interface import extras_spec
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.regularizers import Tsallis
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, Image, MultiDiscrete
from maxent_tf.temperature import AutoTemperature, linear
from maxent_tf.types import Transition

P = (2, 3)
B = 4
ALPHA = np.array([[0.05], [0.5]], np.float32)
DISCOUNT = np.array([[0.9, 0.99, 0.5]], np.float32)
RATE = np.array([[1e-3, 1e-2, 1e-1]], np.float32)

ONE_HOT = EnvironmentSpec(Box.of((5,), 0.0, 1.0), Discrete(3))
DISCRETE = EnvironmentSpec(Discrete(5), Discrete(3))
SEVERAL = EnvironmentSpec(MultiDiscrete((4, 2)), MultiDiscrete((3, 2)))
PARTS = EnvironmentSpec(
    {"picture": Image((3, 4, 1)), "inner": {"position": Discrete(3), "speed": Box.of((2,))}},
    Discrete(3),
)
CONTINUOUS = EnvironmentSpec(Box.of((3,)), Box.of((2,), [-1.0, 0.0], [1.0, 4.0]))


# Named functions, not lambdas: learners that hold them can be pickled.
def _keras_model(inputs: int) -> Any:
    import keras

    return keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(4, "tanh")])


def keras_network(inputs: int) -> networks.Network:
    pytest.importorskip("keras", minversion="3.0")
    return networks.Keras(functools.partial(_keras_model, inputs))


def _kernel(inputs: int, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_normal([inputs, 4], seed)


def _tanh_layer(kernel: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    return tf.tanh(x @ kernel)


def function_network(inputs: int) -> networks.Network:
    return networks.PerLearner(functools.partial(_kernel, inputs), _tanh_layer)


# From a name to a learner of batch shape `shape`; `at` takes the shape's part of a hyper-parameter.
Factory = Callable[[tuple[int, ...], Callable[[np.ndarray], np.ndarray]], Learner]
LEARNERS: dict[str, Factory] = {
    "a2c_table": lambda shape, at: A2C(
        ONE_HOT,
        A2CConfig(
            network="table",
            actor_optimizer=SGD(at(RATE)),
            max_grad_norm=None,
            alpha=linear(at(ALPHA), 0.0, 10),
            discount=at(DISCOUNT),
            rollout_length=3,
            measure_covariance=True,
        ),
        shape,
    ),
    "a2c_network": lambda shape, at: A2C(
        DISCRETE,
        A2CConfig(
            hidden_sizes=(6, 5),
            critic_optimizer=Adam(at(RATE)),
            max_grad_norm=0.1,
            gae_lambda=0.9,
            entropy="reward",
            alpha=at(ALPHA),
            discount=at(DISCOUNT),
            rollout_length=3,
        ),
        shape,
    ),
    "a2c_continuous": lambda shape, at: A2C(
        CONTINUOUS,
        A2CConfig(
            hidden_sizes=(6,),
            alpha=AutoTemperature(-1.0, initial_alpha=at(ALPHA)),
            rollout_length=3,
        ),
        shape,
    ),
    "ppo_table": lambda shape, at: PPO(
        ONE_HOT,
        PPOConfig(
            network="table",
            actor_optimizer=SGD(at(RATE)),
            max_grad_norm=None,
            num_minibatches=3,
            clip_epsilon=at(0.3 * DISCOUNT),
            alpha=linear(at(ALPHA), 0.0, 10),
            discount=at(DISCOUNT),
            rollout_length=3,
        ),
        shape,
    ),
    "ppo_network": lambda shape, at: PPO(
        DISCRETE,
        PPOConfig(
            hidden_sizes=(6, 5),
            actor_optimizer=Adam(at(RATE)),
            num_epochs=2,
            num_minibatches=2,
            value_clip=at(DISCOUNT),
            target_kl=at(0.01 * DISCOUNT),
            entropy="reward",
            alpha=at(ALPHA),
            discount=at(DISCOUNT),
            rollout_length=3,
            measure_covariance=True,
        ),
        shape,
    ),
    "ppo_several": lambda shape, at: PPO(
        SEVERAL,
        PPOConfig(
            hidden_sizes=(6,),
            num_epochs=2,
            num_minibatches=2,
            target_kl=at(0.01 * DISCOUNT),
            alpha=AutoTemperature(0.9, initial_alpha=at(ALPHA)),
            rollout_length=3,
        ),
        shape,
    ),
    "ppo_continuous": lambda shape, at: PPO(
        CONTINUOUS,
        PPOConfig(
            hidden_sizes=(6,),
            actor_optimizer=Adam(linear(1e-2, 0.0, 100)),
            num_epochs=2,
            num_minibatches=2,
            alpha=AutoTemperature(-1.0, initial_alpha=at(ALPHA)),
            rollout_length=3,
        ),
        shape,
    ),
    "sac": lambda shape, at: SAC(
        CONTINUOUS,
        SACConfig(
            hidden_sizes=(6, 5),
            actor_optimizer=Adam(at(RATE)),
            discount=at(DISCOUNT),
            tau=at(RATE),
            alpha=AutoTemperature(-1.0, initial_alpha=at(ALPHA)),
            batch_size=B,
        ),
        shape,
    ),
    "sac_n_step": lambda shape, at: SAC(
        CONTINUOUS,
        SACConfig(
            hidden_sizes=(6,), discount=at(DISCOUNT), alpha=at(ALPHA), n_step=3, batch_size=B
        ),
        shape,
    ),
    "sac_by_the_state": lambda shape, at: SAC(
        CONTINUOUS,
        SACConfig(
            hidden_sizes=(6, 5),
            exploration=StateDependentExploration(),
            discount=at(DISCOUNT),
            alpha=at(ALPHA),
        ),
        shape,
    ),
    "sac_noisy": lambda shape, at: SAC(
        CONTINUOUS,
        SACConfig(
            hidden_sizes=(6,),
            noisy=networks.NoisyLayers("independent"),
            discount=at(DISCOUNT),
            alpha=at(ALPHA),
            n_step=2,
        ),
        shape,
    ),
    "sac_mixture": lambda shape, at: SAC(
        CONTINUOUS,
        SACConfig(
            hidden_sizes=(6,),
            num_components=3,
            num_critics=3,
            target_subset=2,
            discount=at(DISCOUNT),
            alpha=at(ALPHA),
        ),
        shape,
    ),
    "sql": lambda shape, at: SQL(
        CONTINUOUS,
        SQLConfig(
            hidden_sizes=(6, 5),
            sampler_optimizer=Adam(at(RATE)),
            discount=at(DISCOUNT),
            tau=at(RATE),
            alpha=at(ALPHA),
            num_particles=3,
            num_value_samples=4,
            batch_size=B,
        ),
        shape,
    ),
    "sql_noisy": lambda shape, at: SQL(
        CONTINUOUS,
        SQLConfig(
            hidden_sizes=(6,),
            noisy=networks.NoisyLayers(),
            alpha=at(ALPHA),
            num_particles=3,
            num_value_samples=4,
        ),
        shape,
    ),
    "discrete_sac_noisy": lambda shape, at: DiscreteSAC(
        DISCRETE,
        DiscreteSACConfig(
            hidden_sizes=(6,), noisy=networks.NoisyLayers(), alpha=at(ALPHA), n_step=2
        ),
        shape,
    ),
    "discrete_sac": lambda shape, at: DiscreteSAC(
        DISCRETE,
        DiscreteSACConfig(
            hidden_sizes=(6, 5),
            critic_optimizer=Adam(at(RATE)),
            critic_reduction="mean",
            discount=at(DISCOUNT),
            tau=at(RATE),
            alpha=AutoTemperature(linear(0.9, 0.5, 10), initial_alpha=at(ALPHA)),
            measure_covariance=True,
        ),
        shape,
    ),
    "discrete_sac_n_step": lambda shape, at: DiscreteSAC(
        ONE_HOT,
        DiscreteSACConfig(hidden_sizes=(), discount=at(DISCOUNT), alpha=at(ALPHA), n_step=2),
        shape,
    ),
    "soft_dqn": lambda shape, at: SoftDQN(
        ONE_HOT,
        SoftDQNConfig(
            hidden_sizes=(6, 5),
            optimizer=Adam(at(RATE)),
            discount=at(DISCOUNT),
            alpha=linear(at(ALPHA), 0.0, 10),
            regularizer=Tsallis(),
            tau=at(RATE),
            target_period=2,
        ),
        shape,
    ),
    "soft_dqn_noisy": lambda shape, at: SoftDQN(
        PARTS,
        SoftDQNConfig(
            network={"picture": networks.Convolution((3, 4, 1), (3,), (2,), (1,))},
            hidden_sizes=(6,),
            noisy=networks.NoisyLayers(),
            double=True,
            discount=at(DISCOUNT),
            alpha=at(ALPHA),
            n_step=2,
        ),
        shape,
    ),
    "a2c_noisy": lambda shape, at: A2C(
        CONTINUOUS,
        A2CConfig(
            hidden_sizes=(6,),
            noisy=networks.NoisyLayers("independent"),
            correction="vtrace",
            alpha=at(ALPHA),
            rollout_length=3,
        ),
        shape,
    ),
    "ppo_noisy": lambda shape, at: PPO(
        DISCRETE,
        PPOConfig(
            hidden_sizes=(6, 5),
            noisy=networks.NoisyLayers(),
            actor_optimizer=Adam(at(RATE)),
            num_epochs=2,
            num_minibatches=2,
            target_kl=at(0.01 * DISCOUNT),
            alpha=at(ALPHA),
            rollout_length=3,
        ),
        shape,
    ),
    "a2c_parts": lambda shape, at: A2C(
        PARTS,
        A2CConfig(
            network={"picture": networks.Convolution((3, 4, 1), (3,), (2,), (1,))},
            hidden_sizes=(5,),
            alpha=at(ALPHA),
            rollout_length=3,
        ),
        shape,
    ),
    "a2c_memory": lambda shape, at: A2C(
        CONTINUOUS,
        A2CConfig(
            memory_size=4,
            hidden_sizes=(5,),
            actor_optimizer=Adam(at(RATE)),
            alpha=at(ALPHA),
            rollout_length=3,
        ),
        shape,
    ),
    "ppo_memory": lambda shape, at: PPO(
        PARTS,
        PPOConfig(
            network={"inner": {"speed": function_network(2)}},
            memory_size=4,
            hidden_sizes=(),
            num_epochs=2,
            num_minibatches=2,
            target_kl=at(0.01 * DISCOUNT),
            discount=at(DISCOUNT),
            rollout_length=3,
        ),
        shape,
    ),
    "a2c_vtrace_by_state": lambda shape, at: A2C(
        CONTINUOUS,
        A2CConfig(
            hidden_sizes=(5, 4),
            exploration=StateDependentExploration(period=2),
            correction="vtrace",
            alpha=at(ALPHA),
            discount=at(DISCOUNT),
            rollout_length=3,
        ),
        shape,
    ),
    "ppo_by_state": lambda shape, at: PPO(
        CONTINUOUS,
        PPOConfig(
            hidden_sizes=(5, 4),
            exploration=StateDependentExploration(period=2),
            num_epochs=2,
            num_minibatches=2,
            alpha=at(ALPHA),
            rollout_length=3,
        ),
        shape,
    ),
    "discrete_sac_memory": lambda shape, at: DiscreteSAC(
        PARTS,
        DiscreteSACConfig(
            memory_size=4,
            sequence_length=3,
            burn_in=1,
            hidden_sizes=(5,),
            alpha=at(ALPHA),
            discount=at(DISCOUNT),
            batch_size=B,
        ),
        shape,
    ),
    "sac_keras": lambda shape, at: SAC(
        CONTINUOUS,
        SACConfig(
            network=keras_network(3),
            hidden_sizes=(5,),
            actor_optimizer=Adam(at(RATE)),
            batch_size=B,
        ),
        shape,
    ),
    "sql_function": lambda shape, at: SQL(
        CONTINUOUS,
        SQLConfig(
            network=function_network(3),
            hidden_sizes=(5,),
            alpha=at(ALPHA),
            num_particles=3,
            num_value_samples=4,
        ),
        shape,
    ),
    "discrete_sac_keras": lambda shape, at: DiscreteSAC(
        DISCRETE,
        DiscreteSACConfig(
            network=keras_network(5), hidden_sizes=(5,), critic_optimizer=Adam(at(RATE))
        ),
        shape,
    ),
    "soft_dqn_parts": lambda shape, at: SoftDQN(
        PARTS,
        SoftDQNConfig(
            network={
                "picture": networks.Convolution((3, 4, 1), (3,), (2,), (1,)),
                "inner": {"speed": function_network(2)},
            },
            hidden_sizes=(5,),
            alpha=at(ALPHA),
        ),
        shape,
    ),
    "munchausen_dqn": lambda shape, at: SoftDQN(
        DISCRETE,
        SoftDQNConfig(
            hidden_sizes=(6,),
            alpha=AutoTemperature(0.5, initial_alpha=at(ALPHA)),
            munchausen=at(DISCOUNT),
        ),
        shape,
    ),
    "munchausen_dqn_n_step": lambda shape, at: SoftDQN(
        DISCRETE,
        SoftDQNConfig(
            hidden_sizes=(6,),
            discount=at(DISCOUNT),
            alpha=at(ALPHA),
            munchausen=at(DISCOUNT),
            n_step=3,
        ),
        shape,
    ),
    "bootstrapped_dqn": lambda shape, at: BootstrappedDQN(
        DISCRETE,
        BootstrappedDQNConfig(
            network=networks.Embedding(5, 6),
            hidden_sizes=(4,),
            optimizer=Adam(at(RATE)),
            discount=at(DISCOUNT),
            num_heads=3,
            prior_scale=at(ALPHA),
            tau=at(DISCOUNT),
            target_period=2,
        ),
        shape,
    ),
    "optimistic_q_table": lambda shape, at: OptimisticQ(
        DISCRETE,
        OptimisticQConfig(
            highest_value=at(ALPHA),
            horizon=at(DISCOUNT),
            bonus=at(RATE),
            discount=at(DISCOUNT),
            rollout_length=3,
        ),
        shape,
    ),
    "alphazero": lambda shape, at: AlphaZero(
        DeepSea(3),
        AlphaZeroConfig(hidden_sizes=(6, 5), optimizer=Adam(at(RATE)), num_simulations=2, n_step=2),
        shape,
    ),
}


# One of each kind. What takes seconds a learner is tested on these; on the others when asked for.
CORE = (
    "a2c_table",
    "a2c_vtrace_by_state",
    "ppo_network",
    "sac",
    "sql",
    "discrete_sac_memory",
    "munchausen_dqn_n_step",
    "bootstrapped_dqn",
    "soft_dqn_noisy",
    "ppo_noisy",
    "alphazero",
)
# Those that plan in an environment: they act nowhere else, and no file holds what they do.
PLANNING = ("alphazero",)
core_learners = pytest.mark.parametrize(
    "name", [pytest.param(x, marks=() if x in CORE else pytest.mark.slow) for x in LEARNERS]
)


@functools.cache
def batched(name: str) -> Learner:
    return LEARNERS[name](P, lambda x: x)


def single(name: str, index: tuple[int, int]) -> Learner:
    return LEARNERS[name]((), lambda x: np.broadcast_to(x, P)[index])


def random_state(learner: Learner) -> Any:
    """A state after some training, in which no two learners are alike."""
    generator = np.random.default_rng(0)

    def randomise(x: tf.Tensor) -> tf.Tensor:
        return x + tf.constant(0.3 * generator.random(x.shape), x.dtype)

    state = learner.init(0)
    return tf.nest.map_structure(lambda x: randomise(x) if x.dtype.is_floating else x, state)


def time_axis(learner: Learner) -> tuple[int, ...]:
    """The axis that batches have in front: the steps of a rollout, or of one off-policy target."""
    if isinstance(learner.experience, OnPolicy):
        return (3,)
    length = learner.experience.sequence_length
    return (length,) if length > 1 else ()


def world_of(learner: Learner, num_envs: int) -> Any:
    """The state of environments, [*P, B, ...], in which a learner plans; else None."""
    if not learner.plans:
        return None
    return learner.env.reset([*learner.batch_shape, num_envs], 0)[0]


def random_batch(learner: Learner, seed: int = 0) -> Transition:
    """What an update takes: [T, *P, B, ...], or [*P, B, ...] off policy with single steps."""
    generator = np.random.default_rng(seed)
    shape = (*time_axis(learner), *learner.batch_shape, B)

    def values(spec: Any) -> Any:
        if isinstance(spec, dict):
            return {key: values(part) for key, part in spec.items()}
        if isinstance(spec, Image):
            return tf.constant(generator.integers(256, size=(*shape, *spec.shape)), tf.uint8)
        if isinstance(spec, Discrete):
            return tf.constant(generator.integers(spec.num_values, size=shape), tf.int32)
        if isinstance(spec, tf.TensorSpec) and spec.dtype == tf.bool:
            return tf.constant(generator.random((*shape, *spec.shape)) < 0.5)
        if isinstance(spec, tf.TensorSpec):  # of what the learner knew when it acted
            return tf.constant(generator.uniform(-1, 0, (*shape, *spec.shape)), spec.dtype)
        if isinstance(spec, MultiDiscrete):
            return tf.constant(generator.integers(spec.nvec, size=(*shape, *spec.shape)), tf.int32)
        low, high = (np.clip(bound, -2, 2) for bound in spec.bounds())
        return tf.constant(generator.uniform(low, high, (*shape, *spec.shape)), tf.float32)

    kind = generator.integers(4, size=shape)
    found = extras_spec(learner, learner.init(0), world_of(learner, B))
    extras = tf.nest.map_structure(values, found)
    if isinstance(extras, Searched):  # whose policies are probabilities
        extras = extras._replace(policy=tf.nn.softmax(extras.policy))
    return Transition(
        observation=values(learner.spec.observation),
        action=values(learner.spec.action),
        reward=tf.constant(generator.normal(size=shape), tf.float32),
        next_observation=values(learner.spec.observation),
        terminated=tf.constant(kind == 0),
        truncated=tf.constant(kind == 1),
        valid=tf.ones(shape, tf.bool),
        extras=extras,
    )
