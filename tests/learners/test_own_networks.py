"""Learners with networks that are brought along, against the same learner with the package's own.

Oracle: the package's dense layer, as a batched network, with the same weights.
"""

import functools
import pathlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf import draws, learners, networks
from maxent_tf.networks import dense
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, Image
from maxent_tf.types import Transition

P = (2,)
T, B = 3, 4
DISCRETE = EnvironmentSpec(Box.of((3,)), Discrete(2))
CONTINUOUS = EnvironmentSpec(Box.of((3,)), Box.of((2,), -1.0, 1.0))


class Ours:
    """The package's own layer, batched."""

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> dense.DenseParams:
        return dense.init(seed, batch_shape, 3, 6, 1.0)

    def apply(self, params: dense.DenseParams, x: tf.Tensor) -> tf.Tensor:
        return tf.tanh(dense.apply(params, x))


def function() -> networks.PerLearner:
    """The same layer, in functions that know of one learner."""
    return networks.PerLearner(
        lambda seed: (tf.random.stateless_normal([3, 6], seed), tf.zeros([6])),
        lambda params, x: tf.tanh(x @ params[0] + params[1]),
    )


def keras_model() -> networks.Keras:
    """The same layer, of Keras."""
    keras = pytest.importorskip("keras", minversion="3.0")
    return networks.Keras(
        lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(6, "tanh")])
    )


LEARNERS: dict[str, Callable[[Any, tuple[int, ...]], Any]] = {
    "a2c": lambda network, sizes: learners.A2C(
        DISCRETE, learners.A2CConfig(network=network, hidden_sizes=sizes), P
    ),
    "ppo": lambda network, sizes: learners.PPO(
        CONTINUOUS,
        learners.PPOConfig(network=network, hidden_sizes=sizes, num_epochs=2, num_minibatches=2),
        P,
    ),
    "sac": lambda network, sizes: learners.SAC(
        CONTINUOUS, learners.SACConfig(network=network, hidden_sizes=sizes), P
    ),
    "sql": lambda network, sizes: learners.SQL(
        CONTINUOUS, learners.SQLConfig(network=network, hidden_sizes=sizes, num_particles=3), P
    ),
    "discrete_sac": lambda network, sizes: learners.DiscreteSAC(
        DISCRETE,
        learners.DiscreteSACConfig(network=network, hidden_sizes=sizes, activation="tanh"),
        P,
    ),
    "soft_dqn": lambda network, sizes: learners.SoftDQN(
        DISCRETE, learners.SoftDQNConfig(network=network, hidden_sizes=sizes, activation="tanh"), P
    ),
}
every_learner = pytest.mark.parametrize("name", LEARNERS)


def random_batch(learner: Any) -> Transition:
    on_policy = isinstance(learner.experience, learners.OnPolicy)
    shape = (T, *P, B) if on_policy else (*P, B)
    rng = np.random.default_rng(0)
    action: Any = rng.integers(2, size=shape).astype(np.int32)
    if learner.spec is CONTINUOUS:
        action = rng.uniform(-1, 1, (*shape, 2)).astype(np.float32)
    observation, next_observation = rng.normal(size=(2, *shape, 3)).astype(np.float32)
    return Transition(
        observation=tf.constant(observation),
        action=tf.constant(action),
        reward=tf.constant(rng.normal(size=shape), tf.float32),
        next_observation=tf.constant(next_observation),
        terminated=tf.constant(rng.random(shape) < 0.3),
        truncated=tf.zeros(shape, tf.bool),
        valid=tf.ones(shape, tf.bool),
        extras=learners.Known(log_prob=tf.constant(rng.uniform(-2, 0, shape), tf.float32)),
    )


def random_leaves(state: Any) -> list[tf.Tensor]:
    """The leaves of a state, with every float moved, as training does."""
    seeds = draws.split(0, len(tf.nest.flatten(state)))
    return [
        x + 0.1 * draws.uniform(x.shape, seed) if x.dtype.is_floating else x
        for x, seed in zip(tf.nest.flatten(state), seeds, strict=True)
    ]


def after_updates(learner: Any, leaves: list[tf.Tensor]) -> tuple[list[tf.Tensor], Any]:
    """The leaves of the state after two updates, in the shapes of `leaves`, and the metrics."""
    fresh = learner.init(0)
    own = [tf.reshape(x, y.shape) for x, y in zip(leaves, tf.nest.flatten(fresh), strict=True)]
    state = tf.nest.pack_sequence_as(fresh, own)
    update = tf.function(learner.update, autograph=False)
    for seed in range(2):
        state, metrics, _ = update(state, random_batch(learner), seed=tf.constant([0, seed]))
    after = tf.nest.flatten(state)
    return [tf.reshape(x, y.shape) for x, y in zip(after, leaves, strict=True)], metrics


@functools.cache
def ours(name: str) -> tuple[list[tf.Tensor], Any]:
    """The leaves of a random state, and what two updates make of it."""
    learner = LEARNERS[name](Ours(), (5,))
    leaves = random_leaves(learner.init(0))
    return leaves, after_updates(learner, leaves)


@every_learner
@pytest.mark.parametrize("make", [function, keras_model])
def test_equal_weights_learn_equally(name: str, make: Callable[[], Any]) -> None:
    leaves, expected = ours(name)
    assert any(np.any(x != y) for x, y in zip(leaves, expected[0], strict=True))
    tf.nest.map_structure(
        functools.partial(np.testing.assert_allclose, rtol=1e-3, atol=1e-5),
        after_updates(LEARNERS[name](make(), (5,)), leaves),
        expected,
    )


@pytest.mark.parametrize("name", ["a2c", "ppo", "discrete_sac", "soft_dqn"])
def test_a_dense_layer_brought_along_is_a_hidden_layer(name: str) -> None:
    # Oracle: the learner's own multilayer perceptron, whose first layer this is.
    leaves, expected = ours(name)
    tf.nest.map_structure(
        functools.partial(np.testing.assert_allclose, rtol=1e-3, atol=1e-5),
        after_updates(LEARNERS[name]("mlp", (6, 5)), leaves),
        expected,
    )


def test_a_keras_models_training_goes_on_from_a_checkpoint(tmp_path: pathlib.Path) -> None:
    # Oracle: the same training in one go, to the bit.
    keras = pytest.importorskip("keras", minversion="3.0")
    network = networks.Keras(
        lambda: keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "tanh")])
    )
    world = mx.environments.CartPole()
    config = learners.A2CConfig(network=network, hidden_sizes=(), rollout_length=2)

    def train(steps: int, **arguments: Any) -> Any:
        learner = learners.A2C(world.spec, config, P)
        return mx.train(learner, world, steps, records=1, compile="graph", **arguments)

    for steps in (10, 20):
        result = train(steps, checkpoint_dir=tmp_path)
    tf.nest.map_structure(np.testing.assert_array_equal, result.state, train(20).state)


@every_learner
@pytest.mark.parametrize(
    ("network", "message"),
    [
        (np.tanh, r"is no network: pass an object with init and apply, .*networks\.Keras\(build\)"),
        ("cnn", r"network must be one of \['mlp'.*not 'cnn'"),
        (
            networks.PerLearner(lambda seed: (), lambda params, x: x[..., None]),
            r"of \[1, 1, \.\.\.\] it made float32 \[1, 1, 3, 1\]",
        ),
        (
            networks.PerLearner(lambda seed: (), lambda params, x: tf.cast(x, tf.float64)),
            r"must make float32 features .* it made float64",
        ),
    ],
)
def test_what_is_no_network_is_named(name: str, network: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LEARNERS[name](network, (5,))


def test_large_images_in_dense_layers_are_warned_of() -> None:
    # Oracle: the bytes of the image, by hand. MiniGrid's images are small.
    def learner(shape: tuple[int, ...]) -> learners.SoftDQN:
        spec = EnvironmentSpec({"image": Image(shape), "direction": Discrete(4)}, Discrete(2))
        return learners.SoftDQN(spec, learners.SoftDQNConfig(hidden_sizes=(4,)))

    with pytest.warns(UserWarning, match=r"28,224 bytes .* \(84, 84, 4\).*networks\.Convolution"):
        learner((84, 84, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learner((7, 7, 3))
