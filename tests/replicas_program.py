"""What two replicas on two logical devices exchange, reported as JSON; see `test_replicas`."""

import functools
import json
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf import draws, replicas
from maxent_tf.distributions import SquashedGaussian

T, B = 2, 3


@functools.cache
def strategy() -> tf.distribute.Strategy:
    """Divides this process's processor in two, which must happen before TensorFlow uses it."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, 2 * [tf.config.LogicalDeviceConfiguration()])
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def each(function: Any) -> list[Any]:
    """Calls a function of the place in both replicas, in a program, and returns the results."""
    mirrored = strategy()

    @tf.function(autograph=False)
    def program() -> list[Any]:
        return replicas.Replicas(mirrored).run(function)

    return tf.nest.map_structure(lambda x: x.numpy().tolist(), program())


def part(x: Any, place: int) -> tf.Tensor:
    return tf.constant(np.asarray(x)[place])


def policy(loc: np.ndarray) -> SquashedGaussian:
    return SquashedGaussian(tf.constant(loc), tf.exp(tf.constant(loc)), -2.0, 3.0)


def moments(place: int) -> tuple[tf.Tensor, ...]:
    samples, valid = data["samples"][place], data["valid"][place]
    chosen = np.ma.array(samples, mask=~valid)
    own = (x.filled(0).astype(np.float32) for x in (chosen.mean(-1), chosen.var(-1)))
    largest = np.where(valid, samples, -np.inf).max(-1).astype(np.float32)
    return replicas.moments(*map(tf.constant, (*own, largest, valid)))


def drawn(place: int) -> tf.Tensor:
    def draw(policy: SquashedGaussian) -> tf.Tensor:
        return policy.sample(seed=draws.split(7, 1)[0])

    loc = data["loc"].reshape(2, T, 2, B, 4)[:, :, place].reshape(2, T * B, 4)
    return replicas.drawn(draw, policy(loc), 1, T)


def repeated(place: int) -> tf.Tensor:
    mine = part(data["x"], place)

    def body(k: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor]:
        own = mine * tf.cast(k + 1, tf.float32) + total
        return (replicas.mean(own),)

    return replicas.repeat(3, body, (tf.zeros_like(mine),))[0]


rng = np.random.default_rng(0)
data = {
    "x": rng.normal(size=(2, 4)).astype(np.float32),
    "means": rng.normal(size=(2, 4, 5)).astype(np.float32),
    "valid": rng.random((2, 4, 6)) < np.array([0.8, 0.3])[:, None, None],
    "rows": rng.permutation(2 * T * B)[:8].astype(np.int32),
    "loc": rng.normal(size=(2, 2 * T * B, 4)).astype(np.float32),
    "samples": rng.normal(5, 2, size=(2, 4, 6)).astype(np.float32),
}
data["valid"][1, 2] = False  # none in one replica
data["valid"][:, 3] = False  # none at all


def main() -> None:
    report = {
        **{name: value.tolist() for name, value in data.items()},
        "count": each(lambda place: tf.constant(replicas.count())),
        "mean": each(
            lambda i: replicas.mean({"a": part(data["means"], i)}, part(data["valid"], i))
        ),
        "plain_mean": each(lambda i: replicas.mean(part(data["means"], i))),
        "moments": each(moments),
        "of_each": each(lambda i: replicas.of_each(part(data["x"], i))),
        "own_rows": each(lambda _: replicas.own_rows(tf.constant(data["rows"]), B)),
        "own_seed": each(lambda _: replicas.own_seed(tf.constant([0, 3]))),
        "drawn": each(drawn),
        "drawn_alone": policy(data["loc"]).sample(seed=draws.split(7, 1)[0]).numpy().tolist(),
        "repeated": each(repeated),
    }
    print("REPORT" + json.dumps(report))


if __name__ == "__main__":
    main()
