"""What every learner must do, in one table: a new learner enters it with one entry.

Oracles: the learner itself, run eagerly, against the same in a graph and under XLA; learners of
batch shape [] against one of [2, 3]; the words of `Learner`'s docstring.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf import networks
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import (
    A2C,
    PPO,
    SAC,
    SQL,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    Learner,
    OnPolicy,
    PPOConfig,
    SACConfig,
    SoftDQN,
    SoftDQNConfig,
    SQLConfig,
)
from maxent_tf.learners.memory import seen
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.regularizers import Tsallis
from maxent_tf.replay import Priorities
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


def keras_network(inputs: int) -> networks.Network:
    keras = pytest.importorskip("keras", minversion="3.0")
    return networks.Keras(
        lambda: keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(4, "tanh")])
    )


def function_network(inputs: int) -> networks.Network:
    return networks.PerLearner(
        lambda seed: tf.random.stateless_normal([inputs, 4], seed),
        lambda kernel, x: tf.tanh(x @ kernel),
    )


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
    "discrete_sac": lambda shape, at: DiscreteSAC(
        DISCRETE,
        DiscreteSACConfig(
            hidden_sizes=(6, 5),
            critic_optimizer=Adam(at(RATE)),
            critic_reduction="mean",
            discount=at(DISCOUNT),
            tau=at(RATE),
            alpha=AutoTemperature(linear(0.9, 0.5, 10), initial_alpha=at(ALPHA)),
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
}

every_learner = pytest.mark.parametrize("name", LEARNERS)
compilations = pytest.mark.parametrize("mode", ["graph", "xla"])


@functools.cache
def batched(name: str) -> Learner:
    return LEARNERS[name](P, lambda x: x)


def single(name: str, index: tuple[int, int]) -> Learner:
    return LEARNERS[name]((), lambda x: np.broadcast_to(x, P)[index])


@functools.cache
def update_of(name: str, mode: str) -> Callable[..., Any]:
    """The learner's update compiled; the tests share the program."""
    if mode == "eager":
        return batched(name).update
    return tf.function(batched(name).update, autograph=False, jit_compile=mode == "xla")


@pytest.fixture(autouse=True, scope="module")
def same_noise_everywhere() -> Iterator[None]:
    # TensorFlow's numbers differ under XLA, and learner by learner of a batch. Draws without a
    # dtype are initial parameters and the like.
    def shared(original: Callable[..., Any], numpy_name: str) -> Callable[..., Any]:
        def draw(shape: Any, seed: Any, *args: Any, dtype: Any = None, **kwargs: Any) -> tf.Tensor:
            if dtype not in (tf.float32, tf.float64):
                kwargs = kwargs if dtype is None else {**kwargs, "dtype": dtype}
                return original(shape, seed, *args, **kwargs)
            noise = getattr(np.random.default_rng(0), numpy_name)(size=shape[-2:])
            return tf.broadcast_to(tf.constant(noise, dtype), shape)

        return draw

    normal = shared(tf.random.stateless_normal, "normal")
    uniform = shared(tf.random.stateless_uniform, "uniform")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf.random, "stateless_normal", normal)
        patch.setattr(tf.random, "stateless_uniform", uniform)
        yield
    update_of.cache_clear()  # TensorFlow 2.15 complains of programs that outlive the session.


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
    return (learner.experience.n_step,) if learner.experience.n_step > 1 else ()


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
        if isinstance(spec, MultiDiscrete):
            return tf.constant(generator.integers(spec.nvec, size=(*shape, *spec.shape)), tf.int32)
        low, high = (np.clip(bound, -2, 2) for bound in spec.bounds())
        return tf.constant(generator.uniform(low, high, (*shape, *spec.shape)), tf.float32)

    kind = generator.integers(4, size=shape)
    specs = seen(learner.spec, getattr(learner, "memory", None))
    return Transition(
        observation=values(specs.observation),
        action=values(specs.action),
        reward=tf.constant(generator.normal(size=shape), tf.float32),
        next_observation=values(specs.observation),
        terminated=tf.constant(kind == 0),
        truncated=tf.constant(kind == 1),
        valid=tf.ones(shape, tf.bool),
    )


def learners_part(learner: Learner, x: Any, index: tuple[int, int]) -> Any:
    """One learner's part of a batch [T, *P, ...] or [*P, ...], or of a state [*P, ...]."""
    leading = isinstance(x, Transition) and time_axis(learner)
    index = (slice(None), *index) if leading else index
    return tf.nest.map_structure(lambda leaf: leaf[index] if leaf.shape.rank else leaf, x)


@every_learner
def test_follows_the_protocol(name: str) -> None:
    learner = batched(name)
    state, batch = random_state(learner), random_batch(learner)
    new, metrics = learner.update(state, batch, tf.constant([0, 1]))
    # A state goes around a tf.while_loop: structure, shapes and dtypes stay.
    tf.nest.assert_same_structure(state, new)
    for before, after in zip(tf.nest.flatten(state), tf.nest.flatten(new), strict=True):
        assert (before.shape, before.dtype) == (after.shape, after.dtype)
    for field, metric in metrics._asdict().items():
        if field in learner.metric_names:
            assert (metric.shape, metric.dtype) == (P, tf.float32)
        else:  # not measured: no leaf for whoever goes through the structure
            assert metric == ()
    assert len(tf.nest.flatten(metrics)) == len(learner.metric_names)
    observation = batch.observation
    if batch.reward.shape.rank == 4:
        observation = tf.nest.map_structure(lambda x: x[0], observation)
    distribution = learner.policy(new, observation)
    assert distribution.batch_shape == (*P, B)
    for action in (distribution.sample(seed=0), learner.greedy(distribution)):
        if isinstance(action, dict):
            memories = (tf.nest.flatten(x["memory"]) for x in (action, observation))
            for after, before in zip(*memories, strict=True):
                assert (after.shape, after.dtype) == (before.shape, before.dtype)
            action = action["action"]
        assert action.shape == (*P, B, *learner.spec.action.shape)
        assert action.dtype == learner.spec.action.dtype


@every_learner
def test_every_leaf_of_the_state_learns(name: str) -> None:
    # Oracle: two updates move everything but what starts at a minimum; nothing is forgotten.
    learner = batched(name)
    state = random_state(learner)
    new = state
    for seed in range(2):
        new, _ = learner.update(new, random_batch(learner, seed), tf.constant([0, seed]))
    for before, after in zip(tf.nest.flatten(state), tf.nest.flatten(new), strict=True):
        assert np.any(before != after)


@every_learner
@compilations
def test_compiled_numbers_are_the_eager_ones(name: str, mode: str) -> None:
    state = expected = random_state(batched(name))
    for step in range(2):
        batch, seed = random_batch(batched(name), step), tf.constant([0, step])
        state, metrics = update_of(name, mode)(state, batch, seed)
        expected, eager_metrics = update_of(name, "eager")(expected, batch, seed)
        tf.nest.map_structure(
            functools.partial(np.testing.assert_allclose, rtol=1e-3, atol=1e-5),
            (state, metrics),
            (expected, eager_metrics),
        )


@every_learner
@compilations
def test_learners_are_independent_to_the_bit(name: str, mode: str) -> None:
    # Oracle: the same update with the last learner's numbers spoiled. NaN spreads to whatever it
    # meets, a product with zero included.
    learner, update = batched(name), update_of(name, mode)
    state, batch = random_state(learner), random_batch(learner)

    def spoil(x: tf.Tensor, first: int = 0) -> tf.Tensor:
        if x.shape.rank < first + 2 or not x.dtype.is_floating:
            return x
        spoiled = x.numpy()
        spoiled[(slice(None),) * first + (1, 2)] = np.nan
        return tf.constant(spoiled)

    first = batch.reward.shape.rank - 3
    spoiled_state = tf.nest.map_structure(spoil, state)
    spoiled_batch = tf.nest.map_structure(lambda x: spoil(x, first), batch)
    seed = tf.constant([0, 1])
    results = update(state, batch, seed), update(spoiled_state, spoiled_batch, seed)
    others = np.ones(P, bool)
    others[1, 2] = False
    for clean, spoiled in zip(*map(tf.nest.flatten, results), strict=True):
        if clean.shape.rank == 0:
            assert clean == spoiled
        else:
            np.testing.assert_array_equal(clean.numpy()[others], spoiled.numpy()[others])
    for leaf in tf.nest.flatten(results[1][0][0]):
        assert np.all(np.isnan(leaf[1, 2]))


@every_learner
@pytest.mark.parametrize("index", [(0, 1), (1, 2)])
def test_a_batch_of_learners_is_its_learners(name: str, index: tuple[int, int]) -> None:
    # Oracle: a learner of batch shape [] with the same hyper-parameters, state, data and noise.
    learner, alone = batched(name), single(name, index)
    state, batch, seed = random_state(learner), random_batch(learner), tf.constant([0, 1])
    result = update_of(name, "graph")(state, batch, seed)
    expected = alone.update(
        learners_part(learner, state, index), learners_part(learner, batch, index), seed
    )
    tf.nest.map_structure(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-5),
        learners_part(learner, result, index),
        expected,
    )


@every_learner
def test_fresh_learners_differ_and_follow_the_seed(name: str) -> None:
    # Oracle: the same seed gives the same bits; learners' networks are drawn apart.
    learner = batched(name)
    tf.nest.map_structure(np.testing.assert_array_equal, learner.init(3), learner.init([0, 3]))
    if name.endswith(("_table", "_keras")):  # All zeros; all of them the noise above.
        return
    # The first leaf is the kernel of the first layer.
    first, other = (tf.nest.flatten(learner.init(seed))[0].numpy() for seed in (3, 4))
    kernels = [*first.reshape(6, -1), *other.reshape(6, -1)]
    assert len(np.unique(np.stack(kernels), axis=0)) == 12


class Counted:
    """Counts how often Python runs a learner's update, that is, how often it is traced."""

    calls = 0

    def update(self, *arguments: Any) -> Any:
        self.calls += 1
        return super().update(*arguments)  # type: ignore[misc]


class CountedA2C(Counted, A2C):
    """A2C, counted."""


class CountedPPO(Counted, PPO):
    """PPO, counted."""


class CountedSAC(Counted, SAC):
    """SAC, counted."""


class CountedPrioritizedSAC(SAC):
    """SAC from prioritised replay, counted."""

    calls = 0

    def prioritized_update(self, *arguments: Any) -> Any:
        self.calls += 1
        return super().prioritized_update(*arguments)


class CountedDiscreteSAC(Counted, DiscreteSAC):
    """Discrete SAC, counted."""


class CountedSoftDQN(Counted, SoftDQN):
    """Soft DQN, counted."""


OFF_POLICY: Any = {
    "hidden_sizes": (4,),
    "batch_size": 2,
    "replay_capacity": 50,
    "learning_starts": 1,
}
COUNTED: dict[type[Any], tuple[Any, str, Any]] = {
    CountedA2C: (
        A2CConfig(hidden_sizes=(4,), rollout_length=2, alpha=linear(0.1, 0.0, 3)),
        "CartPole-v1",
        mx.environments.CartPole(),
    ),
    CountedPPO: (
        PPOConfig(hidden_sizes=(4,), rollout_length=2, num_minibatches=1, target_kl=0.01),
        "CartPole-v1",
        mx.environments.CartPole(),
    ),
    CountedSAC: (SACConfig(**OFF_POLICY), "Pendulum-v1", mx.environments.Pendulum()),
    CountedPrioritizedSAC: (
        SACConfig(**OFF_POLICY, n_step=2, priorities=Priorities(beta=linear(0.4, 1.0, 9))),
        "Pendulum-v1",
        mx.environments.Pendulum(),
    ),
    CountedDiscreteSAC: (
        DiscreteSACConfig(**OFF_POLICY),
        "CartPole-v1",
        mx.environments.CartPole(),
    ),
    CountedSoftDQN: (SoftDQNConfig(**OFF_POLICY), "CartPole-v1", mx.environments.CartPole()),
}


@pytest.mark.parametrize("where", ["in_graph", "host"])
@pytest.mark.parametrize("kind", COUNTED)
def test_training_traces_an_update_once(kind: type[Any], where: str) -> None:
    # Oracle: the number of Python calls. Records of 3, 3 and 1 iterations share one program.
    config, id_, env = COUNTED[kind]
    learner = kind(env.spec, config, [2])
    steps = 14 if isinstance(learner.experience, OnPolicy) else 8
    world = env if where == "in_graph" else id_
    result = mx.train(learner, world, steps, records=3, compile="graph")
    assert result.updates == 7
    assert learner.calls == 1


def a2c(spec: EnvironmentSpec = ONE_HOT, shape: Any = P, **config: Any) -> A2C:
    return A2C(spec, A2CConfig(**config), shape)


def ppo(spec: EnvironmentSpec = ONE_HOT, shape: Any = P, **config: Any) -> PPO:
    return PPO(spec, PPOConfig(**config), shape)


def sac(spec: EnvironmentSpec = CONTINUOUS, shape: Any = P, **config: Any) -> SAC:
    return SAC(spec, SACConfig(**config), shape)


def discrete_sac(spec: EnvironmentSpec = ONE_HOT, shape: Any = P, **config: Any) -> DiscreteSAC:
    return DiscreteSAC(spec, DiscreteSACConfig(**config), shape)


def soft_dqn(spec: EnvironmentSpec = ONE_HOT, shape: Any = P, **config: Any) -> SoftDQN:
    return SoftDQN(spec, SoftDQNConfig(**config), shape)


NEGATIVE = [
    ({"alpha": -0.1}, "alpha must be finite and at least 0, not -0.1"),
    ({"alpha": np.array([0.1, -0.1, 0.2])}, "alpha must be finite and at least 0"),
    ({"alpha": float("nan")}, "alpha must be finite and at least 0"),
    ({"alpha": lambda step: -0.1}, "alpha must be finite and at least 0"),
    ({"discount": 1.5}, r"discount must lie in \[0, 1\], not 1.5"),
    ({"discount": np.array([0.9, -0.1, 0.5])}, r"discount must lie in \[0, 1\]"),
]
SHAPES = [
    (
        {"alpha": np.ones(5)},
        r"alpha of shape \(5,\) does not broadcast to the batch shape \(2, 3\)",
    ),
    ({"alpha": linear(np.ones(2), 0.0, 9)}, r"alpha of shape \(2,\) does not broadcast"),
    ({"discount": 0.9 * np.ones([3, 2])}, r"discount of shape \(3, 2\) does not broadcast"),
    (
        {"alpha": AutoTemperature(0.5, initial_alpha=np.ones(5))},
        r"alpha.initial_alpha of shape \(5,\) does not broadcast",
    ),
    (
        {"alpha": AutoTemperature(np.full(5, 0.5))},
        r"alpha.target_entropy of shape \(5,\) does not broadcast",
    ),
    (
        {"alpha": AutoTemperature(0.5, learning_rate=np.ones(5))},
        r"alpha.learning_rate of shape \(5,\) does not broadcast",
    ),
    ({"shape": 3}, "batch_shape must be a sequence of positive integers, not 3"),
    ({"shape": [2, 0]}, r"batch_shape must be a sequence of positive integers, not \[2, 0\]"),
]
OPTIMIZERS = [
    ({"actor_optimizer": Adam(np.ones(5))}, "actor_optimizer's learning rate does not broadcast"),
    (
        {"critic_optimizer": SGD(np.ones([7, 2, 3]))},
        "critic_optimizer's learning rate does not broadcast",
    ),
]
NAMES = [
    ({"activation": "gelu"}, "activation must be one of"),
    ({"hidden_sizes": (4, 0)}, "every layer needs a positive size"),
]


@pytest.mark.parametrize("make", [a2c, ppo, sac, discrete_sac, soft_dqn])
@pytest.mark.parametrize(("arguments", "message"), NEGATIVE + SHAPES + NAMES)
def test_bad_hyper_parameters_are_named(
    make: Callable[..., Learner], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**arguments)


@pytest.mark.parametrize("make", [a2c, ppo, sac, discrete_sac])
@pytest.mark.parametrize(("arguments", "message"), OPTIMIZERS)
def test_bad_learning_rates_of_actor_and_critic_are_named(
    make: Callable[..., Learner], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**arguments)


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (a2c, {"network": "lstm"}, r"network must be one of \['mlp', 'table'\], not 'lstm'"),
        (a2c, {"entropy": "both"}, "entropy must be one of"),
        (a2c, {"gae_lambda": 1.1}, r"gae_lambda must lie in \[0, 1\], not 1.1"),
        (a2c, {"rollout_length": 0}, "rollout_length must be an integer of at least 1, not 0"),
        (a2c, {"rollout_length": 2.5}, "rollout_length must be an integer of at least 1, not 2.5"),
        (a2c, {"max_grad_norm": 0.0}, "max_grad_norm must be positive and finite, not 0.0"),
        (a2c, {"spec": CONTINUOUS, "initial_stddev": 0.0}, "initial_stddev=0.0 must be positive"),
        (
            a2c,
            {"spec": EnvironmentSpec(Discrete(2), Box.of((2,)))},
            "needs a vector of actions with finite bounds",
        ),
        (a2c, {"alpha": "auto"}, "alpha must be a number, a schedule or, .*, not 'auto'"),
        (a2c, {"alpha": AutoTemperature(1.2)}, "target_entropy must be below 1.09861"),
        (a2c, {"alpha": AutoTemperature(1.08)}, "target_entropy must be at most 1.0436"),
        (a2c, {"alpha": AutoTemperature(-3.0)}, "target_entropy must be positive"),
        (a2c, {"alpha": AutoTemperature(linear(0.5, 2.0, 9))}, "target_entropy must be below"),
        (ppo, {"network": "lstm"}, r"network must be one of \['mlp', 'table'\], not 'lstm'"),
        (ppo, {"num_epochs": 0}, "num_epochs must be an integer of at least 1, not 0"),
        (
            ppo,
            {"num_minibatches": 1.0},
            "num_minibatches must be an integer of at least 1, not 1.0",
        ),
        (ppo, {"clip_epsilon": 0.0}, r"clip_epsilon must lie in \(0, 1\], not 0.0"),
        (ppo, {"clip_epsilon": np.full(5, 0.1)}, r"clip_epsilon of shape \(5,\) does not broad"),
        (ppo, {"value_clip": -1.0}, "value_clip must be positive and finite, not -1.0"),
        (ppo, {"target_kl": np.array([0.1, 0.0])}, "target_kl must be positive and finite, not"),
        (ppo, {"target_kl": np.full(5, 0.1)}, r"target_kl of shape \(5,\) does not broadcast"),
        (a2c, {"spec": SEVERAL, "alpha": AutoTemperature(1.8)}, "entropy must be below 1.79176"),
        (
            sac,
            {"spec": SEVERAL},
            r"SAC needs continuous actions, a Box, not MultiDiscrete.*use DiscreteSAC or A2C",
        ),
        (
            sac,
            {"spec": ONE_HOT},
            "SAC needs continuous actions, a Box, not Discrete.*use DiscreteSAC or A2C",
        ),
        (
            sac,
            {"spec": EnvironmentSpec(Discrete(2), Box.of((2,), -1.0)), "alpha": 0.1},
            "needs a vector of actions with finite bounds",
        ),
        (sac, {"alpha": "automatic"}, r"alpha must be one of \['auto'\], not 'automatic'"),
        (sac, {"alpha": AutoTemperature(3.0)}, "target_entropy must be below 2.07944"),
        (sac, {"tau": 0.0}, r"tau must lie in \(0, 1\], not 0.0"),
        (sac, {"tau": 1.5}, r"tau must lie in \(0, 1\], not 1.5"),
        (sac, {"entropy_estimator": "monte carlo"}, "entropy_estimator must be one of"),
        (sac, {"num_critics": 0}, "num_critics must be an integer of at least 1, not 0"),
        (sac, {"batch_size": True}, "batch_size must be an integer of at least 1, not True"),
        (sac, {"learning_starts": -1}, "learning_starts must be an integer of at least 0, not -1"),
        (sac, {"tau": np.full(5, 0.1)}, r"tau of shape \(5,\) does not broadcast"),
        (
            sac,
            {"num_components": 2, "entropy_estimator": "exact"},
            'entropy_estimator="exact" does not go with num_components=2: .* no closed form',
        ),
        (
            sac,
            {"num_components": 2, "exploration": StateDependentExploration()},
            r"exploration=StateDependentExploration\(.*\) does not go with num_components=2",
        ),
        (
            sac,
            {"hidden_sizes": (), "exploration": StateDependentExploration()},
            r"hidden_sizes=\(\) leaves exploration no features",
        ),
        (sac, {"num_components": 0}, "num_components must be an integer of at least 1, not 0"),
        (sac, {"target_subset": 3}, "target_subset=3 must be at most num_critics=2"),
        (sac, {"n_step": 0}, "n_step must be an integer of at least 1, not 0"),
        (
            sac,
            {"priorities": Priorities(beta=np.full(5, 0.1))},
            r"priorities.beta of shape \(5,\) does not broadcast",
        ),
        (
            discrete_sac,
            {"spec": CONTINUOUS},
            "DiscreteSAC needs .*, not Box.*use SAC",
        ),
        (
            soft_dqn,
            {"spec": SEVERAL},
            "SoftDQN needs .*, not MultiDiscrete.*A2C or PPO",
        ),
        (discrete_sac, {"alpha": "automatic"}, r"alpha must be one of \['auto'\]"),
        (discrete_sac, {"alpha": AutoTemperature(1.08)}, "target_entropy must be at most 1.0436"),
        (
            discrete_sac,
            {"spec": EnvironmentSpec(Discrete(2), Discrete(1))},
            "action_spec must have two actions or more for a target entropy",
        ),
        (
            discrete_sac,
            {"critic_reduction": "max"},
            r"critic_reduction must be one of \['min', 'mean'\], not 'max'",
        ),
        (discrete_sac, {"num_critics": 0}, "num_critics must be an integer of at least 1, not 0"),
        (discrete_sac, {"tau": np.full(5, 0.1)}, r"tau of shape \(5,\) does not broadcast"),
        (soft_dqn, {"alpha": "auto"}, "alpha must be a number, a schedule or, .*, not 'auto'"),
        (soft_dqn, {"spec": CONTINUOUS}, "SoftDQN needs .*, not Box.*use SAC"),
        (soft_dqn, {"optimizer": Adam(np.ones(5))}, "optimizer's learning rate does not broadcast"),
        (soft_dqn, {"target_period": 0}, "target_period must be an integer of at least 1, not 0"),
        (soft_dqn, {"munchausen": 1.1}, r"munchausen must lie in \[0, 1\], not 1.1"),
        (soft_dqn, {"munchausen_floor": 1.0}, r"munchausen_floor must lie in \[-inf, 0\], not 1.0"),
        (
            soft_dqn,
            {"munchausen": 0.9, "regularizer": Tsallis()},
            r"munchausen=0.9 .* does not go with regularizer=Tsallis\(index=2.0\)",
        ),
        (soft_dqn, {"batch_size": 0}, "batch_size must be an integer of at least 1, not 0"),
        (soft_dqn, {"munchausen": np.ones(5)}, r"munchausen of shape \(5,\) does not broadcast"),
    ],
)
def test_bad_hyper_parameters_of_one_learner_are_named(
    make: Callable[..., Learner], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**arguments)


@every_learner
@pytest.mark.parametrize("field", Transition._fields)
def test_a_wrong_batch_is_named(name: str, field: str) -> None:
    learner = batched(name)
    state, batch = random_state(learner), random_batch(learner)
    value = getattr(batch, field)
    if isinstance(value, dict):
        with pytest.raises(ValueError, match=rf"batch\.{field} must be a dict with the keys"):
            learner.update(state, batch._replace(**{field: batch.reward}), tf.constant([0, 1]))

    def other_dtype(x: tf.Tensor) -> tf.Tensor:
        return tf.cast(x, tf.int64 if x.dtype == tf.int32 else tf.float64)

    for spoil in (lambda x: x[..., None], lambda x: tf.reshape(x, [-1]), other_dtype):
        wrong = tf.nest.map_structure(spoil, value)
        dtype = tf.nest.flatten(value)[0].dtype.name
        with pytest.raises(
            ValueError, match=rf"batch\.{field}(\['\w+'\])* must be {dtype} of shape"
        ):
            learner.update(state, batch._replace(**{field: wrong}), tf.constant([0, 1]))


@every_learner
def test_a_wrong_observation_is_named(name: str) -> None:
    learner = batched(name)
    observation = random_batch(learner).observation
    wrong = tf.nest.map_structure(lambda x: tf.cast(x, tf.bool), observation)
    with pytest.raises(ValueError, match=r"observations must be .*, as in the spec, not bool"):
        learner.policy(random_state(learner), wrong)
