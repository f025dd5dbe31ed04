"""Uniform replay against a deque for each learner."""

from collections import deque
from collections.abc import Callable

import hypothesis
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from hypothesis import strategies as st

from maxent_tf.replay import UniformReplay
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, Spec
from maxent_tf.types import Transition

OBSERVATION = Box.of((2, 2))
ACTIONS: dict[str, Spec] = {"box": Box.of((2,), -1.0, 1.0), "discrete": Discrete(1000)}

every_batch_shape = pytest.mark.parametrize("batch_shape", [(), (3,), (2, 3)], ids=str)
compilations = pytest.mark.parametrize(
    "compile",
    [lambda f: f, tf.function, lambda f: tf.function(f, jit_compile=True)],
    ids=["eager", "graph", "xla"],
)


def transitions(identity: np.ndarray, valid: np.ndarray, action: Spec) -> Transition:
    """Transitions every field of which tells the integer `identity`, [*P, B]."""

    def field(spec: Spec, sign: int) -> tf.Tensor:
        expanded = identity.reshape(*identity.shape, *[1] * len(spec.shape))
        return tf.constant(
            sign * np.broadcast_to(expanded, (*identity.shape, *spec.shape)), spec.dtype
        )

    return Transition(
        observation=field(OBSERVATION, 1),
        action=field(action, 1),
        reward=tf.constant(identity, tf.float32),
        next_observation=field(OBSERVATION, -1),
        terminated=tf.constant(identity % 2 == 0),
        truncated=tf.constant(identity % 3 == 0),
        valid=tf.constant(valid),
    )


def identities(batch: Transition, action: Spec) -> np.ndarray:
    """The identities of transitions, all of whose fields must agree about them: [*P, B]."""
    identity = batch.reward.numpy().astype(int)
    expected = transitions(identity, np.ones_like(identity, bool), action)
    tf.nest.map_structure(np.testing.assert_array_equal, batch, expected)
    return identity


class Deques:
    """What replay should be: a deque of identities for each learner."""

    def __init__(self, capacity: int, batch_shape: tuple[int, ...]):
        self.deques = np.empty(batch_shape, object)
        for index in np.ndindex(*batch_shape):
            self.deques[index] = deque(maxlen=capacity)

    def add(self, identity: np.ndarray, valid: np.ndarray) -> None:
        for index in np.ndindex(*identity.shape):
            if valid[index]:
                self.deques[index[:-1]].append(identity[index])

    def check(self, replay: UniformReplay, action: Spec) -> None:
        """Asserts that `replay` holds the same transitions and no other."""
        # 300 draws miss one of 6 transitions with probability below 1e-22.
        sample = identities(replay.sample(300, tf.constant([0, 1])).transition, action)
        for index in np.ndindex(*self.deques.shape):
            assert int(replay.size[index]) == len(self.deques[index])
            assert set(sample[index]) == set(self.deques[index])


@every_batch_shape
@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
@hypothesis.settings(max_examples=8, deadline=None, derandomize=True)
@hypothesis.given(data=st.data())
def test_is_a_ring_for_each_learner(
    batch_shape: tuple[int, ...], action: Spec, data: st.DataObject
) -> None:
    capacity = data.draw(st.integers(1, 6))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    replay = UniformReplay(EnvironmentSpec(OBSERVATION, action), capacity, batch_shape)
    model = Deques(capacity, batch_shape)
    added = 1
    for _ in range(data.draw(st.integers(1, 6))):
        shape = (*batch_shape, data.draw(st.integers(1, capacity)))
        identity = added + np.arange(np.prod(shape)).reshape(shape)
        valid = rng.random(shape) < 0.6
        if added == 1:  # An empty buffer cannot be sampled.
            valid[..., 0] = True
        added += identity.size
        replay.add(transitions(identity, valid, action))
        model.add(identity, valid)
        model.check(replay, action)


@compilations
@every_batch_shape
def test_compiled_is_the_same_ring_with_the_same_draws(
    batch_shape: tuple[int, ...], compile: Callable
) -> None:
    # Oracles: the deques again, and the eager draws, to the bit.
    spec = EnvironmentSpec(OBSERVATION, ACTIONS["discrete"])
    replay, eager = UniformReplay(spec, 4, batch_shape), UniformReplay(spec, 4, batch_shape)
    add, sample = compile(replay.add), compile(lambda seed: replay.sample(50, seed).transition)
    model, rng = Deques(4, batch_shape), np.random.default_rng(0)
    for step in range(4):
        shape = (*batch_shape, 3)
        identity = 1 + step * 18 + np.arange(np.prod(shape)).reshape(shape)
        valid = (rng.random(shape) < 0.6) | (step == 0)
        add(transitions(identity, valid, spec.action))
        eager.add(transitions(identity, valid, spec.action))
        model.add(identity, valid)
    model.check(replay, spec.action)
    # (Where a word of the seed is negative, XLA's random bits are not TensorFlow's.)
    seed = tf.constant([5, 7])
    tf.nest.map_structure(
        np.testing.assert_array_equal, sample(seed), eager.sample(50, seed).transition
    )


def test_draws_are_uniform_and_independent() -> None:
    # Oracle: chi-square tests of 30,000 draws for learners that hold 2, 5 and 8 transitions, and of
    # pairs of successive draws and of two learners' draws; all at once at the level .001.
    spec = EnvironmentSpec(OBSERVATION, ACTIONS["discrete"])
    replay = UniformReplay(spec, 8, [3])
    size = np.array([2, 5, 8])
    identity = np.broadcast_to(np.arange(8), (3, 8))
    replay.add(transitions(identity, identity < size[:, None], spec.action))
    draws = identities(replay.sample(30_000, tf.constant([4, 2])).transition, spec.action)
    p_values = []
    for n, drawn in zip(size, draws, strict=True):
        assert drawn.max() < n
        p_values.append(scipy.stats.chisquare(np.bincount(drawn, minlength=n)).pvalue)
        pairs = np.bincount(drawn[::2] * n + drawn[1::2], minlength=n * n)
        p_values.append(scipy.stats.chisquare(pairs).pvalue)
    both = np.bincount(draws[1] * 8 + draws[2], minlength=40)
    p_values.append(scipy.stats.chisquare(both).pvalue)
    assert min(p_values) > 0.001 / len(p_values)


def test_the_seed_decides_the_draws() -> None:
    spec = EnvironmentSpec(OBSERVATION, ACTIONS["discrete"])
    replay = UniformReplay(spec, 8)
    replay.add(transitions(np.arange(8), np.ones(8, bool), spec.action))
    first, again, other = (
        replay.sample(50, tf.constant([0, s])).transition.reward for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


def test_more_at_once_than_the_capacity_is_refused() -> None:
    spec = EnvironmentSpec(OBSERVATION, ACTIONS["discrete"])
    replay = UniformReplay(spec, 2, [3])
    identity = np.ones([3, 3], int)
    with pytest.raises(ValueError, match="cannot add 3 transitions at once to a capacity of 2"):
        replay.add(transitions(identity, identity > 0, spec.action))


def test_a_capacity_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity must be at least 1, not 0"):
        UniformReplay(EnvironmentSpec(OBSERVATION, ACTIONS["discrete"]), 0)
