"""Bootstrapped DQN against its update in NumPy, its way of acting, and on DeepSea."""

from typing import Any, Literal

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import BootstrapMask, BootstrappedDQN, BootstrappedDQNConfig
from maxent_tf.optimizers import SGD
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, action_mask_spec
from maxent_tf.types import Transition
from tests.learners import complete, windows

FEATURES, A, B, K, P = 4, 3, 6, 5, (2,)
SPEC = EnvironmentSpec(Box.of((FEATURES,)), Discrete(A))
GAMMA, TAU, SCALE, RATE = np.array([0.9, 0.5]), np.array([0.25, 1.0]), np.array([3.0, 0.5]), 0.05


def learner(spec: EnvironmentSpec = SPEC, **changes: Any) -> BootstrappedDQN:
    """Two learners with linear heads, whose gradients can be written out."""
    config = {
        "hidden_sizes": (),
        "optimizer": SGD(RATE),
        "discount": GAMMA,
        "tau": TAU,
        "target_period": 2,
        "prior_scale": SCALE,
        "num_heads": K,
        **changes,
    }
    return BootstrappedDQN(spec, BootstrappedDQNConfig(**config), P)


def random_state(one: BootstrappedDQN) -> Any:
    """A state with every parameter random, target networks apart from the networks."""
    rng = np.random.default_rng(0)

    def randomise(x: tf.Tensor) -> tf.Tensor:
        return tf.constant(rng.normal(size=x.shape), x.dtype)

    state = one.init(0)
    heads, targets = tf.nest.map_structure(randomise, (state.heads, state.target_heads))
    return state._replace(heads=heads, target_heads=targets)


def random_batch() -> Transition:
    masks = np.random.default_rng(3).random((*P, B, K)) < 0.5
    batch = windows.as_batch(windows.random_window(SPEC, 1, P[0], B))
    return batch._replace(extras=BootstrapMask(tf.constant(masks)))


@pytest.mark.parametrize("weighted", [False, True])
def test_update_by_hand(weighted: bool) -> None:
    # Oracle: the pseudocode of the module's docstring in float64, head by head. The prior function
    # is part of both the value and the target; a mask of 0 takes a transition away from its head
    # alone; after a termination the target has no next value.
    one, batch = learner(), random_batch()
    state = random_state(one)
    weight = np.random.default_rng(2).uniform(0.1, 1.0, (*P, B)) if weighted else np.ones((*P, B))
    given = tf.constant(weight, tf.float32) if weighted else None
    new, metrics, _ = one.update(state, batch, weight=given)
    newer, _, _ = one.update(new, batch, weight=given)

    def layer(params: Any, i: int, k: int) -> tuple[np.ndarray, np.ndarray]:
        return np.float64(params[0].kernel[i, k]), np.float64(params[0].bias[i, k])

    for i in range(P[0]):
        x, next_x = np.float64(batch.observation[i]), np.float64(batch.next_observation[i])
        action, total, values = np.eye(A)[batch.action[i].numpy()], 0.0, []
        for k in range(K):
            (w, b), (prior_w, prior_b) = layer(state.heads, i, k), layer(state.priors, i, k)
            target_w, target_b = layer(state.target_heads, i, k)
            q = x @ w + b + SCALE[i] * (x @ prior_w + prior_b)
            next_q = next_x @ target_w + target_b + SCALE[i] * (next_x @ prior_w + prior_b)
            goes_on = 1 - np.float64(batch.terminated[i])
            y = np.float64(batch.reward[i]) + GAMMA[i] * goes_on * next_q.max(-1)
            taken = np.sum(action * q, -1)
            share = weight[i] * np.float64(batch.extras.mask[i, :, k]) / B
            total += 0.5 * np.sum(share * (taken - y) ** 2)
            slope = (share * (taken - y))[:, None] * action
            values.append(taken)
            found_w, found_b = layer(new.heads, i, k)
            np.testing.assert_allclose(found_w, w - RATE * x.T @ slope, atol=1e-5)
            np.testing.assert_allclose(found_b, b - RATE * slope.sum(0, keepdims=True), atol=1e-5)
            # Only every second update moves the target networks.
            np.testing.assert_array_equal(layer(new.target_heads, i, k)[0], target_w)
            moved = target_w + TAU[i] * (layer(newer.heads, i, k)[0] - target_w)
            np.testing.assert_allclose(layer(newer.target_heads, i, k)[0], moved, atol=1e-5)
        np.testing.assert_allclose(metrics.loss[i], total, rtol=1e-4)
        np.testing.assert_allclose(metrics.disagreement[i], np.std(values, 0).mean(), rtol=1e-4)
    tf.nest.map_structure(np.testing.assert_array_equal, newer.priors, state.priors)


def observations(seed: int, num_envs: int) -> tf.Tensor:
    rng = np.random.default_rng(seed)
    return tf.constant(rng.normal(size=(*P, num_envs, FEATURES)), tf.float32)


def test_a_head_is_followed_for_an_episode() -> None:
    # Oracle: the greedy actions of the head that the carry names. A head drawn at every step, or
    # the mean of the heads, acts otherwise.
    one, num_envs = learner(), 200
    state, carry = random_state(one), one.initial_carry(num_envs)
    heads = None
    for step in range(3):
        x = observations(step, num_envs)
        acted = one.act(state, carry, x, seed=[7, step])
        heads = acted.carry if heads is None else heads
        np.testing.assert_array_equal(acted.carry, heads)
        greedy = np.argmax(one.q(state, x), -1)
        own = np.take_along_axis(greedy, heads.numpy()[:, None, :], axis=1)[:, 0]
        np.testing.assert_array_equal(acted.action, own)
        carry = acted.carry
    # Each head with probability 1/5: 400 draws, standard error .02.
    frequency = np.bincount(heads.numpy().ravel(), minlength=K) / heads.numpy().size
    np.testing.assert_allclose(frequency, 1 / K, atol=0.08)


def test_a_new_episode_has_a_new_head() -> None:
    # Oracle: heads in training change only between episodes, of 4 steps in DeepSea(4). The bottom
    # of the sea is no place of an episode, so that the last steps' carries are those of new ones.
    env = mx.environments.DeepSea(4)
    one = BootstrappedDQN(env.spec, BootstrappedDQNConfig(hidden_sizes=(4,)), [1])
    state = one.init(0)
    begun = mx.training.rollout.begin(one, env, 64, tf.constant([0, 0]))
    carries = []
    for t in range(8):
        acted = one.act(state, begun.carry, begun.observation, seed=[1, t])
        carries.append(acted.carry.numpy())
        begun, _, _ = mx.training.rollout.step(
            one, env, begun, acted, tf.constant([[2, t], [3, t]])
        )
        assert np.all(begun.carry.numpy() == (-1 if t % 4 == 3 else acted.carry.numpy()))
    first, second = np.array(carries[:4]), np.array(carries[4:])
    assert np.all(first == first[0])
    assert np.all(second == second[0])
    assert np.mean(first[0] != second[0]) > 0.8


def test_evaluation_follows_the_majority() -> None:
    # Oracle: a count of the heads' greedy actions.
    one, x = learner(), observations(0, 50)
    state = random_state(one)
    greedy = np.argmax(one.q(state, x), -1)
    votes = np.mean(np.eye(A)[greedy], axis=1)
    np.testing.assert_allclose(one.policy(state, x).probs_parameter(), votes, atol=1e-6)
    acted = one.act(state, one.initial_carry(50), x, seed=0, explore=False)
    chosen = np.take_along_axis(votes, acted.action.numpy()[..., None], -1)[..., 0]
    np.testing.assert_array_equal(chosen, votes.max(-1))


def test_masks_are_independent_coins() -> None:
    # Oracle: frequencies, means of 4,000 and 400 coins with standard errors .007 and .022; equal
    # masks of two heads, of two environments or of two learners would agree always.
    one, num_envs = learner(mask_probability=0.3), 400
    state, x = random_state(one), observations(0, 400)
    masks = np.float64(one.act(state, one.initial_carry(num_envs), x, seed=5).extras.mask)
    np.testing.assert_allclose(masks.mean(), 0.3, atol=0.03)
    agree = 0.3**2 + 0.7**2
    for left, right in [
        (masks[..., 0], masks[..., 1]),
        (masks[:, :-1, 0], masks[:, 1:, 0]),
        (masks[0, :, 0], masks[1, :, 0]),
    ]:
        np.testing.assert_allclose(np.mean(left == right), agree, atol=0.1)


def test_priors_differ_between_heads_and_learners_and_are_scaled() -> None:
    # Oracle: with networks of 0, the value is the scaled prior.
    one, x = learner(), observations(0, 3)
    state = one.init(0)
    silent = state._replace(heads=tf.nest.map_structure(tf.zeros_like, state.heads))
    kernel, bias = state.priors[0]
    prior = np.einsum("pbi,pkio->pkbo", x, kernel) + bias
    np.testing.assert_allclose(one.q(silent, x), SCALE[:, None, None, None] * prior, atol=1e-4)
    assert len(np.unique(kernel[..., 0, 0])) == P[0] * K
    assert not np.allclose(kernel, state.heads[0].kernel)


def test_illegal_actions_are_neither_taken_nor_hoped_for() -> None:
    # Oracle: the same update and the same acts where the illegal action's values are lowered to
    # -1e6 by hand.
    masked = EnvironmentSpec(
        {"observation": SPEC.observation, "action_mask": action_mask_spec(SPEC.action)}, SPEC.action
    )
    one, free, batch = learner(masked), learner(), random_batch()
    legal = tf.constant([1, 0, 1])

    def seen(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"observation": x, "action_mask": tf.broadcast_to(legal, [*x.shape[:-1], A])}

    action = tf.where(batch.action == 1, 0, batch.action)
    batch = batch._replace(action=action)
    state = random_state(one)

    def lowered(layers: Any) -> Any:
        (layer,) = layers
        return (layer._replace(bias=layer.bias - tf.constant([0.0, 1e6, 0.0])),)

    low = state._replace(heads=lowered(state.heads), target_heads=lowered(state.target_heads))
    shown = batch._replace(
        observation=seen(batch.observation), next_observation=seen(batch.next_observation)
    )
    found, expected = one.update(state, shown), free.update(low, batch)
    np.testing.assert_allclose(found.metrics.loss, expected.metrics.loss, rtol=1e-4)
    carry = one.initial_carry(B)
    for explore in (True, False):
        acted = one.act(state, carry, seen(batch.observation), seed=1, explore=explore)
        by_hand = free.act(low, carry, batch.observation, seed=1, explore=explore)
        np.testing.assert_array_equal(acted.action, by_hand.action)
        assert not np.any(acted.action == 1)


def test_values_come_to_the_optimum() -> None:
    # Oracle: the exact optimal values of the process of `complete`, from a batch that holds every
    # transition. All heads learn them, whatever their priors.
    one = BootstrappedDQN(
        complete.SPEC,
        BootstrappedDQNConfig(
            hidden_sizes=(), discount=complete.GAMMA, num_heads=K, optimizer=0.02
        ),
        P,
    )
    batch = complete.every_transition(*P)
    batch = batch._replace(extras=BootstrapMask(tf.ones([*batch.reward.shape, K], tf.bool)))

    @tf.function(autograph=False)
    def learned(state: Any) -> Any:
        return tf.while_loop(
            lambda i, _: i < 2000,
            lambda i, state: (i + 1, one.update(state, batch).state),
            (0, state),
        )[1]

    optimal = mx.tabular.soft_value_iteration(complete.MDP, 0.0).q[:-1]
    x = tf.broadcast_to(complete.STATES, [*P, *complete.STATES.shape])
    found = one.q(learned(one.init(0)), x)
    np.testing.assert_allclose(found, np.broadcast_to(optimal, found.shape), atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("size", [10, 20])
def test_every_learner_solves_deep_sea(size: int) -> None:
    # Oracle: bsuite's definition: solved where fewer than 90% of the episodes so far were bad. The
    # uniform policy needs about 2^size episodes for one good one, more than a million at 20 rows.
    episodes, learners = 2_000, 10
    env = mx.environments.DeepSea(size, mapping_seed=42)
    network = mx.networks.Embedding(env.num_states, 50)
    config = BootstrappedDQNConfig(network=network, hidden_sizes=(50,), replay_capacity=40_000)
    one = BootstrappedDQN(env.spec, config, [learners])
    good, solved = np.zeros(learners), np.zeros(learners, bool)

    def count(steps: int, metrics: dict[str, np.ndarray], _: Any) -> Literal["stop"] | None:
        good[:] += metrics["episode_return"] > 0.98
        solved[:] |= good > 0.1 * steps / size
        return "stop" if solved.all() else None

    mx.train(one, env, size * episodes, seed=0, records=episodes, callback=count)
    assert solved.all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_heads": 0}, "num_heads"),
        ({"prior_scale": -1.0}, "prior_scale"),
        ({"mask_probability": 0.0}, "mask_probability"),
        ({"target_period": 0}, "target_period"),
        ({"discount": 2.0}, "discount"),
    ],
)
def test_bad_arguments(changes: dict[str, Any], message: str) -> None:
    # Oracle: the message names the argument.
    with pytest.raises(ValueError, match=message):
        BootstrappedDQNConfig(**changes)


def test_a_batch_without_masks_is_refused() -> None:
    # Oracle: the message names the extras.
    one = learner()
    with pytest.raises(ValueError, match="extras"):
        one.update(one.init(0), random_batch()._replace(extras=()))
