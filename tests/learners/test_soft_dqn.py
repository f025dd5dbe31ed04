"""Soft DQN against its update written out in NumPy, and against exact regularised optima."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, logsumexp, softmax

import maxent_tf as mx
from maxent_tf.distributions import greedy_action
from maxent_tf.exploration import EpsilonGreedy
from maxent_tf.learners import SoftDQN, SoftDQNConfig
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.regularizers import ReverseKL, Shannon, Tsallis
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, action_mask_spec
from maxent_tf.temperature import AutoTemperature, linear
from maxent_tf.types import Transition
from tests.learners import complete, windows

FEATURES, A, B = 4, 3, 6
SPEC = EnvironmentSpec(Box.of((FEATURES,)), Discrete(A))
ALPHA, GAMMA, TAU = np.array([0.2, 1.0]), np.array([0.9, 0.5]), np.array([0.005, 0.5])
MUNCHAUSEN, FLOOR = np.array([0.9, 0.4]), -0.3
RATE = 0.05


def linear_learner(**changes: Any) -> SoftDQN:
    """Two learners with linear networks, whose gradients can be written out."""
    config = {
        "hidden_sizes": (),
        "optimizer": SGD(RATE),
        "discount": GAMMA,
        "tau": TAU,
        "alpha": ALPHA,
        **changes,
    }
    return SoftDQN(SPEC, SoftDQNConfig(**config), [2])


def random_state(learner: SoftDQN) -> Any:
    """A state with every parameter random, the target network apart from the network."""
    rng = np.random.default_rng(0)

    def randomise(x: tf.Tensor) -> tf.Tensor:
        return tf.constant(rng.normal(size=x.shape), x.dtype)

    state = learner.init(0)
    network, target = tf.nest.map_structure(randomise, (state.network, state.target_network))
    return state._replace(network=network, target_network=target)


def random_batch() -> Transition:
    return windows.as_batch(windows.random_window(SPEC, 1, 2, B))


@pytest.mark.parametrize("munchausen", [0.0, MUNCHAUSEN], ids=["soft", "munchausen"])
@pytest.mark.parametrize(("n_step", "weighted"), [(1, False), (3, True)])
def test_update_by_hand(munchausen: Any, n_step: int, weighted: bool) -> None:
    # Oracle: the pseudocode of the module's docstring in float64, with the gradient of a linear
    # network by hand and a loop over the steps. Terminated transitions lose their next value,
    # truncated ones keep it.
    learner = linear_learner(munchausen=munchausen, munchausen_floor=FLOOR, n_step=n_step)
    state, window = random_state(learner), windows.random_window(SPEC, n_step, 2, B)
    weight = np.random.default_rng(2).uniform(0.1, 1.0, (2, B)) if weighted else np.ones((2, B))
    given = tf.constant(weight, tf.float32) if weighted else None
    new, metrics, size = learner.update(state, windows.as_batch(window), weight=given)

    for i in range(2):
        x, action = np.float64(window.observation[0, i]), window.action.numpy()[0, i]
        (w, b), (target_w, target_b) = (
            (np.float64(layer.kernel[i]), np.float64(layer.bias[i]))
            for layer in (state.network[0], state.target_network[0])
        )
        seen = np.float64(window.observation[:, i])
        log_pi = log_softmax((seen @ target_w + target_b) / ALPHA[i], axis=-1)
        entropy = -np.sum(np.exp(log_pi) * log_pi, axis=-1)
        taken = np.take_along_axis(log_pi, window.action.numpy()[:, i, :, None], -1)[..., 0]
        extra = np.broadcast_to(munchausen, 2)[i] * np.clip(ALPHA[i] * taken, FLOOR, 0)
        reward, factor, last = windows.naive_return(window, i, GAMMA[i], ALPHA[i] * entropy + extra)
        next_x = np.float64(window.next_observation.numpy()[last, i, np.arange(B)])
        next_v = ALPHA[i] * logsumexp((next_x @ target_w + target_b) / ALPHA[i], axis=-1)
        target = reward + extra[0] + factor * next_v

        q = x @ w + b
        error = q[np.arange(B), action] - target
        grad_output = np.eye(A)[action] * (weight[i] * error)[:, None] / B
        grad_w, grad_b = x.T @ grad_output, grad_output.sum(0, keepdims=True)
        w, b = w - RATE * grad_w, b - RATE * grad_b

        def close(actual: Any, expected: Any) -> None:
            np.testing.assert_allclose(actual, expected, rtol=2e-4, atol=2e-6)

        close(new.network[0].kernel[i], w)
        close(new.network[0].bias[i], b)
        close(new.target_network[0].kernel[i], (1 - TAU[i]) * target_w + TAU[i] * w)
        close(new.target_network[0].bias[i], (1 - TAU[i]) * target_b + TAU[i] * b)
        close(size[i], np.abs(error))
        pi = softmax(q / ALPHA[i], axis=-1)
        expected = (
            0.5 * np.mean(weight[i] * error**2),
            np.mean(np.sum(-pi * np.log(pi), axis=-1)),
            ALPHA[i],
            0,
            np.mean(q[np.arange(B), action]),
            np.sqrt(np.sum(grad_w**2) + np.sum(grad_b**2)),
        )
        for metric, want in zip(metrics, expected, strict=True):
            close(metric[i], want)


@pytest.mark.parametrize(
    ("alpha", "regularizer"),
    [([0.0, 0.3, 1.0], r) for r in (Shannon(), Tsallis(), ReverseKL([0.5, 0.3, 0.2]))],
    ids=["shannon", "tsallis", "reverse-kl"],
)
def test_the_fixed_point_is_the_regularised_optimum(alpha: Any, regularizer: Any) -> None:
    # Oracle: regularised value iteration; at alpha = 0 that is plain value iteration. All
    # transitions in every batch: the updates are exact operators.
    config = SoftDQNConfig(
        hidden_sizes=(),
        optimizer=SGD(3.0),
        discount=complete.GAMMA,
        alpha=np.array(alpha),
        regularizer=regularizer,
        tau=1.0,
        target_period=3,
    )
    learner = SoftDQN(complete.SPEC, config, [3])
    state = complete.after_updates(learner, 400)
    solution = mx.tabular.soft_value_iteration(complete.MDP, alpha, regularizer=regularizer)
    observation = tf.repeat(complete.STATES[None], 3, axis=0)
    np.testing.assert_allclose(learner.q(state, observation), solution.q[:, :-1], atol=1e-4)
    distribution = learner.policy(state, observation)
    np.testing.assert_allclose(
        distribution.probs_parameter()[1:], solution.policy[1:, :-1], atol=1e-4
    )
    best = np.argmax(solution.policy[:, :-1], -1)
    np.testing.assert_array_equal(greedy_action(distribution), best)
    np.testing.assert_array_equal(np.argmax(distribution.probs_parameter()[0], -1), best[0])


def test_the_fixed_point_of_munchausen_has_the_rest_of_the_temperature() -> None:
    # Oracle: Vieillard et al. (2020), theorem 1: at a fixed point the divergence to the previous
    # policy vanishes, which leaves soft value iteration at (1 - c) alpha; c = 0 is soft DQN.
    alpha, coefficient = 0.5, np.array([0.0, 0.5, 0.9])
    config = SoftDQNConfig(
        hidden_sizes=(),
        optimizer=SGD(3.0),
        discount=complete.GAMMA,
        alpha=alpha,
        munchausen=coefficient,
        munchausen_floor=-100.0,
        tau=0.5,
    )
    learner = SoftDQN(complete.SPEC, config, [3])
    state = complete.after_updates(learner, 3000)
    solution = mx.tabular.soft_value_iteration(complete.MDP, (1 - coefficient) * alpha)
    policy = learner.policy(state, tf.repeat(complete.STATES[None], 3, axis=0)).probs_parameter()
    np.testing.assert_allclose(policy, solution.policy[:, :-1], atol=2e-3)


def test_acting_in_a_world_it_learns_the_soft_optimum() -> None:
    # Oracle: soft value iteration on the world's tables, through whose time limit it bootstraps.
    world, alpha, gamma = mx.environments.Chain(3), np.array([0.2, 0.5]), 0.8
    config = SoftDQNConfig(
        hidden_sizes=(),
        optimizer=Adam(linear(0.02, 0.0, 3000)),
        discount=gamma,
        alpha=alpha,
        tau=0.05,
        batch_size=32,
        replay_capacity=3000,
    )
    learner = SoftDQN(world.spec, config, [2])
    result = mx.train(learner, world, 3000, seed=0, records=1)
    solution = mx.tabular.soft_value_iteration(
        mx.tabular.from_environment(world, discount=gamma), alpha
    )
    observation = tf.repeat(tf.eye(3)[None], 2, axis=0)
    np.testing.assert_allclose(learner.q(result.state, observation), solution.q, atol=0.03)
    policy = learner.policy(result.state, observation).probs_parameter()
    np.testing.assert_allclose(policy, solution.policy, atol=0.03)


def test_the_target_network_moves_in_its_period() -> None:
    # Oracle: counting; with tau = 1 the target is the network at every third update.
    learner = linear_learner(tau=1.0, target_period=3)
    state = random_state(learner)
    old = state.target_network[0].kernel
    for update in range(1, 7):
        state = learner.update(state, random_batch()).state
        if update % 3 == 0:
            old = state.network[0].kernel
        np.testing.assert_allclose(state.target_network[0].kernel, old, rtol=1e-5, atol=1e-6)
        assert np.any(state.network[0].kernel != old) == (update % 3 > 0)


def test_the_temperature_holds_the_entropy_of_the_policy_that_acts() -> None:
    # Oracle: the temperature whose soft optimum has the target entropy, by its own definition.
    config = SoftDQNConfig(
        hidden_sizes=(),
        optimizer=SGD(3.0),
        discount=complete.GAMMA,
        alpha=AutoTemperature(0.5, initial_alpha=0.5, learning_rate=linear(1e-2, 0.0, 2000)),
        tau=1.0,
    )
    learner = SoftDQN(complete.SPEC, config, [1])
    state = complete.after_updates(learner, 2000)
    policy = learner.policy(state, complete.STATES[None])
    np.testing.assert_allclose(tf.reduce_mean(policy.entropy()), 0.5, atol=5e-3)
    alpha = float(tf.exp(state.temperature.log_alpha)[0])
    solution = mx.tabular.soft_value_iteration(complete.MDP, alpha)
    np.testing.assert_allclose(policy.probs_parameter()[0], solution.policy[:-1], atol=5e-3)


def test_the_default_policy_is_boltzmanns() -> None:
    # Oracle: softmax.
    x, learner = random_batch().observation, linear_learner()
    state = random_state(learner)
    expected = softmax(learner.q(state, x) / ALPHA[:, None, None], axis=-1)
    np.testing.assert_allclose(
        learner.policy(state, x).probs_parameter(), expected, rtol=1e-4, atol=1e-7
    )


@pytest.mark.parametrize("alpha", [0.0, ALPHA], ids=["greedy", "soft"])
@pytest.mark.parametrize("regularizer", [Shannon(), Tsallis()], ids=["shannon", "tsallis"])
def test_double_values_the_online_policy_by_the_target_network(
    alpha: Any, regularizer: Any
) -> None:
    # Oracle: at temperature 0 the target network's value at the online network's best action (van
    # Hasselt et al. 2016, equation 4); above it the regularised value of the online policy.
    learner = linear_learner(double=True, alpha=alpha, regularizer=regularizer, tau=0.0001)
    state, batch = random_state(learner), random_batch()
    error = learner.update(state, batch).error
    alphas = np.broadcast_to(alpha, 2)
    for i in range(2):
        x, next_x = (np.float64(x[i]) for x in (batch.observation, batch.next_observation))
        (w, b), (target_w, target_b) = (
            (np.float64(layer.kernel[i]), np.float64(layer.bias[i]))
            for layer in (state.network[0], state.target_network[0])
        )
        q, target_q = next_x @ w + b, next_x @ target_w + target_b
        policy = regularizer.greedy(q, alphas[i]).numpy()
        value = (policy * target_q).sum(-1) + alphas[i] * regularizer.value(policy)
        if np.all(alphas == 0):
            value = target_q[np.arange(B), q.argmax(-1)]
        alive = 1 - np.float64(batch.terminated[i])
        goal = np.float64(batch.reward[i]) + GAMMA[i] * alive * value
        taken = (x @ w + b)[np.arange(B), batch.action[i]]
        np.testing.assert_allclose(error[i], np.abs(taken - goal), rtol=1e-3, atol=1e-5)


def test_double_never_values_an_illegal_action() -> None:
    # Oracle: the same learner where the illegal action's target value is spoiled.
    observation = {"action_mask": action_mask_spec(Discrete(A)), "x": Box.of((FEATURES,))}
    config = SoftDQNConfig(hidden_sizes=(), double=True, alpha=0.0, batch_size=B)
    learner = SoftDQN(EnvironmentSpec(observation, Discrete(A)), config)
    state, batch = learner.init(0), random_batch()
    seen = {
        "action_mask": tf.constant([[1, 1, 0]] * B, tf.int32),
        "x": batch.observation[0],
    }
    batch = tf.nest.map_structure(lambda x: x[0], batch)._replace(
        observation=seen, next_observation=seen
    )
    layer = state.target_network[0]
    spoiled = layer._replace(bias=tf.constant([[0.0, 0.0, 1e9]]))
    results = [
        learner.update(state._replace(target_network=(target,)), batch).error
        for target in (layer, spoiled)
    ]
    legal = batch.action.numpy() < 2
    np.testing.assert_allclose(results[0][legal], results[1][legal], rtol=1e-5)


def test_it_explores_by_its_behaviour_and_evaluates_greedily() -> None:
    # Oracle: the frequencies of 4,000 actions, within 4.5 standard errors of the schedule's
    # epsilon at the number of updates; without exploration the best action alone.
    behaviour = EpsilonGreedy(linear(np.array([0.6, 0.3]), 0.0, steps=10))
    learner = linear_learner(alpha=0.0, behaviour=behaviour)
    state = random_state(learner)._replace(updates=tf.constant(5))
    observation = tf.tile(random_batch().observation[:, :1], [1, 4000, 1])
    best = np.argmax(learner.q(state, observation)[:, 0], -1)
    action = learner.act(state, (), observation, seed=1).action.numpy()
    for i, epsilon in enumerate((0.3, 0.15)):
        chance = 1 - epsilon * (A - 1) / A
        error = np.sqrt(chance * (1 - chance) / 4000)
        assert abs(np.mean(action[i] == best[i]) - chance) < 4.5 * error
    greedy = learner.act(state, (), observation, seed=1, explore=False).action
    np.testing.assert_array_equal(greedy, np.repeat(best[:, None], 4000, axis=1))


def test_bad_behaviours_are_named() -> None:
    with pytest.raises(ValueError, match=r"behaviour must be .*EpsilonGreedy\(0\.05\)"):
        SoftDQNConfig(behaviour=0.1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="behaviour must be"):
        SoftDQNConfig(behaviour=EpsilonGreedy)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="double must be"):
        SoftDQNConfig(double="yes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="leave one of the two out"):
        SoftDQNConfig(double=True, munchausen=0.9)
