"""Counts against a dictionary, and SimHash against the codes by hand."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.exploration import Counts, SimHash
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, MultiDiscrete
from maxent_tf.types import Transition

P, B = (2,), 5
ACTION = Discrete(3)
SPECS = {
    "discrete": EnvironmentSpec(Discrete(4), ACTION),
    "several": EnvironmentSpec(MultiDiscrete((2, 3, 2)), ACTION),
    "one-hot": EnvironmentSpec(Box.of((4,), 0.0, 1.0), ACTION),
}


def random_transitions(spec: EnvironmentSpec, seed: int, number: int = B) -> Transition:
    rng = np.random.default_rng(seed)
    shape = (*P, number)

    def observation() -> Any:
        if isinstance(spec.observation, Discrete):
            return tf.constant(rng.integers(4, size=shape), tf.int32)
        if isinstance(spec.observation, MultiDiscrete):
            nvec = spec.observation.nvec
            return tf.constant(rng.integers(nvec, size=(*shape, len(nvec))), tf.int32)
        if spec.observation.shape == (4,):
            return tf.one_hot(rng.integers(4, size=shape), 4)
        return tf.constant(rng.normal(size=(*shape, *spec.observation.shape)), tf.float32)

    return Transition(
        observation=observation(),
        action=tf.constant(rng.integers(3, size=shape), tf.int32),
        reward=tf.zeros(shape),
        next_observation=observation(),
        terminated=tf.constant(rng.random(shape) < 0.3),
        truncated=tf.zeros(shape, tf.bool),
        valid=tf.constant(rng.random(shape) < 0.8),
    )


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("of", ["state_action", "next_state"])
@pytest.mark.parametrize("name", SPECS)
def test_bonuses_are_those_of_a_dictionary(name: str, of: str, jit: bool) -> None:
    # Oracle: a dictionary of counts for each learner, transition by transition. Whoever shares
    # counts between learners, counts placeholders, or takes the other state, fails.
    spec = SPECS[name]
    bonus = Counts(spec, of)
    observe, reward = (tf.function(f, jit_compile=jit) for f in (bonus.observe, bonus.reward))
    state = bonus.init(0, P)
    seen: list[dict[Any, int]] = [{}, {}]

    def key(batch: Transition, p: int, b: int) -> Any:
        if of == "next_state":
            return batch.next_observation[p, b].numpy().tobytes()
        return batch.observation[p, b].numpy().tobytes(), int(batch.action[p, b])

    for step in range(6):
        batch = random_transitions(spec, step)
        state = observe(state, batch)
        for p, b in np.ndindex(*P, B):
            if batch.valid[p, b]:
                seen[p][key(batch, p, b)] = seen[p].get(key(batch, p, b), 0) + 1
        other = random_transitions(spec, 100 + step)
        expected = [
            [max(seen[p].get(key(other, p, b), 0), 1) ** -0.5 for b in range(B)] for p in range(2)
        ]
        np.testing.assert_allclose(reward(state, other), expected, rtol=1e-6)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
def test_similar_observations_are_counted_together(jit: bool) -> None:
    # Oracle: a dictionary of the codes of signs, computed in NumPy.
    spec = EnvironmentSpec(Box.of((3,)), ACTION)
    bonus = SimHash(spec, bits=6, table_size=20_000)
    observe, reward = (tf.function(f, jit_compile=jit) for f in (bonus.observe, bonus.reward))
    state = bonus.init(3, P)
    assert not np.array_equal(state.projection[0], state.projection[1])
    seen: list[dict[Any, int]] = [{}, {}]

    def key(batch: Transition, p: int, b: int) -> bytes:
        return (batch.next_observation[p, b].numpy() @ state.projection[p].numpy() > 0).tobytes()

    for step in range(8):
        batch = random_transitions(spec, step, 20)
        state = observe(state, batch)
        for p, b in np.ndindex(*P, 20):
            if batch.valid[p, b]:
                seen[p][key(batch, p, b)] = seen[p].get(key(batch, p, b), 0) + 1
    other = random_transitions(spec, 100, 20)
    expected = [
        [max(seen[p].get(key(other, p, b), 0), 1) ** -0.5 for b in range(20)] for p in range(2)
    ]
    np.testing.assert_allclose(reward(state, other), expected, rtol=1e-6)
    assert max(max(s.values()) for s in seen) > 3


def test_a_count_by_hashing_is_never_too_small() -> None:
    # Oracle: the exact counts; a table of 40 cells for 2^16 codes collides all the time.
    spec = EnvironmentSpec(Box.of((8,)), ACTION)
    coarse, fine = (SimHash(spec, bits=16, table_size=n) for n in (40, 1_000_000))
    batch = random_transitions(spec, 0, 200)
    rewards = [b.reward(b.observe(b.init(1, P), batch), batch).numpy() for b in (coarse, fine)]
    assert np.all(rewards[0] <= rewards[1])
    assert rewards[0].mean() < 0.7 * rewards[1].mean()


def test_what_cannot_be_counted_is_named() -> None:
    with pytest.raises(ValueError, match=r"Discrete, MultiDiscrete or one-hot.*SimHash"):
        Counts(EnvironmentSpec(Box.of((3,)), ACTION))
    with pytest.raises(ValueError, match="of='state_action' needs Discrete actions"):
        Counts(EnvironmentSpec(Discrete(4), Box.of((2,), -1.0, 1.0)))
    with pytest.raises(ValueError, match=r"300,000,000 cells are too many.*SimHash"):
        Counts(EnvironmentSpec(Discrete(100_000_000), ACTION))
    with pytest.raises(ValueError, match="of must be"):
        Counts(SPECS["discrete"], of="observation")
    with pytest.raises(ValueError, match="bits"):
        SimHash(SPECS["discrete"], bits=0)
