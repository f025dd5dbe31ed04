"""Replay buffers with random contents, and their comparison to the bit."""

import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.replay import PrioritizedReplay, UniformReplay
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition

SPEC = EnvironmentSpec(Box.of((24,)), Discrete(5))
# Of 203 bytes each: the segments of 64 KB have 323 rows.
CAPACITY, ROWS = 2000, 323


def uniform() -> UniformReplay:
    return UniformReplay(SPEC, CAPACITY)


def prioritized() -> PrioritizedReplay:
    """For two learners with three environments each, which read three steps in a row."""
    return PrioritizedReplay(SPEC, CAPACITY // 2, [2], n_step=3, num_envs=3)


def add(replay: Any, count: int, seed: int) -> None:
    """Adds random transitions, some of which are not valid, to every learner."""
    random = np.random.default_rng(seed)
    envs = 3 if replay.batch_shape else 1
    program = tf.function(replay.add, autograph=False)
    for _ in range(count):
        batch = (*replay.batch_shape, envs)
        program(
            Transition(
                observation=tf.constant(random.normal(size=(*batch, 24)), tf.float32),
                action=tf.constant(random.integers(5, size=batch), tf.int32),
                reward=tf.constant(random.normal(size=batch), tf.float32),
                next_observation=tf.constant(random.normal(size=(*batch, 24)), tf.float32),
                terminated=tf.constant(random.random(batch) < 0.1),
                truncated=tf.zeros(batch, tf.bool),
                valid=tf.constant(random.random(batch) < 0.9),
            )
        )


def add_many(replay: Any, count: int, seed: int) -> None:
    """Adds transitions to a single learner in one call."""
    normal = tf.random.stateless_normal([2, count, 24], [seed, 0])
    flag = tf.zeros([count], tf.bool)
    action = tf.cast(normal[0, :, 0] > 0, tf.int32)
    replay.add(Transition(normal[0], action, normal[0, :, 1], normal[1], flag, flag, ~flag))


def arrays(replay: Any) -> list[np.ndarray]:
    return [variable.numpy() for variable in replay.variables]


def assert_equal(replay: Any, expected: list[np.ndarray]) -> None:
    for now, then in zip(arrays(replay), expected, strict=True):
        assert now.tobytes() == then.tobytes()


def files(directory: pathlib.Path) -> set[str]:
    return {path.name for path in directory.iterdir()}
