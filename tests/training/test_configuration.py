"""Descriptions of runs: equal for equal configurations, and naming what differs."""

import collections
import datetime
import enum
import fractions
import functools
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import types
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


def test_differences_of_long_descriptions_are_short() -> None:
    # Oracle: by hand. Bounds of an image printed in full would take 400,000 characters.
    bounds = np.arange(96 * 96 * 4.0).reshape(96, 96, 4)
    other = bounds.copy()
    other.ravel()[20_000] += 0.5
    (line,) = differences(Box.of((96, 96, 4), 0, bounds), Box.of((96, 96, 4), 0, other))
    assert line.startswith("x.high was (0.0, 1.0, 2.0,")
    then, now = line.split(" and is ")
    assert then.endswith(")")  # of a digest, which tells the two apart
    assert then[-20:] != now[-20:]
    assert len(line) < 300
    many = differences(dict.fromkeys("abcdefghijkl", 0), dict.fromkeys("abcdefghijkl", 1))
    assert many[0] == "x.a was 0 and is 1"
    assert many[-1] == f"{12 - (len(many) - 1)} more"


def test_a_function_that_calls_itself_is_described() -> None:
    def countdown(step: int) -> int:
        return 0 if step == 0 else countdown(step - 1)

    name = f"{__name__}.test_a_function_that_calls_itself_is_described.<locals>.countdown"
    items = Configuration({"x": countdown}).items
    assert items == {"x": name, "x.constants": "0, 1"}


class Cooling:
    """A schedule that is an object, with what its rate is where it likes."""

    floor = 0.01

    def __init__(self, rate: Any):
        self._rate = rate
        self.log: list[Any] = []

    def __call__(self, step: Any) -> Any:
        return tf.maximum(self._rate / (1 + step), self.floor)

    def method(self, step: Any) -> Any:
        return self(step)

    @functools.cached_property
    def doubled(self) -> Any:
        return 2 * self._rate


class Slotted:
    """An object without a dictionary."""

    __slots__ = ("rate",)

    def __init__(self, rate: float):
        self.rate = rate


class Color(enum.Enum):
    """Two names."""

    RED = 1
    BLUE = 2


def with_default(rate: float) -> Any:
    def schedule(step: Any, rate: float = rate) -> Any:
        return rate * step

    return schedule


def with_keyword(rate: float) -> Any:
    def schedule(step: Any, *, rate: float = rate) -> Any:
        return rate * step

    return schedule


def scaled(step: Any, rate: float) -> Any:
    return rate * step


def made(source: str, **names: Any) -> Any:
    """What a line of a user's program gives, with a class or a function of the same name."""
    scope: dict[str, Any] = {"__name__": "users_program", **names}
    exec(source, scope)
    return scope["x"]


def linked(rate: float) -> Any:
    """Two objects that refer to each other."""
    first, second = Cooling(rate), Cooling(1.0)
    first.log.append(second)
    second.log.append(first)
    return second


# How a number may be given, and where the difference must be named.
GIVEN: dict[str, tuple[Any, str]] = {
    "partial": (lambda r: functools.partial(scaled, rate=r), "x.keywords.rate was 0.3 and is 0.4"),
    "partial positional": (lambda r: functools.partial(scaled, 1, r), "x.args was (1, 0.3)"),
    "partial of a partial": (
        lambda r: functools.partial(functools.partial(scaled, 1), rate=r),
        "x.keywords.rate was",
    ),
    "object": (Cooling, "x._rate was 0.3 and is 0.4"),
    "object in an object": (lambda r: Cooling({"a": [Cooling(r), max]}), "x._rate.a[0]._rate was"),
    "object with slots": (Slotted, "x.rate was 0.3"),
    "bound method": (lambda r: Cooling(r).method, "x.self._rate was 0.3"),
    "default": (with_default, "x.defaults was (0.3,)"),
    "keyword default": (with_keyword, "x.defaults.rate was 0.3"),
    "constant": (lambda r: eval(f"lambda step: {r} * step"), "x.constants was 0.3 and is 0.4"),
    "constant inside": (
        lambda r: eval(f"lambda n: [*map(lambda i: i * {r}, range(n))]"),
        "x.constants was 0.3",
    ),
    "in a tuple of constants": (lambda r: eval(f"lambda i: i in (1, {r})"), "x.constants was 0.3"),
    "global": (lambda r: made("x = lambda step: step * rate", rate=r), "x.rate was 0.3"),
    "class attribute": (
        lambda r: made(f"class Net:\n  rate = {r}\nx = Net()"),
        "x.rate was 0.3",
    ),
    "class": (lambda r: made(f"class x:\n  rate = {r}"), "x.rate was 0.3"),
    "constant of a method": (
        lambda r: made(f"class Net:\n  def __call__(self, s): return s * {r}\nx = Net()"),
        "x.__call__.constants was 0.3",
    ),
    "inherited": (
        lambda r: made(f"class A:\n  rate = {r}\nclass B(A): pass\nx = B()"),
        "x.rate was 0.3",
    ),
    "tf.function": (lambda r: tf.function(with_default(r)), "x.defaults was (0.3,)"),
    "wrapped": (lambda r: functools.lru_cache(with_default(r)), "x.defaults was (0.3,)"),
    "method of a list": (lambda r: [1, r].__getitem__, "x.self was [1, 0.3]"),
    "set": (lambda r: {"b", r, "a"}, "x was set('a', 'b', 0.3)"),
    "set of objects": (lambda r: frozenset({Slotted(r), Slotted(1.0)}), "x was frozenset("),
    "array of objects": (lambda r: np.array([None, Slotted(r)]), "x[1].rate was 0.3"),
    "namespace": (lambda r: types.SimpleNamespace(rate=r), "x was namespace(rate=0.3)"),
    "deque": (lambda r: collections.deque([max, r]), "x[1] was 0.3"),
    "variable": (tf.Variable, "x was 0.3"),
    "sparse": (lambda r: tf.sparse.from_dense([0, r]), "x[1] was [0.3"),
    "cycle": (linked, "x.log[0]._rate was 0.3"),
}


@pytest.mark.parametrize("way", GIVEN)
def test_a_number_is_compared_however_it_is_given(way: str) -> None:
    # Oracle: the number itself; the same one is alike, and another is named with its path.
    make, message = GIVEN[way]
    assert differences(make(0.3), make(0.3)) == []
    lines = differences(make(0.3), make(0.4))
    assert any(line.startswith(message) for line in lines), lines
    assert Configuration({"x": make(0.3)}).uncompared(serialized(make(0.3))) == []


def serialized(value: Any) -> bytes:
    return Configuration({"x": value}).serialize()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Color.RED, Color.BLUE),
        (Cooling, Slotted),
        (np.dtype("f4"), np.dtype("f8")),
        (tf.float32, tf.float64),
        (np.random.default_rng(1), np.random.default_rng(2)),
        (np.random.RandomState(1), np.random.RandomState(2)),
        (random.Random(1), random.Random(2)),
        (pathlib.Path("a"), pathlib.Path("b")),
        (fractions.Fraction(1, 3), fractions.Fraction(1, 4)),
        (datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)),
        (np.tanh, np.sin),
        (tf.nn.relu, tf.nn.elu),
        (b"a", b"b"),
        ({"a"}, frozenset({"a"})),
        (max, min),
        (re.compile("a"), re.compile("b")),
        (list(range(1000)), list(range(1001))),
    ],
)
def test_values_of_many_kinds_are_compared(first: Any, second: Any) -> None:
    # Oracle: equality in Python, and the same value again.
    assert differences(first, first) == []
    assert differences(first, second) != []


def test_descriptions_hold_no_address_and_are_the_same_in_every_process() -> None:
    # Oracle: another process, whose hashes and addresses are its own.
    program = (
        "from tests.training.test_configuration import *\n"
        "things = {way: make(0.3) for way, (make, _) in GIVEN.items()}\n"
        "print('JSON' + Configuration(things).serialize().decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=pathlib.Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": ".", "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    stored = done.stdout.split("JSON")[1].encode()
    here = Configuration({way: make(0.3) for way, (make, _) in GIVEN.items()})
    assert "0x" not in stored.decode()
    module = "tests.training.test_configuration"
    assert stored.decode().replace(module, __name__).strip() == here.serialize().decode()


def test_what_was_computed_meanwhile_is_no_difference() -> None:
    used = Cooling(0.3)
    assert used.doubled == 0.6
    assert differences(Cooling(0.3), used) == []


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (lambda: threading.Lock(), "x (_thread.lock does not show its contents)"),
        (lambda: {"a": [Cooling(i for i in "ab")]}, "x.a[0]._rate (builtins.generator does not"),
        (lambda: tf.keras.layers.Dense(3), "x (keras"),
        (lambda: {Cooling(threading.Lock())}, "x{}._rate (_thread.lock"),
    ],
)
def test_what_cannot_be_compared_is_named(value: Any, line: str) -> None:
    assert differences(value(), value()) == []
    lines = Configuration({"x": value()}).uncompared(serialized(value()))
    assert len(lines) == 1
    assert lines[0].startswith(line)


def test_changed_code_is_named_and_refuses_nothing() -> None:
    # Oracle: two functions of the same numbers; and one that another Python had compiled.
    first, second = eval("lambda s: 2 * s"), eval("lambda s: 2 + s")
    texts = eval("lambda s: s['a'] * 2"), eval("lambda s: s['b'] * 2")
    for one, other in ((first, second), texts):
        assert differences(one, other) == []
        lines = Configuration({"x": other}).uncompared(serialized(one))
        assert lines == ["x (its code has changed)"]
        assert Configuration({"x": one}).uncompared(serialized(one)) == []
    stored = serialized(first).replace(sys.implementation.cache_tag.encode(), b"cpython-27")
    lines = Configuration({"x": first}).uncompared(stored)
    assert lines == ["x (its code was compiled by cpython-27)"]


def test_descriptions_of_an_earlier_format_are_refused() -> None:
    # Oracle: the first format, which was the items alone.
    stored = json.dumps({"x": "1"}).encode()
    (difference,) = Configuration({"x": 1}).differences(stored)
    assert difference.startswith("an earlier version")
