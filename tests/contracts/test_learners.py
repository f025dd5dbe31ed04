"""What every learner must do: a new one gets these tests with an entry in the table of learners.

Oracles: the learner itself, run eagerly, against the same under XLA; learners of
batch shape [] against one of [2, 3]; the words of `Learner`'s docstring.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.learners import BootstrappedDQN, Learner
from maxent_tf.learners.interface import extras_spec
from maxent_tf.types import Transition
from tests.contracts.learners import (
    LEARNERS,
    B,
    P,
    batched,
    core_learners,
    random_batch,
    random_state,
    single,
    time_axis,
    world_of,
)

every_learner = pytest.mark.parametrize("name", LEARNERS)


@functools.cache
def compiled_update(name: str) -> Callable[..., Any]:
    """The learner's update under XLA; the tests share the program."""
    return tf.function(batched(name).update, autograph=False, jit_compile=True)


@pytest.fixture(autouse=True, scope="module")
def no_programs_outlive_the_tests() -> Iterator[None]:
    yield
    compiled_update.cache_clear()  # TensorFlow 2.15 complains of programs that outlive the session.


@pytest.fixture
def same_noise_for_all_learners(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is drawn for [*P, B, D] is drawn for [B, D], and is the same for every learner.
    original = draws.bits

    def bits(shape: Any, seed: Any, dtype: tf.DType = tf.uint32) -> tf.Tensor:
        return tf.broadcast_to(original(shape[-2:], seed, dtype), shape)

    monkeypatch.setattr(draws, "bits", bits)


def learners_part(learner: Learner, x: Any, index: tuple[int, int]) -> Any:
    """One learner's part of a batch [T, *P, ...] or [*P, ...], or of a state [*P, ...]."""
    leading = isinstance(x, Transition) and time_axis(learner)
    index = (slice(None), *index) if leading else index
    return tf.nest.map_structure(lambda leaf: leaf[index] if leaf.shape.rank else leaf, x)


@every_learner
def test_follows_the_protocol(name: str) -> None:
    learner = batched(name)
    state, batch = random_state(learner), random_batch(learner)
    new, metrics, _ = learner.update(state, batch, seed=tf.constant([0, 1]))
    # A state goes around a tf.while_loop: structure, shapes and dtypes stay.
    tf.nest.assert_same_structure(state, new)
    for before, after in zip(tf.nest.flatten(state), tf.nest.flatten(new), strict=True):
        assert (before.shape, before.dtype) == (after.shape, after.dtype)
    for field, metric in metrics._asdict().items():
        if field in learner.metric_names:
            assert (metric.shape, metric.dtype) == (P, tf.float32)
        else:  # not measured: no leaf for whoever goes through the structure
            assert metric == ()
    assert len(tf.nest.flatten(metrics)) == len(learner.metric_names)
    observation = batch.observation
    if batch.reward.shape.rank == 4:
        observation = tf.nest.map_structure(lambda x: x[0], observation)
    assert learner.policy(new, observation).batch_shape == (*P, B)
    carry, world = learner.initial_carry(B), world_of(learner, B)
    for explore in (True, False):
        acted = learner.act(new, carry, observation, seed=0, explore=explore, world=world)
        assert acted.action.shape == (*P, B, *learner.spec.action.shape)
        assert acted.action.dtype == learner.spec.action.dtype
        # A carry goes around a loop, too; extras are stored.
        for after, before in zip(*map(tf.nest.flatten, (acted.carry, carry)), strict=True):
            assert (after.shape, after.dtype) == (before.shape, before.dtype)
        specs = tf.nest.flatten(extras_spec(learner, state, world))
        for value, spec in zip(tf.nest.flatten(acted.extras), specs, strict=True):
            assert (value.shape, value.dtype) == ((*P, B, *spec.shape), spec.dtype)


@every_learner
def test_every_leaf_of_the_state_learns(name: str) -> None:
    # Oracle: two updates move everything but what starts at a minimum; nothing is forgotten.
    learner = batched(name)
    state = random_state(learner)
    new = state
    for seed in range(2):
        new = learner.update(new, random_batch(learner, seed), seed=tf.constant([0, seed])).state
    if isinstance(learner, BootstrappedDQN):  # whose prior functions must not learn
        state, new = state._replace(priors=()), new._replace(priors=())
    for before, after in zip(tf.nest.flatten(state), tf.nest.flatten(new), strict=True):
        assert np.any(before != after)


@core_learners
def test_compiled_numbers_are_the_eager_ones(name: str) -> None:
    state = expected = random_state(batched(name))
    for step in range(2):
        batch, seed = random_batch(batched(name), step), tf.constant([0, step])
        state, metrics, _ = compiled_update(name)(state, batch, seed=seed)
        expected, eager_metrics, _ = batched(name).update(expected, batch, seed=seed)
        tf.nest.map_structure(
            functools.partial(np.testing.assert_allclose, rtol=1e-3, atol=1e-5),
            (state, metrics),
            (expected, eager_metrics),
        )


@core_learners
def test_learners_are_independent_to_the_bit(name: str) -> None:
    # Oracle: the same update with the last learner's numbers spoiled. NaN spreads to whatever it
    # meets, a product with zero included.
    learner, update = batched(name), compiled_update(name)
    state, batch = random_state(learner), random_batch(learner)

    def spoil(x: tf.Tensor, first: int = 0) -> tf.Tensor:
        if x.shape.rank < first + 2 or not x.dtype.is_floating:
            return x
        spoiled = x.numpy()
        spoiled[(slice(None),) * first + (1, 2)] = np.nan
        return tf.constant(spoiled)

    first = batch.reward.shape.rank - 3
    spoiled_state = tf.nest.map_structure(spoil, state)
    spoiled_batch = tf.nest.map_structure(lambda x: spoil(x, first), batch)
    seed = tf.constant([0, 1])
    results = update(state, batch, seed=seed), update(spoiled_state, spoiled_batch, seed=seed)
    others = np.ones(P, bool)
    others[1, 2] = False
    for clean, spoiled in zip(*map(tf.nest.flatten, results), strict=True):
        if clean.shape.rank == 0:
            assert clean == spoiled
        else:
            np.testing.assert_array_equal(clean.numpy()[others], spoiled.numpy()[others])
    for leaf in tf.nest.flatten(results[1].state[0]):
        assert np.all(np.isnan(leaf[1, 2]))


@core_learners
@pytest.mark.usefixtures("same_noise_for_all_learners")
def test_a_batch_of_learners_is_its_learners(name: str) -> None:
    # Oracle: a learner of batch shape [] with the same hyper-parameters, state, data and noise.
    index = (1, 2)
    learner, alone = batched(name), single(name, index)
    state, batch, seed = random_state(learner), random_batch(learner), tf.constant([0, 1])
    # A program of its own, which is traced with the noise of this test.
    result = tf.function(learner.update, autograph=False)(state, batch, seed=seed)
    expected = alone.update(
        learners_part(learner, state, index), learners_part(learner, batch, index), seed=seed
    )
    tf.nest.map_structure(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-5),
        learners_part(learner, result, index),
        expected,
    )


@every_learner
def test_fresh_learners_differ_and_follow_the_seed(name: str) -> None:
    # Oracle: the same seed gives the same bits; learners' networks are drawn apart.
    learner = batched(name)
    tf.nest.map_structure(np.testing.assert_array_equal, learner.init(3), learner.init([0, 3]))
    if name.endswith("_table"):  # all zeros
        return
    # The first leaf is the kernel of the first layer.
    first, other = (tf.nest.flatten(learner.init(seed))[0].numpy() for seed in (3, 4))
    kernels = [*first.reshape(6, -1), *other.reshape(6, -1)]
    assert len(np.unique(np.stack(kernels), axis=0)) == 12


@every_learner
@pytest.mark.parametrize("field", Transition._fields[:-1])
def test_a_wrong_batch_is_named(name: str, field: str) -> None:
    learner = batched(name)
    state, batch = random_state(learner), random_batch(learner)
    value = getattr(batch, field)
    if isinstance(value, dict):
        with pytest.raises(ValueError, match=rf"batch\.{field} must be a dict with the keys"):
            learner.update(state, batch._replace(**{field: batch.reward}), seed=[0, 1])

    def other_dtype(x: tf.Tensor) -> tf.Tensor:
        return tf.cast(x, tf.int64 if x.dtype == tf.int32 else tf.float64)

    for spoil in (lambda x: x[..., None], lambda x: tf.reshape(x, [-1]), other_dtype):
        wrong = tf.nest.map_structure(spoil, value)
        dtype = tf.nest.flatten(value)[0].dtype.name
        with pytest.raises(
            ValueError, match=rf"batch\.{field}(\['\w+'\])* must be {dtype} of shape"
        ):
            learner.update(state, batch._replace(**{field: wrong}), seed=[0, 1])


@every_learner
def test_missing_extras_are_named(name: str) -> None:
    learner = batched(name)
    state, batch = random_state(learner), random_batch(learner)
    if tf.nest.flatten(batch.extras):
        with pytest.raises(ValueError, match=r"batch\.extras lacks '\w+': a transition must hold"):
            learner.update(state, batch._replace(extras=()), seed=[0, 1])
    else:
        learner.update(state, batch._replace(extras=()), seed=[0, 1])


@every_learner
def test_a_wrong_observation_is_named(name: str) -> None:
    learner = batched(name)
    observation = random_batch(learner).observation
    wrong = tf.nest.map_structure(lambda x: tf.cast(x, tf.bool), observation)
    with pytest.raises(ValueError, match=r"observations must be .*, as in the spec, not bool"):
        learner.policy(random_state(learner), wrong)
