"""Whatever is wrong in whatever field, the error names the field. Oracle: the words of the message.

Every field of every configuration meets every bad value, and so will a field that is added.
"""

import math
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.optimizers import SGD, Adam, RMSProp
from maxent_tf.replay import Priorities
from maxent_tf.temperature import AutoTemperature, Plateau
from tests.contracts.learners import CONTINUOUS, ONE_HOT

L = mx.learners


class Thing:
    """Nothing that any field takes."""


BAD: dict[str, Any] = {
    "None": None,
    "word": "3e-4",
    "nan": math.nan,
    "negative": -1,
    "true": True,
    "words": ("a", "b"),
    "dict": {"a": 1},
    "object": Thing(),
    "class": Thing,
    "strings": np.array(["a"]),
    "string tensor": tf.constant("a"),
}
# What some fields take all the same.
RIGHT: dict[str, set[str]] = {
    "max_grad_norm": {"None"},
    "value_clip": {"None"},
    "target_kl": {"None"},
    "target_subset": {"None"},
    "exploration": {"None"},
    "noisy": {"None"},
    "priorities": {"None"},
    "munchausen_floor": {"negative"},
    "target_entropy": {"negative"},
    "output_gain": {"negative"},
    "normalize_advantage": {"true"},
}
MAKERS: list[tuple[Callable[..., Any], type]] = [
    (lambda **x: L.A2C(CONTINUOUS, L.A2CConfig(**x)), L.A2CConfig),
    (lambda **x: L.PPO(CONTINUOUS, L.PPOConfig(**x)), L.PPOConfig),
    (lambda **x: L.SAC(CONTINUOUS, L.SACConfig(**x)), L.SACConfig),
    (lambda **x: L.DiscreteSAC(ONE_HOT, L.DiscreteSACConfig(**x)), L.DiscreteSACConfig),
    (lambda **x: L.SQL(CONTINUOUS, L.SQLConfig(**x)), L.SQLConfig),
    (lambda **x: L.SoftDQN(ONE_HOT, L.SoftDQNConfig(**x)), L.SoftDQNConfig),
    (lambda **x: Adam(**{"learning_rate": 0.1, **x}), Adam),
    (lambda **x: RMSProp(**{"learning_rate": 0.1, **x}), RMSProp),
    (lambda **x: SGD(**{"learning_rate": 0.1, **x}), SGD),
    (lambda **x: Priorities(**x), Priorities),
    (lambda **x: StateDependentExploration(**x), StateDependentExploration),
    (lambda **x: AutoTemperature(**{"target_entropy": -1.0, **x}), AutoTemperature),
    (lambda **x: Plateau(**{"initial": 1.0, "factor": 0.5, "patience": 2, **x}), Plateau),
    (
        lambda **x: mx.networks.MLP(**{"inputs": 2, "hidden_sizes": (3,), "outputs": 1, **x}),
        mx.networks.MLP,
    ),
    (lambda **x: mx.networks.NoisyLayers(**x), mx.networks.NoisyLayers),
    (lambda **x: mx.networks.Table(**{"inputs": 2, "outputs": 1, **x}), mx.networks.Table),
]


def refusal(make: Callable[..., Any], *arguments: Any, **fields: Any) -> str:
    """The words of the ValueError that a call raises; any other error is the test's."""
    try:
        make(*arguments, **fields)
    except ValueError as error:
        return str(error)
    return f"nothing: {arguments} {fields} was taken"


@pytest.mark.parametrize(
    ("make", "field"),
    [(make, field.name) for make, kind in MAKERS for field in fields(kind)],
    ids=[f"{kind.__name__}.{field.name}" for _, kind in MAKERS for field in fields(kind)],
)
def test_the_field_that_is_wrong_is_named(make: Callable[..., Any], field: str) -> None:
    make()
    for kind, value in BAD.items():
        if kind not in RIGHT.get(field, ()):
            message = refusal(make, **{field: value})
            assert re.search(rf"\b{field}\b", message.split(", not ")[0]), message
            assert len(message) < 600


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: mx.temperature.constant(x), "alpha"),
        (lambda x: mx.temperature.linear(x, 0.1, 5), "initial"),
        (lambda x: mx.temperature.exponential(1.0, x, 5), "final"),
        (lambda x: mx.temperature.cosine(1.0, 0.1, x), "steps"),
        (lambda x: mx.temperature.piecewise([x], [1.0, 0.5]), r"boundaries\[0\]"),
        (lambda x: mx.temperature.piecewise([3], [1.0, x]), r"values\[1\]"),
        (lambda x: mx.temperature.piecewise([3], x), "values"),
        (lambda x: L.A2C(ONE_HOT, batch_shape=[2, x]), "batch_shape"),
        (lambda x: L.A2C(ONE_HOT, batch_shape=x), "batch_shape"),
        (lambda x: L.SAC(x), "spec"),
        (lambda x: L.SQL(x), "spec"),
        (lambda x: L.SoftDQN(x), "spec"),
        (lambda x: L.PPO(x), "spec"),
    ],
)
def test_other_arguments_that_are_wrong_are_named(make: Callable[[Any], Any], message: str) -> None:
    for value in BAD.values():
        assert re.match(message, refusal(make, value)), value


@pytest.mark.parametrize("kind", sorted(set(BAD) - {"class"}))
def test_networks_are_made_of_functions(kind: str) -> None:
    assert re.match("initialize must be a fun", refusal(mx.networks.PerLearner, BAD[kind], len))
    assert re.match("call must be a function", refusal(mx.networks.PerLearner, len, BAD[kind]))
    assert re.match("build must be a function", refusal(mx.networks.Keras, BAD[kind]))


def test_a_keras_model_in_place_of_its_maker_is_refused() -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match="build must be a function that makes a new Keras model"):
        mx.networks.Keras(model)


@pytest.mark.parametrize("kind", sorted(set(BAD) - {"None"}))
def test_a_configuration_of_another_kind_is_named(kind: str) -> None:
    with pytest.raises(ValueError, match="config must be a PPOConfig, not"):
        L.PPO(ONE_HOT, BAD[kind])
    with pytest.raises(ValueError, match=r"config must be a PPOConfig, not A2CConfig\("):
        L.PPO(ONE_HOT, L.A2CConfig())


@pytest.mark.parametrize("kind", sorted(set(BAD) - {"negative"}))
def test_what_is_no_seed_is_named(kind: str) -> None:
    with pytest.raises(ValueError, match="seed must be an integer"):
        L.A2C(ONE_HOT).init(BAD[kind])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_sizes": 48}, r"hidden_sizes must be a tuple.* write \(48,\)"),
        ({"hidden_sizes": (48, 0)}, r"hidden_sizes\[1\] must be an integer of at least 1, not 0"),
        ({"actor_optimizer": Adam}, r"actor_optimizer .* maxent_tf.optimizers, such as Adam\(3e-4"),
        ({"actor_optimizer": -0.5}, "actor_optimizer must be finite and at least 0, not -0.5"),
        ({"alpha": Plateau(1.0, 0.5, 2)}, 'waits for the entropy.*to rise: pass mode="min"'),
        ({"alpha": Plateau}, "alpha must be a number, a schedule or a Temperature"),
        ({"log_std_range": (2.0, -5.0)}, r"within log_std_range=\(2.0, -5.0\)"),
        ({"log_std_range": (2.0, None)}, r"log_std_range\[1\] must be a number, not None"),
    ],
    ids=str,
)
def test_the_remedy_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        L.A2C(CONTINUOUS, L.A2CConfig(**arguments))


def test_optimisers_of_keras_and_optax_are_refused_by_name() -> None:
    keras = pytest.importorskip("keras")
    # Optax's are named tuples of two functions, which take no batch_ndims.
    transformation = tuple.__new__(
        type("GradientTransformation", (tuple,), {"init": len, "update": len}), (len, len)
    )
    for optimizer in (keras.optimizers.Adam(), transformation):
        for field in ("sampler_optimizer", "critic_optimizer"):
            with pytest.raises(ValueError, match=f"{field} .* optimiser of maxent_tf.optimizers"):
                L.SQLConfig(**{field: optimizer})


@pytest.mark.parametrize(
    "rate", [2e-3, np.float32(2e-3), tf.constant([[2e-3], [4e-3]]), np.full([2, 3], 2e-3), 0, 1]
)
def test_a_number_in_an_optimisers_place_is_the_rate_of_adam(rate: Any) -> None:
    # Oracle: `Adam` with that rate, to the bit.
    learners = [
        L.SoftDQN(ONE_HOT, L.SoftDQNConfig(optimizer=x, hidden_sizes=[4]), [2, 3])
        for x in (rate, Adam(rate))
    ]
    params = learners[0].init(0).network
    grads = tf.nest.map_structure(lambda x: x + 1, params)
    first, second = (
        x.config.optimizer.update(grads, x.config.optimizer.init(params), params, 2)[0]
        for x in learners
    )
    tf.nest.map_structure(np.testing.assert_array_equal, first, second)


def test_numpys_integers_are_integers() -> None:
    # Oracle: the same configuration in Python's integers.
    numpy = L.SACConfig(
        hidden_sizes=(np.int64(4),), batch_size=np.int32(8), replay_capacity=np.uint16(50),
        n_step=np.int64(2), num_critics=np.int8(3), target_subset=np.int64(2),
    )  # fmt: skip
    python = L.SACConfig(
        hidden_sizes=(4,), batch_size=8, replay_capacity=50, n_step=2, num_critics=3,
        target_subset=2,
    )  # fmt: skip
    for field in ("hidden_sizes", "batch_size", "replay_capacity", "n_step", "target_subset"):
        assert repr(getattr(numpy, field)) == repr(getattr(python, field))
    batched = L.SAC(CONTINUOUS, numpy, np.array([2, 1]))
    assert batched.batch_shape == (2, 1)
    assert re.fullmatch(r"\(2, 1\)", repr(batched.batch_shape))
