"""The heads against the distributions they promise."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from tensorflow_probability import distributions as tfd

import maxent_tf as mx
from maxent_tf.distributions import greedy_action
from maxent_tf.networks import (
    CategoricalHead,
    MultiCategoricalHead,
    SquashedGaussianHead,
    make_head,
)
from maxent_tf.specs import Box, Discrete, MultiDiscrete, Spec

ACTIONS = Box.of((2,), [-1.0, 2.0], [3.0, 2.5])


def test_categorical_head_takes_logits() -> None:
    # Oracle: tfd.Categorical and NumPy's argmax.
    outputs = np.random.default_rng(0).normal(size=(2, 3, 5)).astype(np.float32)
    head = make_head(Discrete(5))
    assert head.num_outputs == 5
    distribution = head(tf.constant(outputs))
    assert distribution.batch_shape == [2, 3]
    expected = tfd.Categorical(logits=outputs)
    for action in range(5):
        np.testing.assert_allclose(
            distribution.log_prob(action), expected.log_prob(action), rtol=1e-5
        )
    np.testing.assert_array_equal(greedy_action(distribution), outputs.argmax(-1))


def test_multi_categorical_head_is_a_product() -> None:
    # Oracle: enumeration of all combinations, in NumPy.
    nvec = (3, 1, 4)
    outputs, others = np.random.default_rng(0).normal(size=(2, 2, 5, 8))
    head = make_head(MultiDiscrete(nvec))
    assert head.num_outputs == 8

    def joint(outputs: np.ndarray) -> np.ndarray:
        probs = [
            np.exp(x) / np.exp(x).sum(-1, keepdims=True) for x in np.split(outputs, [3, 4], -1)
        ]
        return np.einsum("...i,...j,...k->...ijk", *probs).reshape(2, 5, 12)

    distribution, other = head(tf.constant(outputs)), head(tf.constant(others))
    assert (distribution.batch_shape, distribution.event_shape) == ([2, 5], [3])
    actions = np.array(list(itertools.product(*map(range, nvec))), np.int32)
    p, q = joint(outputs), joint(others)
    log_prob = distribution.log_prob(actions[:, None, None])
    np.testing.assert_allclose(np.moveaxis(log_prob, 0, -1), np.log(p), rtol=1e-9)
    np.testing.assert_allclose(distribution.entropy(), -np.sum(p * np.log(p), -1), rtol=1e-9)
    divergence = mx.divergence(distribution, other)
    np.testing.assert_allclose(divergence, np.sum(p * np.log(p / q), -1), rtol=1e-9)
    np.testing.assert_array_equal(greedy_action(distribution), actions[p.argmax(-1)])
    drawn = distribution.sample(4000, seed=0).numpy()
    assert drawn.dtype == np.int32
    index = np.ravel_multi_index(np.moveaxis(drawn, -1, 0), nvec)
    for i in np.ndindex(2, 5):
        counts = np.bincount(index[(slice(None), *i)], minlength=12)
        assert scipy.stats.chisquare(counts, 4000 * p[i]).pvalue > 1e-4


@pytest.mark.parametrize("mode", ["eager", "xla"])
def test_parts_of_different_sizes_have_the_gradients_of_each_alone(mode: str) -> None:
    # Oracle: `tfd.Categorical` for each part. What fills up the smaller parts adds no NaN.
    nvec, action = (3, 2), tf.constant([2, 0])
    outputs = tf.constant([0.3, -0.4, 0.1, 90.0, -90.0])

    def gradient(logits: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            distribution = MultiCategoricalHead(nvec)(logits)
            total = distribution.log_prob(action) + distribution.entropy()
        return tape.gradient(total, logits)

    compiled = tf.function(gradient, jit_compile=True) if mode == "xla" else gradient
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        parts = [tfd.Categorical(logits=x) for x in tf.split(outputs, nvec, -1)]
        total = tf.add_n([d.log_prob(a) + d.entropy() for d, a in zip(parts, [2, 0], strict=True)])
    np.testing.assert_allclose(
        compiled(outputs), tape.gradient(total, outputs), rtol=1e-5, atol=1e-6
    )


def test_squashed_gaussian_head_reads_location_and_clipped_log_scale() -> None:
    # Oracle: the documented formula, in NumPy.
    head = make_head(ACTIONS, log_std_range=(-2.0, 1.0), initial_stddev=0.5)
    assert head.num_outputs == 4
    outputs = np.array([[0.3, -0.4, 0.1, -0.2], [5.0, -5.0, -9.0, 9.0]], np.float32)
    distribution = head(tf.constant(outputs))
    np.testing.assert_allclose(distribution.loc, outputs[:, :2])
    log_std = np.clip(outputs[:, 2:] + math.log(0.5), -2.0, 1.0)
    np.testing.assert_allclose(distribution.scale, np.exp(log_std), rtol=1e-6)
    low, high = ACTIONS.bounds()
    median = low + (high - low) * (np.tanh(outputs[:, :2]) + 1) / 2
    np.testing.assert_allclose(greedy_action(distribution), median, rtol=1e-6)
    draws = distribution.sample(1000, seed=0).numpy()
    assert np.all((draws >= low) & (draws <= high))
    assert np.all(np.ptp(draws[:, 0], axis=0) > 0.5 * (high - low))


def test_zero_outputs_give_the_initial_stddev() -> None:
    scale = SquashedGaussianHead(ACTIONS, (-5.0, 2.0), 0.3)(tf.zeros([3, 4])).scale
    np.testing.assert_allclose(scale, 0.3, rtol=1e-6)


def test_the_scale_has_no_gradient_beyond_its_range() -> None:
    # Oracle: the derivative of a clipped exponential.
    outputs = tf.constant([[0.0, 0.0, -9.0, 0.5]])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        scale = SquashedGaussianHead(ACTIONS, (-5.0, 2.0), 1.0)(outputs).scale
    gradient = tape.gradient(scale, outputs)
    np.testing.assert_allclose(gradient, [[0, 0, 0, math.exp(0.5)]], rtol=1e-6)


@pytest.mark.parametrize(
    "spec", [Box.of((2,), -1.0), Box.of((), -1.0, 1.0), Box.of((2, 2), -1.0, 1.0)], ids=str
)
def test_actions_must_be_a_bounded_vector(spec: Spec) -> None:
    with pytest.raises(ValueError, match="needs a vector of actions with finite bounds"):
        make_head(spec)


@pytest.mark.parametrize(
    "arguments",
    [{"initial_stddev": 0.0}, {"initial_stddev": 8.0}, {"log_std_range": (1.0, -1.0)}],
    ids=str,
)
def test_the_initial_stddev_must_lie_in_its_range(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"initial_stddev=.* within log_std_range="):
        make_head(ACTIONS, **arguments)


def test_the_kind_of_action_decides_the_head() -> None:
    assert isinstance(make_head(Discrete(2)), CategoricalHead)
    assert isinstance(make_head(MultiDiscrete((2,))), MultiCategoricalHead)
    assert isinstance(make_head(ACTIONS), SquashedGaussianHead)


def legal_log_probs(logits: tf.Tensor, legal: np.ndarray) -> tf.Tensor:
    """Log-probabilities of the legal actions of one row alone, by definition."""
    chosen = tf.gather(logits, np.flatnonzero(legal))
    return chosen - tf.math.log(tf.reduce_sum(tf.exp(chosen)))


@pytest.mark.parametrize("nvec", [(5,), (3, 2)], ids=str)
@pytest.mark.parametrize("mode", ["eager", "xla"])
def test_a_masked_head_is_one_over_the_legal_actions(nvec: tuple[int, ...], mode: str) -> None:
    # Oracle: enumeration of the legal values in float64, with TensorFlow's gradients of the sums'
    # definitions; illegal ones have probability 0 and no gradient.
    rng = np.random.default_rng(3)
    outputs, others = tf.constant(rng.normal(size=(2, 4, 5)))
    mask = np.array([[1, 0, 1, 1, 0], [0, 0, 1, 0, 1], [1, 1, 1, 1, 1], [0, 1, 1, 0, 1]], bool)
    head = make_head(Discrete(5) if len(nvec) == 1 else MultiDiscrete(nvec))
    splits = np.split(np.arange(5), np.cumsum(nvec)[:-1])
    # The last legal value of each part, in every row.
    action = np.array([[np.flatnonzero(row[i])[-1] for i in splits] for row in mask], np.int32)

    def statistics(outputs: tf.Tensor, others: tf.Tensor) -> list[tf.Tensor]:
        p, q = head(outputs, tf.constant(mask)), head(others, tf.constant(mask))
        value = action[:, 0] if len(nvec) == 1 else action
        return [p.entropy(), p.log_prob(value), mx.divergence(p, q)]

    def enumerated(outputs: tf.Tensor, others: tf.Tensor) -> list[tf.Tensor]:
        totals = []
        for row, legal in enumerate(mask):
            entropy = log_prob = divergence = tf.constant(0.0, tf.float64)
            for i in splits:
                log_p = legal_log_probs(tf.gather(outputs[row], i), legal[i])
                log_q = legal_log_probs(tf.gather(others[row], i), legal[i])
                entropy -= tf.reduce_sum(tf.exp(log_p) * log_p)
                log_prob += log_p[-1]
                divergence += tf.reduce_sum(tf.exp(log_p) * (log_p - log_q))
            totals.append([entropy, log_prob, divergence])
        return [tf.stack(column) for column in zip(*totals, strict=True)]

    def with_gradients(function: Any) -> list[Any]:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([outputs, others])
            values = function(outputs, others)
        zero = tf.UnconnectedGradients.ZERO
        return [
            (x, tape.gradient(x, [outputs, others], unconnected_gradients=zero)) for x in values
        ]

    run = tf.function(with_gradients, jit_compile=True) if mode == "xla" else with_gradients
    for found, expected in zip(run(statistics), with_gradients(enumerated), strict=True):
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-12, atol=1e-14)
        for one, other in zip(found[1], expected[1], strict=True):
            np.testing.assert_allclose(one, tf.convert_to_tensor(other), rtol=1e-10, atol=1e-13)
            assert not np.any(one.numpy()[~mask])


def test_masked_actions_are_never_taken() -> None:
    # Oracle: the mask, also where the largest outputs are of illegal values.
    outputs = np.float32([[9.0, 1.0, 2.0, 8.0, -3.0]])
    mask = np.array([[False, True, True, False, True]])
    single, several = make_head(Discrete(5)), make_head(MultiDiscrete((3, 2)))
    policy = single(outputs, mask)
    np.testing.assert_array_equal(greedy_action(policy), [2])
    np.testing.assert_array_equal(policy.probs_parameter().numpy() > 0, mask)
    assert set(policy.sample(500, seed=0).numpy().ravel().tolist()) == {1, 2, 4}
    policy = several(outputs, mask)
    np.testing.assert_array_equal(greedy_action(policy), [[2, 1]])
    drawn = policy.sample(500, seed=0).numpy().reshape(-1, 2)
    assert {tuple(row) for row in drawn.tolist()} == {(1, 1), (2, 1)}


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((2, 4), bool), r"mask must be bool \[..., 5\].* not bool of shape \(2, 4\)"),
        (np.ones((2, 5), np.int32), r"mask must be bool \[..., 5\].* not int32 of shape"),
        (np.bool_([[1] * 5, [1, 1, 1, 0, 0]]), r"no value of part 1 of the action at \[1\]"),
    ],
    ids=["shape", "dtype", "none"],
)
def test_wrong_masks_are_named(mask: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_head(MultiDiscrete((3, 2)))(tf.zeros([2, 5]), mask)
