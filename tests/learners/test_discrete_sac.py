"""Discrete SAC against its update written out in NumPy, and against exact soft optima."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

import maxent_tf as mx
from maxent_tf.distributions import greedy_action
from maxent_tf.learners import DiscreteSAC, DiscreteSACConfig, DiscreteSACState
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.temperature import AutoTemperature, linear
from maxent_tf.types import Transition
from tests.learners import complete, windows

FEATURES, A, B, CRITICS = 4, 3, 6, 3
SPEC = EnvironmentSpec(Box.of((FEATURES,)), Discrete(A))
ALPHA, GAMMA, TAU = np.array([0.2, 1.0]), np.array([0.9, 0.5]), np.array([0.005, 0.5])
ACTOR_RATE, CRITIC_RATE = 0.1, 0.05


def linear_learner(**changes: Any) -> DiscreteSAC:
    """Two learners with linear networks, whose gradients can be written out."""
    config = {
        "hidden_sizes": (),
        "actor_optimizer": SGD(ACTOR_RATE),
        "critic_optimizer": SGD(CRITIC_RATE),
        "num_critics": CRITICS,
        "discount": GAMMA,
        "tau": TAU,
        "alpha": ALPHA,
        **changes,
    }
    return DiscreteSAC(SPEC, DiscreteSACConfig(**config), [2])


def random_state(learner: DiscreteSAC) -> DiscreteSACState:
    """A state with every parameter random, target critics apart from the critics."""
    rng = np.random.default_rng(0)

    def randomise(x: tf.Tensor) -> tf.Tensor:
        return tf.constant(rng.normal(size=x.shape), x.dtype)

    state = learner.init(0)
    networks = (state.actor, state.critics, state.target_critics)
    actor, critics, targets = tf.nest.map_structure(randomise, networks)
    return state._replace(actor=actor, critics=critics, target_critics=targets)


def random_batch() -> Transition:
    return windows.as_batch(windows.random_window(SPEC, 1, 2, B))


@pytest.mark.parametrize(
    ("reduction", "n_step", "weighted"),
    [("min", 1, False), ("mean", 1, True), ("min", 3, True), ("mean", 3, False)],
)
def test_update_by_hand(reduction: str, n_step: int, weighted: bool) -> None:
    # Oracle: the pseudocode of the module's docstring in float64, with the gradients of linear
    # networks by hand: of the actor pi(a) (Q - alpha log pi - V) in its logits; and a loop over the
    # steps. Terminated transitions lose their next value, truncated ones keep it. Weights are those
    # of the critics alone.
    learner = linear_learner(critic_reduction=reduction, n_step=n_step)
    state, window = random_state(learner), windows.random_window(SPEC, n_step, 2, B)
    weight = np.random.default_rng(2).uniform(0.1, 1.0, (2, B)) if weighted else np.ones((2, B))
    given = tf.constant(weight, tf.float32) if weighted else None
    new, metrics, size = learner.update(state, windows.as_batch(window), weight=given)
    reduce = {"min": np.min, "mean": np.mean}[reduction]

    for i in range(2):
        x, action = np.float64(window.observation[0, i]), window.action.numpy()[0, i]

        def parts(params: Any, *index: int) -> tuple[np.ndarray, np.ndarray]:
            return np.float64(params[0].kernel[index]), np.float64(params[0].bias[index])

        kernel, bias = parts(state.actor, i)
        later_log_pi = log_softmax(np.float64(window.observation[:, i]) @ kernel + bias, axis=-1)
        bonus = -ALPHA[i] * np.sum(np.exp(later_log_pi) * later_log_pi, axis=-1)
        reward, factor, last = windows.naive_return(window, i, GAMMA[i], bonus)
        next_x = np.float64(window.next_observation.numpy()[last, i, np.arange(B)])
        log_pi = log_softmax(next_x @ kernel + bias, axis=-1)
        targets = [parts(state.target_critics, i, k) for k in range(CRITICS)]
        target_q = reduce([next_x @ w + b for w, b in targets], axis=0)
        value = np.sum(np.exp(log_pi) * (target_q - ALPHA[i] * log_pi), axis=-1)
        target = reward + factor * value

        def close(actual: Any, expected: Any) -> None:
            np.testing.assert_allclose(actual, expected, rtol=2e-4, atol=2e-6)

        critic_loss, squares, every_q, errors = 0.0, 0.0, [], []
        for k in range(CRITICS):
            w, b = parts(state.critics, i, k)
            error = (x @ w + b)[np.arange(B), action] - target
            errors.append(np.abs(error))
            grad_output = np.eye(A)[action] * (weight[i] * error)[:, None] / B
            grad_w, grad_b = x.T @ grad_output, grad_output.sum(0, keepdims=True)
            critic_loss += 0.5 * np.mean(weight[i] * error**2)
            squares += np.sum(grad_w**2) + np.sum(grad_b**2)
            w, b = w - CRITIC_RATE * grad_w, b - CRITIC_RATE * grad_b
            every_q.append(x @ w + b)
            for updated, old, followed in zip(
                (w, b),
                parts(state.target_critics, i, k),
                parts(new.target_critics, i, k),
                strict=True,
            ):
                close(followed, (1 - TAU[i]) * old + TAU[i] * updated)
            close(parts(new.critics, i, k)[0], w)
            close(parts(new.critics, i, k)[1], b)

        close(size[i], np.mean(errors, axis=0))
        q, log_pi = reduce(every_q, axis=0), log_softmax(x @ kernel + bias, axis=-1)
        pi = np.exp(log_pi)
        soft_q = q - ALPHA[i] * log_pi
        soft_v = np.sum(pi * soft_q, axis=-1, keepdims=True)
        grad_output = -pi * (soft_q - soft_v) / B
        grad_w, grad_b = x.T @ grad_output, grad_output.sum(0, keepdims=True)
        close(parts(new.actor, i)[0], kernel - ACTOR_RATE * grad_w)
        close(parts(new.actor, i)[1], bias - ACTOR_RATE * grad_b)
        expected = (
            -np.mean(soft_v),
            critic_loss,
            np.mean(np.sum(-pi * log_pi, axis=-1)),
            ALPHA[i],
            0,
            np.mean(np.sum(pi * q, axis=-1)),
            np.sqrt(np.sum(grad_w**2) + np.sum(grad_b**2)),
            np.sqrt(squares),
        )
        for name, want in zip(learner.metric_names, expected, strict=True):
            close(getattr(metrics, name)[i], want)


@pytest.mark.parametrize("reduction", ["min", "mean"])
def test_the_fixed_point_is_the_soft_optimum(reduction: str) -> None:
    # Oracle: soft value iteration. All transitions in every batch: the updates are exact operators.
    alpha = np.array([0.3, 1.0])
    config = DiscreteSACConfig(
        hidden_sizes=(),
        actor_optimizer=SGD(1.5 / alpha),
        critic_optimizer=SGD(3.0),
        critic_reduction=reduction,
        discount=complete.GAMMA,
        tau=1.0,
        alpha=alpha,
    )
    learner = DiscreteSAC(complete.SPEC, config, [2])
    state = complete.after_updates(learner, 4000)
    solution = mx.tabular.soft_value_iteration(complete.MDP, alpha)
    observation = tf.repeat(complete.STATES[None], 2, axis=0)
    np.testing.assert_allclose(learner.q(state, observation), solution.q[:, :-1], atol=1e-4)
    policy = learner.policy(state, observation).probs_parameter()
    np.testing.assert_allclose(policy, solution.policy[:, :-1], atol=1e-4)


def test_acting_in_a_world_it_learns_the_soft_optimum() -> None:
    # Oracle: soft value iteration on the world's tables, through whose time limit it bootstraps.
    world, alpha, gamma = mx.environments.Chain(3), np.array([0.2, 0.5]), 0.8
    rate = linear(0.02, 0.0, 3000)
    config = DiscreteSACConfig(
        hidden_sizes=(),
        actor_optimizer=Adam(rate),
        critic_optimizer=Adam(rate),
        discount=gamma,
        tau=0.05,
        alpha=alpha,
        batch_size=32,
        replay_capacity=3000,
    )
    learner = DiscreteSAC(world.spec, config, [2])
    result = mx.train(learner, world, 3000, seed=0, records=1)
    solution = mx.tabular.soft_value_iteration(
        mx.tabular.from_environment(world, discount=gamma), alpha
    )
    observation = tf.repeat(tf.eye(3)[None], 2, axis=0)
    np.testing.assert_allclose(learner.q(result.state, observation), solution.q, atol=0.03)
    policy = learner.policy(result.state, observation).probs_parameter()
    np.testing.assert_allclose(policy, solution.policy, atol=0.03)


def test_an_annealed_target_entropy_is_met() -> None:
    # Oracle: the target's last value, which the exact entropies of the optimum are held to.
    target = linear(0.8 * np.log(complete.A), 0.4 * np.log(complete.A), 2000)
    config = DiscreteSACConfig(
        hidden_sizes=(),
        actor_optimizer=SGD(2.0),
        critic_optimizer=SGD(3.0),
        discount=complete.GAMMA,
        tau=1.0,
        alpha=AutoTemperature(target, learning_rate=linear(1e-2, 1e-3, 5000)),
    )
    learner = DiscreteSAC(complete.SPEC, config, [1])
    state = complete.after_updates(learner, 6000)
    policy = learner.policy(state, complete.STATES[None])
    np.testing.assert_allclose(tf.reduce_mean(policy.entropy()), 0.4 * np.log(3), atol=0.01)
    alpha = float(tf.exp(state.temperature.log_alpha)[0])
    solution = mx.tabular.soft_value_iteration(complete.MDP, alpha)
    np.testing.assert_allclose(policy.probs_parameter()[0], solution.policy[:-1], atol=0.01)


def test_auto_is_a_target_that_can_be_met() -> None:
    # Oracle: .3 log A, by the direction in which alpha moves from either side of it.
    learner = linear_learner(alpha="auto")
    state = learner.init(0)
    assert np.all(state.temperature.log_alpha == 0)
    peaked = state.actor[0]._replace(bias=tf.constant([[[9.0, 0, 0]], [[0.0, 0, 0]]]))
    flat = peaked._replace(kernel=tf.zeros_like(peaked.kernel))
    new, metrics, _ = learner.update(state._replace(actor=(flat,)), random_batch())
    np.testing.assert_allclose(metrics.entropy[1], np.log(A), rtol=1e-6)
    step = -3e-4 * np.sign(metrics.entropy - 0.3 * np.log(A))
    np.testing.assert_allclose(new.temperature.log_alpha, step, rtol=1e-3)
    np.testing.assert_array_equal(np.sign(step), [1, -1])


def test_values_and_greedy_actions_are_the_networks() -> None:
    # Oracle: the linear maps in NumPy.
    learner = linear_learner()
    state, x = random_state(learner), random_batch().observation
    q = x[:, None] @ state.critics[0].kernel + state.critics[0].bias
    np.testing.assert_allclose(learner.q(state, x), np.min(q, axis=1), rtol=1e-5, atol=1e-5)
    logits = (x @ state.actor[0].kernel + state.actor[0].bias).numpy()
    policy = learner.policy(state, x)
    np.testing.assert_allclose(policy.probs_parameter(), softmax(logits, -1), rtol=1e-4)
    np.testing.assert_array_equal(greedy_action(policy), logits.argmax(-1))
