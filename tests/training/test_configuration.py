"""Descriptions of runs: equal for equal configurations, and naming what differs."""

import functools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.specs import Box
from maxent_tf.training.configuration import Configuration

Config = functools.partial(mx.learners.A2CConfig)


def differences(first: Any, second: Any) -> list[str]:
    return Configuration({"x": second}).differences(Configuration({"x": first}).serialize())


def scheduled(rate: float) -> Any:
    return lambda step: rate / (1 + tf.cast(step, tf.float32))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Config(alpha=mx.temperature.linear(np.ones([2, 1]), 0.0, 10)),
        lambda: Config(actor_optimizer=mx.optimizers.Adam(scheduled(0.1))),
        mx.environments.TwoGoalGrid,
        mx.environments.Pendulum,
        lambda: {"seed": tf.constant([0, 1]), "spec": mx.environments.CartPole().spec},
    ],
)
def test_what_is_made_alike_is_alike(make: Any) -> None:
    assert differences(make(), make()) == []


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (Config(discount=0.9), Config(discount=0.99), "x.discount was 0.9 and is 0.99"),
        (
            Config(alpha=mx.temperature.linear(0.5, 0.0, 10)),
            Config(alpha=mx.temperature.linear(0.5, 0.0, 20)),
            "x.alpha.call was 'linear(initial=0.5, final=0.0, steps=10)' and is",
        ),
        (
            Config(actor_optimizer=mx.optimizers.Adam(scheduled(0.1))),
            Config(actor_optimizer=mx.optimizers.Adam(scheduled(0.2))),
            "x.actor_optimizer.learning_rate.rate was 0.1 and is 0.2",
        ),
        (Config(alpha=np.zeros(2)), Config(alpha=np.ones(2)), "x.alpha was [0.0, 0.0] and is"),
        (np.zeros(100), np.eye(1, 100), "x was float64 of shape [100], sha256"),
        (
            mx.environments.FourRooms(),
            mx.environments.FourRooms(max_episode_steps=9),
            "x.max_episode_steps was",
        ),
        ({"a": 1}, {"b": 1}, "x.a was 1 and is nothing"),
        (Config(), mx.learners.SACConfig(), "x was A2CConfig and is SACConfig"),
    ],
)
def test_what_differs_is_named(first: Any, second: Any, message: str) -> None:
    assert any(line.startswith(message) for line in differences(first, second))


def test_long_descriptions_are_shown_where_they_differ() -> None:
    # Oracle: by hand. Bounds of an image printed in full would take 400,000 characters.
    bounds = np.arange(96 * 96 * 4.0).reshape(96, 96, 4)
    other = bounds.copy()
    other.ravel()[20_000] += 0.5
    (line,) = differences(Box.of((96, 96, 4), 0, bounds), Box.of((96, 96, 4), 0, other))
    assert "20000.0" in line.split(" and is ")[0]
    assert "20000.5" in line.split(" and is ")[1]
    assert len(line) < 300
    many = differences(dict.fromkeys("abcdefghijkl", 0), dict.fromkeys("abcdefghijkl", 1))
    assert many[0] == "x.a was 0 and is 1"
    assert many[-1] == f"{12 - (len(many) - 1)} more"


def test_a_function_that_calls_itself_is_described() -> None:
    def countdown(step: int) -> int:
        return 0 if step == 0 else countdown(step - 1)

    name = f"{__name__}.test_a_function_that_calls_itself_is_described.<locals>.countdown"
    assert Configuration({"x": countdown}).items == {"x": name}
