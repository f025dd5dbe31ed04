"""The categorical policy against TFP's, over which it is only faster."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf.distributions.categorical import Categorical

LOGITS = np.random.default_rng(0).normal(scale=3.0, size=(4, 5)).astype(np.float32)
MASKED = np.where(np.eye(4, 5, dtype=bool), -np.inf, LOGITS).astype(np.float32)

compilations = pytest.mark.parametrize(
    "compile",
    [lambda f: f, tf.function, lambda f: tf.function(f, jit_compile=True)],
    ids=["eager", "graph", "xla"],
)


@compilations
@pytest.mark.parametrize("logits", [LOGITS, MASKED], ids=["possible", "masked"])
def test_log_prob_is_tfps(logits: np.ndarray, compile: Callable) -> None:
    # Oracle: tfd.Categorical, for one value a row, values for every row, and sample shapes.
    log_prob = compile(lambda logits, value: Categorical(logits).log_prob(value))
    for value in (np.array([0, 1, 4, 2]), np.array(3), np.arange(15).reshape(5, 3, 1) % 5):
        expected = tfd.Categorical(logits=logits).log_prob(value)
        np.testing.assert_allclose(log_prob(logits, value), expected, rtol=1e-5, atol=1e-6)


def test_gradients_of_log_prob_are_tfps_where_all_is_possible() -> None:
    # Oracle: tfd.Categorical's gradient, and for masked logits that of the rest alone.
    def gradient(kind: Any, logits: np.ndarray, value: Any) -> np.ndarray:
        logits = tf.constant(logits)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            log_prob = kind(logits=logits).log_prob(value)
        return tape.gradient(log_prob, logits).numpy()

    value = tf.constant([4, 0, 1, 2])
    np.testing.assert_allclose(
        gradient(Categorical, LOGITS, value), gradient(tfd.Categorical, LOGITS, value), atol=1e-6
    )
    masked = gradient(Categorical, MASKED[:1], [4])
    np.testing.assert_allclose(masked[0, 1:], gradient(Categorical, MASKED[:1, 1:], [3])[0])
    assert masked[0, 0] == 0


@compilations
def test_entropy_is_tfps_with_finite_gradients(compile: Callable) -> None:
    # Oracle: tfd.Categorical; its gradient is dH/dlogit = -pi (log pi + H), 0 where pi is 0.
    def entropy_and_gradient(logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            entropy = Categorical(logits).entropy()
        return entropy, tape.gradient(entropy, logits)

    # 0 and -200: a possible action whose probability float32 cannot hold.
    rare = np.float32([[0.0, -200.0, 1.0, -np.inf, -np.inf]])
    logits = np.concatenate([LOGITS, MASKED, rare])
    entropy, gradient = compile(entropy_and_gradient)(tf.constant(logits))
    np.testing.assert_allclose(entropy, tfd.Categorical(logits=logits).entropy(), rtol=1e-5)
    with np.errstate(divide="ignore", invalid="ignore"):
        pi = np.exp(logits - np.log(np.exp(logits.astype(float)).sum(-1, keepdims=True)))
        terms = -pi * (np.log(pi) + entropy.numpy()[:, None])
    np.testing.assert_allclose(gradient, np.where(pi > 0, terms, 0), rtol=1e-4, atol=1e-6)


def test_divergence_is_found_in_tfps_registry() -> None:
    # Oracle: tfd.Categorical's, between both kinds, masks included.
    plain = [tfd.Categorical(logits=x) for x in (MASKED, LOGITS)]
    ours = [Categorical(logits=x) for x in (MASKED, LOGITS)]
    expected = tfd.kl_divergence(*plain)
    np.testing.assert_allclose(tfd.kl_divergence(*ours), expected, rtol=1e-6)
    np.testing.assert_allclose(tfd.kl_divergence(ours[0], plain[1]), expected, rtol=1e-6)
    np.testing.assert_array_equal(tfd.kl_divergence(*ours[::-1]), np.inf)


@compilations
def test_draws_have_the_probabilities(compile: Callable) -> None:
    # Oracle: frequencies of 200,000 draws within 4.5 standard errors; where nothing can happen,
    # nothing does.
    draws, logits = 200_000, np.concatenate([LOGITS, MASKED])
    draw = compile(lambda seed: Categorical(logits).sample(draws, seed=seed))
    sample = draw(tf.constant([0, 5])).numpy()
    assert sample.dtype == np.int32
    frequency = (sample[..., None] == np.arange(5)).mean(0)
    probs = tfd.Categorical(logits=logits).probs_parameter().numpy()
    error = np.sqrt(probs * (1 - probs) / draws)
    assert np.all(np.abs(frequency - probs) <= 4.5 * error)


def test_rows_draw_independently() -> None:
    # Oracle: equal rows agree as often as independent draws do, sum p^2, within 4.5 errors.
    draws = Categorical(np.tile(LOGITS[:1], [2, 1])).sample(100_000, seed=1).numpy()
    agree = np.sum(tfd.Categorical(logits=LOGITS[0]).probs_parameter().numpy() ** 2)
    tolerance = 4.5 * np.sqrt(agree * (1 - agree) / 100_000)
    assert abs(np.mean(draws[:, 0] == draws[:, 1]) - agree) < tolerance


@compilations
@pytest.mark.parametrize("extreme", [0.0, 1 - 2**-23])
def test_no_uniform_number_draws_an_impossible_action(
    extreme: float, compile: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the mask. The probabilities of many of these rows add up to less than 1.
    rng = np.random.default_rng(2)
    logits = rng.normal(scale=3.0, size=(2000, 7)).astype(np.float32)
    logits[:, [0, 6]] = -np.inf
    monkeypatch.setattr(
        "maxent_tf.draws.uniform", lambda shape, seed: tf.fill(shape, np.float32(extreme))
    )
    sample = compile(lambda: Categorical(logits).sample(seed=0))().numpy()
    assert np.all((sample >= 1) & (sample <= 5))


def test_is_a_distribution_like_any_other() -> None:
    # Oracle: what TFP promises of its own: integer seeds, copies, slices, tf.function boundaries.
    d = Categorical(LOGITS)
    np.testing.assert_array_equal(d.sample(9, seed=3), d.sample(9, seed=tf.constant([0, 3])))
    tf.random.set_seed(0)
    assert np.any(d.sample(99) != d.sample(99))
    np.testing.assert_array_equal(d.mode(), LOGITS.argmax(-1))
    for other, logits in (
        (d.copy(), LOGITS),
        (d.copy(logits=MASKED), MASKED),
        (d[1:3], LOGITS[1:3]),
    ):
        assert isinstance(other, Categorical)
        np.testing.assert_allclose(other.entropy(), Categorical(logits).entropy(), rtol=1e-6)
    crossed = tf.function(lambda distribution: distribution[..., :2])(d)
    assert isinstance(crossed, Categorical)
    np.testing.assert_allclose(crossed.entropy(), Categorical(LOGITS[:2]).entropy(), rtol=1e-6)
