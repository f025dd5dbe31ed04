"""Steps in a row from replay against lists of what happened in each world."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.replay import PrioritizedReplay, UniformReplay
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition

SPEC = EnvironmentSpec(Box.of((1,)), Discrete(1000))
P, NUM_ENVS, N_STEP = (2,), 3, 4

compilations = pytest.mark.parametrize(
    "compile",
    [lambda f: f, lambda f: tf.function(f, jit_compile=True)],
    ids=["eager", "xla"],
)


def transitions(identity: np.ndarray, valid: np.ndarray) -> Transition:
    """Transitions every field of which tells the integer `identity`, [*P, B]."""
    observation = tf.constant(identity[..., None], tf.float32)
    return Transition(
        observation=observation,
        action=tf.constant(identity, tf.int32),
        reward=tf.constant(identity, tf.float32),
        next_observation=-observation,
        terminated=tf.constant(identity % 5 == 0),
        truncated=tf.constant(identity % 7 == 0),
        valid=tf.constant(valid),
    )


@compilations
@pytest.mark.parametrize("capacity", [3, pytest.param(7, marks=pytest.mark.slow), 50])
@pytest.mark.parametrize("kind", [UniformReplay, PrioritizedReplay])
def test_steps_in_a_row_are_those_of_one_world(kind: Any, capacity: int, compile: Any) -> None:
    # Oracle: a list of each learner's transitions with their worlds; what comes next is the next
    # one of the same world, unless the worlds were reset in between. A capacity that is no multiple
    # of the worlds lets another world's transition take the place of the one before.
    rng = np.random.default_rng(0)
    replay = kind(SPEC, capacity, P, n_step=N_STEP, num_envs=NUM_ENVS)
    add, sample = compile(replay.add), compile(lambda seed: replay.sample(100, seed)[0])
    added: list[list[tuple[int, int, int]]] = [[], []]  # identity, world, generation
    cuts = 0
    for step in range(12):
        if step == 8:
            replay.break_off()
        identity = 1 + 6 * step + np.arange(6).reshape(*P, NUM_ENVS)
        valid = (rng.random((*P, NUM_ENVS)) < 0.7) | (step == 0)
        add(transitions(identity, valid))
        for p, world in np.ndindex(*P, NUM_ENVS):
            if valid[p, world]:
                added[p].append((int(identity[p, world]), world, int(step >= 8)))
        drawn = sample(tf.constant([0, step]))
        batch = tf.nest.map_structure(np.array, drawn)
        identity = batch.reward.astype(int)
        assert identity.shape == (N_STEP, *P, 100)
        cut = np.zeros(identity.shape, bool)
        for p in range(2):
            held = added[p][-capacity:]
            assert set(identity[0, p]) <= {x[0] for x in held}
            following = {
                x[0]: next((y[0] for y in held[i + 1 :] if y[1:] == x[1:]), None)
                for i, x in enumerate(held)
            }
            for b, k in np.ndindex(100, N_STEP - 1):
                after = following[identity[k, p, b]]
                cut[k, p, b] = after is None
                assert identity[k + 1, p, b] == (identity[k, p, b] if after is None else after)
        expected = transitions(identity, np.ones_like(cut))
        expected = expected._replace(truncated=expected.truncated.numpy() | cut)
        tf.nest.map_structure(np.testing.assert_array_equal, batch, expected)
        cuts += cut.sum()
    assert cuts > 100


def test_another_number_of_worlds_is_named() -> None:
    replay = UniformReplay(SPEC, 50, P, n_step=N_STEP, num_envs=2)
    with pytest.raises(ValueError, match="steps of num_envs=2 environments at once, not of 3"):
        replay.add(transitions(np.ones((*P, 3), int), np.ones((*P, 3), bool)))
