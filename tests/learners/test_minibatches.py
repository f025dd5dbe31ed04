"""The normalisation of advantages: what it divides by, and what it must not."""

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners.minibatches import normalize
from tests.learners.trajectories import (
    A,
    P,
    S,
    acted_in,
    as_transition,
    random_batch,
    random_tables,
    softmax,
)


def test_advantages_are_normalised_over_what_is_valid() -> None:
    # Oracle: NumPy's mean and standard deviation, learner by learner.
    rng = np.random.default_rng(0)
    x, valid = rng.normal(2, 5, (*P, 9)), rng.random((*P, 9)) < 0.7
    placeholder = tf.constant(np.where(valid, x, np.nan))
    result, divisor = normalize(placeholder, tf.constant(valid), tf.abs(placeholder))
    for i in np.ndindex(*P):
        chosen = x[i][valid[i]]
        np.testing.assert_allclose(divisor[i], np.std(chosen), rtol=1e-6)
        expected = (chosen - np.mean(chosen)) / np.std(chosen)
        np.testing.assert_allclose(result[i].numpy()[valid[i]], expected, rtol=1e-6)


def test_advantages_that_differ_by_rounding_become_zero_and_divide_nothing() -> None:
    # Oracle: the normalisation of a constant, 0, whatever the neighbouring learners do, which keep
    # to NumPy's.
    rng = np.random.default_rng(1)
    constant = np.float32(-4.7) + np.spacing(np.float32(4.7)) * rng.integers(-2, 3, 32)
    # A difference of values of 300 is rounded as they are.
    between = (np.float32(300) + np.float32(rng.normal(0, 3e-5, 32))) - np.float32(300)
    varied = np.float32(rng.normal(300, 0.03, 32))
    alone = np.float32(rng.normal(size=32))
    x = np.stack([constant, between, varied, alone, np.zeros(32)]).astype(np.float32)
    valid = np.ones([5, 32], bool)
    valid[3, 1:] = False
    magnitude = np.abs(x)
    magnitude[1] = 300
    result, divisor = normalize(tf.constant(x), tf.constant(valid), tf.constant(magnitude))
    for i in (0, 1, 3, 4):
        np.testing.assert_array_equal(result[i].numpy()[valid[i]], 0)
    np.testing.assert_array_equal(divisor.numpy()[[0, 1, 3, 4]], 1)
    np.testing.assert_allclose(divisor[2], np.std(varied.astype(np.float64)), rtol=1e-4)
    np.testing.assert_allclose(np.std(result[2]), 1, rtol=1e-4)


@pytest.mark.parametrize("valid", [8, 1], ids="{} valid steps".format)
def test_with_equal_advantages_the_entropy_bonus_alone_moves_the_policy(valid: int) -> None:
    # Oracle: one step of plain gradient ascent on alpha H, whose gradient in the logits is
    # -pi (log pi + H): every reward and every value is the same.
    rate, alpha = 0.4, 0.3
    config = mx.learners.PPOConfig(
        network="table", actor_optimizer=mx.optimizers.SGD(rate), max_grad_norm=None,
        rollout_length=8, num_epochs=1, num_minibatches=1, alpha=alpha, entropy="reward",
    )  # fmt: skip
    spec = mx.specs.EnvironmentSpec(mx.specs.Box.of((S,), 0.0, 1.0), mx.specs.Discrete(A))
    learner = mx.learners.PPO(spec, config, P)
    state = random_tables(learner)
    state = state._replace(critic=tf.fill(state.critic.shape, 1 / 3))
    batch = random_batch(8, 1)
    batch["s"], batch["r"] = np.zeros_like(batch["s"]), np.full_like(batch["r"], 5.1)
    batch["terminated"], batch["truncated"] = np.ones_like(batch["valid"]), batch["valid"] & False
    batch["valid"] = np.broadcast_to(np.arange(8)[:, None, None, None] < valid, batch["s"].shape)
    logits = state.actor.numpy()[..., 0, :].astype(np.float64)
    pi = softmax(logits)
    entropy = -np.sum(pi * np.log(pi), -1, keepdims=True)
    expected = logits - rate * alpha * pi * (np.log(pi) + entropy)
    acted = acted_in(learner, state, as_transition(batch))
    moved = learner.update(state, acted, seed=0).state
    np.testing.assert_allclose(moved.actor[..., 0, :], expected, atol=1e-6)
