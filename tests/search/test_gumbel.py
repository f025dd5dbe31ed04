"""Gumbel search: the schedule, the completed values and the policy by the paper's formulas."""

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.search import values
from maxent_tf.search.gumbel import halving
from maxent_tf.search.tree import Node

PRIOR = np.array([0.4, 0.3, 0.2, 0.1])
Q, VISITS, VALUE = np.array([0.5, -0.5, 0.0, 0.0]), np.array([3.0, 1.0, 0.0, 0.0]), 0.2


def node(legal: np.ndarray | None = None) -> Node:
    log_prior = np.log(PRIOR) if legal is None else np.where(legal, np.log(PRIOR), -np.inf)
    rows = (tf.constant(x[None]) for x in (log_prior, VISITS, Q))
    return Node(*rows, tf.constant([VALUE], tf.float64))


@pytest.mark.parametrize(
    ("considered", "simulations", "expected"),
    [
        (4, 16, [0] * 4 + [1] * 4 + [2] * 2 + [3] * 2 + [4] * 2 + [5] * 2),
        (4, 5, [0, 0, 0, 0, 1]),
        (3, 6, [0, 0, 0, 1, 1, 2]),
        (1, 3, [0, 1, 2]),
        (16, 32, [0] * 16 + [1] * 8 + [2] * 4 + [3] * 4),
    ],
)
def test_the_schedule_halves_the_candidates(
    considered: int, simulations: int, expected: list[int]
) -> None:
    # Oracle: Danihelka et al. (2022), algorithm 2, by hand: in each of log2(m) phases, every
    # candidate is visited n / (log2(m) m) times.
    assert halving(considered, simulations) == expected


def test_values_are_completed_and_scaled() -> None:
    # Oracle: Danihelka et al. (2022), equation 33 and appendix D, by hand.
    average = (0.4 * 0.5 + 0.3 * -0.5) / 0.7
    mixed = (VALUE + 4 * average) / 5
    expected = (np.array([0.5, -0.5, mixed, mixed]) + 0.5) / 1.0
    np.testing.assert_allclose(values.mixed(node())[0], expected, rtol=1e-12)


def test_an_illegal_action_is_absent_from_the_range() -> None:
    # Oracle: the two legal actions alone, between which the range is 1; the mixed value of the
    # illegal ones, with a large value of the node, lies beyond.
    legal = node(np.array([True, True, False, False]))._replace(
        value=tf.constant([9.0], tf.float64)
    )
    np.testing.assert_allclose(values.mixed(legal)[0, :2], [1, 0])


def test_the_improved_policy_is_the_papers() -> None:
    # Oracle: Danihelka et al. (2022), equations 8 and 11: softmax(logits + (50 + 3) 0.1 q).
    q = values.mixed(node()).numpy()[0]
    weight = PRIOR * np.exp(53 * 0.1 * q)
    policy = mx.search.Gumbel().policy(node())[0]
    np.testing.assert_allclose(policy, weight / weight.sum(), rtol=1e-12)


def test_few_simulations_improve_on_the_prior() -> None:
    # Oracle: Danihelka et al. (2022), section 4: with exact values, acting by the winner is worth
    # at least the prior, in expectation over the noise; here in all of 2,000 searches together.
    batch, actions, simulations = 2000, 6, 3
    rng = np.random.default_rng(0)
    q = rng.uniform(size=(batch, actions)).astype(np.float32)
    prior = rng.dirichlet(np.ones(actions), batch).astype(np.float32)

    def model(params, state, action, seed):
        zero = tf.zeros([batch])
        reward = tf.gather(q, action, batch_dims=1)
        return mx.search.ModelStep(reward, zero, tf.zeros([batch, actions]), zero), state

    value = tf.constant((prior * q).sum(-1))
    root = mx.search.Root(tf.math.log(prior), value, tf.zeros([batch]))
    tree = mx.search.search(model, None, root, simulations, mx.search.Gumbel(), seed=0)
    found = mx.search.summary(tree)
    np.testing.assert_array_equal(found.visits.numpy().sum(-1), simulations)
    assert np.all(found.visits.numpy().max(-1) <= 2)
    for policy in (found.policy, found.target):
        gain = ((policy - prior) * q).numpy().sum(-1)
        assert gain.mean() > 5 * gain.std() / np.sqrt(batch)


def test_the_first_candidates_are_a_sample_without_replacement() -> None:
    # Oracle: with one simulation, the winner is a draw from the prior, within 5 standard errors.
    batch = 20_000
    root = mx.search.Root(
        tf.constant(np.tile(np.log(PRIOR), (batch, 1)), tf.float32),
        tf.zeros([batch]),
        tf.zeros([batch]),
    )

    def model(params, state, action, seed):
        zero = tf.zeros([batch])
        return mx.search.ModelStep(zero, zero, root.prior_logits, zero), state

    tree = mx.search.search(model, None, root, 1, mx.search.Gumbel(), seed=0)
    found = tf.reduce_mean(mx.search.summary(tree).policy, 0)
    np.testing.assert_allclose(found, PRIOR, atol=5 * np.sqrt(0.25 / batch))


def test_bad_values_are_named() -> None:
    with pytest.raises(ValueError, match="max_considered must be an integer of at least 1"):
        mx.search.Gumbel(max_considered=0)
    with pytest.raises(ValueError, match="value_scale must be finite and at least 0"):
        mx.search.Gumbel(value_scale=-1.0)
