"""Prioritised replay against the definitions of Schaul et al. (2016)."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.replay import Priorities, PrioritizedReplay, UniformReplay
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.temperature import linear
from maxent_tf.types import Transition

SPEC = EnvironmentSpec(Box.of((2,)), Discrete(1000))
CAPACITY, P = 5, (2, 3)


def transitions(identity: np.ndarray, valid: np.ndarray) -> Transition:
    """Transitions every field of which tells the integer `identity`, [*P, B]."""
    observation = np.stack([identity, -identity], axis=-1)
    return Transition(
        observation=tf.constant(observation, tf.float32),
        action=tf.constant(identity, tf.int32),
        reward=tf.constant(identity, tf.float32),
        next_observation=tf.constant(-observation, tf.float32),
        terminated=tf.constant(identity % 2 == 0),
        truncated=tf.constant(identity % 3 == 0),
        valid=tf.constant(valid),
    )


class Filled:
    """A buffer after 9 steps of 2 worlds, some of them not valid, and what it must hold."""

    def __init__(self, exponent: float, compiled: bool = False, beta: Any = 0.4):
        rng = np.random.default_rng(0)
        priorities = Priorities(exponent=exponent, beta=beta, epsilon=0.01)
        self.replay = PrioritizedReplay(SPEC, CAPACITY, P, priorities)
        add, update = self.replay.add, self.replay.update_priorities
        if compiled:
            add, update = tf.function(add, autograph=False), tf.function(update, autograph=False)
        self.identity = np.zeros((*P, CAPACITY), int)
        self.priority = np.zeros((*P, CAPACITY))
        largest, added = np.ones(P), np.zeros(P, int)
        for step in range(9):
            identity = 1 + 12 * step + np.arange(12).reshape(*P, 2)
            valid = (rng.random((*P, 2)) < 0.7) | (step == 0)
            add(transitions(identity, valid))
            for index in np.ndindex(*P):
                for k in range(2):
                    if valid[index][k]:
                        slot = added[index] % CAPACITY
                        self.identity[index][slot] = identity[index][k]
                        self.priority[index][slot] = largest[index]
                        added[index] += 1
            held = np.minimum(added, CAPACITY)
            slot = rng.integers(held[..., None], size=(*P, 1))
            error = rng.normal(size=(*P, 1)) * 3
            update(tf.constant(slot), tf.constant(error, tf.float32))
            for index in np.ndindex(*P):
                self.priority[index][slot[index]] = np.abs(error[index]) + 0.01
                largest[index] = max(largest[index], np.abs(error[index])[0] + 0.01)
        self.held = held
        scaled = np.where(np.arange(CAPACITY) < held[..., None], self.priority**exponent, 0)
        self.probability = scaled / scaled.sum(-1, keepdims=True)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("exponent", [0.0, 0.6, 1.0])
def test_draws_are_exactly_proportional(exponent: float, compiled: bool) -> None:
    # Oracle: the definition, enumerated. Of B strata each transition owns B P(i) in length, so that
    # its draws are within 2 of that: with B = 20,000 that pins its probability to 1e-4.
    filled, count = Filled(exponent, compiled), 20_000
    sample = filled.replay.sample(count, tf.constant([0, 1]))
    np.testing.assert_array_equal(filled.replay.size, filled.held)
    for index in np.ndindex(*P):
        slot = sample.slot.numpy()[index]
        drawn = np.bincount(slot, minlength=CAPACITY)
        np.testing.assert_allclose(drawn, count * filled.probability[index], atol=2)
        identity = filled.identity[index][slot]
        expected = transitions(identity, np.ones(count, bool))
        tf.nest.map_structure(
            lambda x, y, index=index: np.testing.assert_array_equal(x[index], y),
            sample.transition,
            expected,
        )


def test_weights_undo_the_preference() -> None:
    # Oracle: the formula, with a beta for each learner; at beta = 1 the weighted draws are uniform.
    beta = np.float32([[0.0, 0.4, 1.0]])
    filled, count = Filled(0.6, beta=beta), 1000
    sample = filled.replay.sample(count, tf.constant([0, 1]))
    for index in np.ndindex(*P):
        slot = sample.slot.numpy()[index]
        expected = (filled.held[index] * filled.probability[index][slot]) ** -beta[0, index[1]]
        np.testing.assert_allclose(
            sample.weight.numpy()[index], expected / expected.max(), rtol=1e-5
        )
    for index in ((0, 2), (1, 2)):
        total = np.bincount(
            sample.slot.numpy()[index], sample.weight.numpy()[index], minlength=CAPACITY
        )[: filled.held[index]]
        np.testing.assert_allclose(total / total.sum(), 1 / filled.held[index], atol=0.01)


def test_compiled_draws_are_the_eager_ones_and_the_seed_decides_them() -> None:
    # Oracle: the eager draws, to the bit.
    replay = Filled(0.6).replay
    compiled = tf.function(lambda seed: replay.sample(50, seed), jit_compile=True)
    for seed in ([0, 1], [3, 4]):
        eager = replay.sample(50, tf.constant(seed))
        np.testing.assert_array_equal(compiled(tf.constant(seed)).slot, eager.slot)
    other = replay.sample(50, tf.constant([0, 1]))
    assert np.any(other.slot != eager.slot)


def test_the_first_sample_of_equal_priorities_is_every_transition_once() -> None:
    # Oracle: the strata; as many draws as transitions.
    replay = PrioritizedReplay(SPEC, 8)
    replay.add(transitions(np.arange(8), np.ones(8, bool)))
    sample = replay.sample(8, tf.constant([0, 0]))
    np.testing.assert_array_equal(sample.slot, np.arange(8))
    np.testing.assert_allclose(sample.weight, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"exponent": 1.5}, r"exponent must lie in \[0, 1\], not 1.5"),
        ({"epsilon": 0.0}, "epsilon must be positive and finite, not 0.0"),
        ({"beta": 1.5}, r"beta must lie in \[0, 1\], not 1.5"),
        ({"beta": lambda updates: -0.5}, r"beta must lie in \[0, 1\], not"),
    ],
)
def test_bad_priorities_are_named(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Priorities(**arguments)


@pytest.mark.parametrize("name", ["capacity", "n_step"])
def test_bad_sizes_are_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        PrioritizedReplay(SPEC, **{"capacity": 5, name: 0})


def test_beta_follows_its_schedule() -> None:
    # Oracle: the formula, with the beta of as many updates as there were.
    priorities = Priorities(exponent=1.0, beta=linear(0.2, 1.0, 4), epsilon=1e-9)
    replay = PrioritizedReplay(SPEC, 2, priorities=priorities)
    replay.add(transitions(np.arange(2), np.ones(2, bool)))
    error = tf.constant([1.0, 3.0])
    for updates in range(6):
        sample = replay.sample(40, tf.constant([0, updates]))
        beta = min(0.2 + 0.2 * updates, 1)
        rare = 1.0 if updates == 0 else 3.0**-beta
        np.testing.assert_allclose(sample.weight, np.where(sample.slot == 1, rare, 1), rtol=1e-6)
        replay.update_priorities(tf.constant([0, 1], tf.int64), error)


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_transition_drawn_twice_the_larger_error_counts(order: int) -> None:
    # Oracle: by hand, in either order; a later, smaller one replaces both.
    replay = PrioritizedReplay(SPEC, 2, priorities=Priorities(exponent=1.0, epsilon=1e-9))
    replay.add(transitions(np.arange(2), np.ones(2, bool)))
    for errors, first in (([3.0, 1.0, 1.0][::order], 3 / 4), ([0.5, 0.5, 1.5][::order], 1 / 4)):
        slot = tf.constant([0, 0, 1][::order], tf.int64)
        replay.update_priorities(slot, tf.constant(errors))
        drawn = replay.sample(1000, tf.constant([0, 0])).slot.numpy()
        np.testing.assert_allclose(np.mean(drawn == 0), first, atol=2e-3)


@pytest.mark.parametrize("kind", [UniformReplay, PrioritizedReplay])
def test_a_cleared_buffer_is_a_new_one(kind: Any) -> None:
    # Oracle: a new buffer that is given the same, in chains of two steps. The cleared one was full,
    # of other transitions, and had other priorities.
    fresh, cleared = (kind(SPEC, CAPACITY, P, n_step=2, num_envs=2) for _ in range(2))

    def fill(replay: Any, steps: int, start: int) -> Any:
        for step in range(steps):
            identity = start + 12 * step + np.arange(12).reshape(*P, 2)
            replay.add(transitions(identity, np.ones((*P, 2), bool)))
        sample = replay.sample(4, seed=[1, start])
        if kind is PrioritizedReplay:
            replay.update_priorities(sample.slot, tf.cast(sample.slot, tf.float32) * start)
        return sample, replay.size

    fill(cleared, 5, 1000)
    fill(cleared, 1, 2000)
    cleared.clear()
    assert not cleared.size.numpy().any()
    for steps, start in ((1, 1), (2, 50)):
        tf.nest.map_structure(
            np.testing.assert_array_equal, fill(cleared, steps, start), fill(fresh, steps, start)
        )
