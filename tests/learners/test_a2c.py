"""A2C in tabular form against the update written out by hand, in NumPy and float64.

S states seen one-hot, A actions; `theta` [*P, S, A] and `v` [*P, S, 1] are the two tables.
"""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig, A2CMetrics
from maxent_tf.optimizers import SGD
from maxent_tf.specs import Box, EnvironmentSpec, MultiDiscrete
from maxent_tf.types import Transition
from tests.learners.trajectories import (
    SPEC,
    A,
    P,
    S,
    advantages_by_hand,
    as_transition,
    random_batch,
    random_tables,
    softmax,
)

ALPHA = np.array([[0.0, 0.1, 0.5], [1.0, 0.03, 2.0]])
GAMMA = np.array([[0.9], [0.5]])
ACTOR_RATE, CRITIC_RATE = 0.7, 0.3


def tabular(**changes: Any) -> A2C:
    """Learners of batch shape P with tables and plain gradient steps."""
    config = {
        "network": "table",
        "actor_optimizer": SGD(ACTOR_RATE),
        "critic_optimizer": SGD(CRITIC_RATE),
        "max_grad_norm": None,
        "discount": GAMMA,
        "alpha": ALPHA,
        **changes,
    }
    return A2C(SPEC, A2CConfig(**config), P)


def by_hand(
    theta: np.ndarray,
    v: np.ndarray,
    batch: dict[str, np.ndarray],
    alpha: float,
    gamma: float,
    lambda_: float,
    entropy_in_reward: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """One learner's tables [S, A], [S] after an update from trajectories [T, B]."""
    pi = softmax(theta)
    entropy = -(pi * np.log(pi)).sum(-1)
    new_theta, new_v = theta.copy(), v.copy()
    bonus = alpha * entropy * entropy_in_reward
    advantages = advantages_by_hand(batch, v, bonus, gamma, lambda_)
    length, worlds = batch["r"].shape
    steps = batch["valid"].sum()
    for b in range(worlds):
        for t in range(length):
            if not batch["valid"][t, b]:
                continue
            advantage = advantages[t, b]
            s, a = batch["s"][t, b], batch["a"][t, b]
            score = np.eye(A)[a] - pi[s]
            entropy_gradient = -pi[s] * (np.log(pi[s]) + entropy[s])
            ascent = advantage * score + alpha * entropy_gradient
            new_theta[s] += ACTOR_RATE * ascent / steps
            new_v[s] += CRITIC_RATE * advantage / steps
    return new_theta, new_v


def check_against_hand(
    learner: A2C, batch: dict[str, np.ndarray], lambda_: float, entropy_in_reward: bool = False
) -> A2CMetrics:
    state = random_tables(learner)
    new, metrics, _ = learner.update(state, as_transition(batch))
    for i in np.ndindex(*P):
        theta, v = by_hand(
            state.actor.numpy()[i].astype(np.float64),
            state.critic.numpy()[i][:, 0].astype(np.float64),
            {name: x[(slice(None), *i)] for name, x in batch.items()},
            ALPHA[i],
            GAMMA[i[0], 0],
            lambda_,
            entropy_in_reward,
        )
        np.testing.assert_allclose(new.actor[i], theta, atol=1e-6)
        np.testing.assert_allclose(new.critic[i][:, 0], v, atol=1e-6)
    return metrics


@pytest.mark.parametrize("end", ["goes on", "terminated", "truncated"])
def test_one_step_update_by_hand(end: str) -> None:
    # Oracle: theta[s] += rate (delta (e_a - pi) + alpha dH/dtheta), v[s] += rate delta, with
    # delta = r + gamma v(s') - v(s), where v(s') counts unless the episode has terminated.
    batch = random_batch(1, 1)
    for name in ("terminated", "truncated"):
        batch[name] = np.full((1, *P, 1), end == name)
    learner = tabular(rollout_length=1)
    state = random_tables(learner)
    new = learner.update(state, as_transition(batch)).state
    for i in np.ndindex(*P):
        s, a, r, s_next = (batch[name][(0, *i, 0)] for name in ("s", "a", "r", "s_next"))
        theta, v = state.actor.numpy()[i].astype(float), state.critic.numpy()[i][:, 0].astype(float)
        pi = softmax(theta[s])
        entropy = -np.sum(pi * np.log(pi))
        delta = r + GAMMA[i[0], 0] * (end != "terminated") * v[s_next] - v[s]
        theta[s] += ACTOR_RATE * (
            delta * (np.eye(A)[a] - pi) - ALPHA[i] * pi * (np.log(pi) + entropy)
        )
        v[s] += CRITIC_RATE * delta
        np.testing.assert_allclose(new.actor[i], theta, atol=1e-6)
        np.testing.assert_allclose(new.critic[i][:, 0], v, atol=1e-6)


@pytest.mark.parametrize("entropy", ["bonus", "reward"])
@pytest.mark.parametrize("lambda_", [1.0, 0.6, 0.0])
def test_trajectories_by_hand(lambda_: float, entropy: str) -> None:
    # Oracle: `by_hand`, a triple loop: n-step and GAE advantages across ends and placeholders.
    learner = tabular(rollout_length=6, gae_lambda=lambda_, entropy=entropy)
    check_against_hand(learner, random_batch(6, 4), lambda_, entropy == "reward")


def test_metrics_by_hand() -> None:
    # Oracles: the NumPy reference of the loss, and norms of the steps that were taken.
    learner, batch = tabular(rollout_length=1, gae_lambda=0.0), random_batch(1, 8)
    state = random_tables(learner)
    metrics = learner.update(state, as_transition(batch)).metrics
    for i in np.ndindex(*P):
        s, a, r, s_next = (batch[name][(0, *i)] for name in ("s", "a", "r", "s_next"))
        v = state.critic.numpy()[i][:, 0]
        pi = softmax(state.actor.numpy()[i])[s]
        alive = 1 - batch["terminated"][(0, *i)]
        delta = r + GAMMA[i[0], 0] * alive * v[s_next] - v[s]
        entropy = mx.reference.discrete_entropy(np.log(pi))
        loss = mx.reference.entropy_regularised_loss(
            np.log(pi[np.arange(8), a]), delta, entropy, ALPHA[i]
        )
        expected = A2CMetrics(
            loss, 0.5 * np.mean(delta**2), entropy.mean(), ALPHA[i], 0, v[s].mean(), (), ()
        )
        for name in learner.metric_names:
            value, want = getattr(metrics, name)[i], getattr(expected, name)
            np.testing.assert_allclose(value, want, rtol=1e-4, atol=1e-6, err_msg=name)


def test_metrics_say_when_alpha_sits_on_a_bound() -> None:
    # Oracle: a policy far above its target pulls alpha down, one far below pushes it up; a bound
    # that alpha starts on stops it at once.
    for target, bounds, expected in ((0.01, (0.3, 9.0), -1), (0.9, (1e-3, 0.3), 1)):
        dual = mx.temperature.AutoTemperature(target, initial_alpha=0.3, bounds=bounds)
        learner = tabular(rollout_length=1, alpha=dual)
        state = learner.init(0)
        state = state._replace(actor=state.actor + tf.constant([8.0 * (expected > 0), 0.0, 0.0]))
        metrics = learner.update(state, as_transition(random_batch(1, 8))).metrics
        np.testing.assert_array_equal(metrics.alpha_bound, np.full(P, expected))


def test_placeholders_change_nothing() -> None:
    # Oracle: the same update with other numbers where `valid` is False.
    batch = random_batch(6, 4)
    assert 0.05 < np.mean(~batch["valid"]) < 0.5
    other = random_batch(6, 4, seed=1)
    changed = {
        name: np.where(batch["valid"], batch[name], other[name]) for name in ("s", "a", "s_next")
    }
    changed["r"] = np.where(batch["valid"], batch["r"], 1e6)
    learner = tabular(rollout_length=6, alpha=mx.temperature.AutoTemperature(0.5))
    state = random_tables(learner)
    results = [learner.update(state, as_transition(b)) for b in (batch, {**batch, **changed})]
    tf.nest.map_structure(np.testing.assert_array_equal, *results)


def test_gradients_are_clipped_for_each_learner_and_network() -> None:
    # Oracle: the unclipped steps, shrunk to the norm where they were longer.
    batch = as_transition(random_batch(4, 4))
    free, clipped = tabular(), tabular(max_grad_norm=0.4)
    state = random_tables(free)
    after = free.update(state, batch).state
    new, norms, _ = clipped.update(state, batch)
    for name, rate in (("actor", ACTOR_RATE), ("critic", CRITIC_RATE)):
        free_step = (getattr(after, name) - getattr(state, name)).numpy()
        norm = np.linalg.norm(free_step.reshape(*P, -1), axis=-1) / rate
        assert np.any(norm < 0.4)
        assert np.any(norm > 0.4)
        np.testing.assert_allclose(getattr(norms, f"{name}_grad_norm"), norm, rtol=1e-5)
        before = getattr(state, name)
        step = (getattr(new, name) - before).numpy()
        lengths = np.linalg.norm(step.reshape(*P, -1), axis=-1)
        np.testing.assert_allclose(lengths, rate * np.minimum(norm, 0.4), rtol=1e-4)
        shrink = np.minimum(1, 0.4 / norm)[..., None, None]
        expected = free_step * shrink
        np.testing.assert_allclose(step, expected, atol=1e-6)


def test_alpha_follows_its_schedule() -> None:
    # Oracle: the schedule itself, at the number of updates so far; float64 and integers, too.
    batch = as_transition(random_batch(2, 2))
    initial = tf.constant(ALPHA, tf.float64)
    annealed = mx.temperature.linear(initial, tf.zeros([], tf.float64), 3)
    for alpha in (annealed, lambda step: 3 - step):
        learner = tabular(alpha=alpha)
        state = random_tables(learner)
        for step in range(4):
            state, metrics, _ = learner.update(state, batch)
            np.testing.assert_allclose(
                metrics.alpha, np.broadcast_to(alpha(tf.constant(step)), P), rtol=1e-6
            )


def test_automatic_alpha_follows_the_entropy() -> None:
    # Oracle: AutoTemperature fed with the entropy that the metrics report.
    dual = mx.temperature.AutoTemperature(
        target_entropy=0.8, initial_alpha=ALPHA + 0.1, learning_rate=0.1
    )
    learner, batch = tabular(alpha=dual), as_transition(random_batch(3, 2))
    state, expected = random_tables(learner), dual.init(P)
    for _ in range(3):
        state, metrics, _ = learner.update(state, batch)
        np.testing.assert_allclose(metrics.alpha, dual.alpha(expected), rtol=1e-6)
        expected = dual.update(expected, metrics.entropy)[0]
        np.testing.assert_allclose(state.temperature.log_alpha, expected.log_alpha, rtol=1e-5)
    assert np.ptp(np.sign(metrics.entropy - 0.8)) == 2  # Some alphas had to rise, some to fall.


def test_continuous_update_by_hand() -> None:
    # Oracle: the score of N(mu, sigma) at u = atanh(...) and, by central differences in float64,
    # the gradient of the squashed Gaussian's entropy as a trapezoid sum.
    spec = EnvironmentSpec(SPEC.observation, Box.of((1,), -1.0, 3.0))
    config = A2CConfig(
        network="table",
        actor_optimizer=SGD(ACTOR_RATE),
        critic_optimizer=SGD(CRITIC_RATE),
        max_grad_norm=None,
        alpha=0.3,
        discount=0.9,
        rollout_length=1,
    )
    learner = A2C(spec, config)
    mu, log_std, v, u, r = 0.4, -0.3, 0.6, 0.9, 1.5
    state = learner.init(0)._replace(
        actor=tf.constant([[mu, log_std]] * S), critic=tf.fill([S, 1], v)
    )
    batch = Transition(
        observation=tf.one_hot([[2]], S),
        action=tf.constant([[[1 + 2 * np.tanh(u)]]], tf.float32),
        reward=tf.constant([[r]]),
        next_observation=tf.one_hot([[3]], S),
        terminated=tf.constant([[False]]),
        truncated=tf.constant([[False]]),
        valid=tf.constant([[True]]),
    )
    new, metrics, _ = learner.update(state, batch)

    noise = np.linspace(-9, 9, 2001)
    weight = np.exp(-(noise**2) / 2) / np.exp(-(noise**2) / 2).sum()

    def entropy(mu: float, log_std: float) -> float:
        log_jacobian = -2 * np.log(np.cosh(mu + np.exp(log_std) * noise)) + np.log(2)
        return 0.5 * np.log(2 * np.pi * np.e) + log_std + weight @ log_jacobian

    h, sigma = 1e-4, np.exp(log_std)
    entropy_gradient = np.array(
        [
            (entropy(mu + h, log_std) - entropy(mu - h, log_std)) / (2 * h),
            (entropy(mu, log_std + h) - entropy(mu, log_std - h)) / (2 * h),
        ]
    )
    score = np.array([(u - mu) / sigma**2, ((u - mu) / sigma) ** 2 - 1])
    delta = r + 0.9 * v - v
    expected = np.array([mu, log_std]) + ACTOR_RATE * (delta * score + 0.3 * entropy_gradient)
    np.testing.assert_allclose(new.actor[2], expected, rtol=1e-4)
    np.testing.assert_allclose(new.critic[2, 0], v + CRITIC_RATE * delta, rtol=1e-6)
    np.testing.assert_allclose(metrics.entropy, entropy(mu, log_std), rtol=1e-5)
    untouched = [0, 1, 3, 4]
    np.testing.assert_array_equal(new.actor.numpy()[untouched], state.actor.numpy()[untouched])


def test_several_discrete_actions_by_hand() -> None:
    # Oracle: of a product of categoricals, each part has its own score and its own entropy.
    nvec, alpha, gamma = (3, 2), 0.3, 0.9
    config = A2CConfig(
        network="table",
        actor_optimizer=SGD(ACTOR_RATE),
        critic_optimizer=SGD(CRITIC_RATE),
        max_grad_norm=None,
        alpha=alpha,
        discount=gamma,
        rollout_length=1,
    )
    learner = A2C(EnvironmentSpec(SPEC.observation, MultiDiscrete(nvec)), config, P)
    batch, rng = random_batch(1, 1), np.random.default_rng(0)
    actions = rng.integers(nvec, size=(1, *P, 1, 2))
    theta, v = rng.normal(size=(*P, S, 5)), rng.normal(size=(*P, S, 1))
    state = learner.init(0)._replace(
        actor=tf.constant(theta, tf.float32), critic=tf.constant(v, tf.float32)
    )
    transition = as_transition(batch)._replace(action=tf.constant(actions, tf.int32))
    new, metrics, _ = learner.update(state, transition)
    for i in np.ndindex(*P):
        s, r, s_next, terminated = (
            batch[name][(0, *i, 0)] for name in ("s", "r", "s_next", "terminated")
        )
        delta = r + gamma * (1 - terminated) * v[i][s_next, 0] - v[i][s, 0]
        ascent, entropies = [], []
        for logits, action in zip(np.split(theta[i][s], [3]), actions[(0, *i, 0)], strict=True):
            pi = softmax(logits)
            entropies.append(-np.sum(pi * np.log(pi)))
            score = np.eye(len(pi))[action] - pi
            ascent.append(delta * score - alpha * pi * (np.log(pi) + entropies[-1]))
        expected = theta[i].copy()
        expected[s] += ACTOR_RATE * np.concatenate(ascent)
        np.testing.assert_allclose(new.actor[i], expected, atol=1e-6)
        np.testing.assert_allclose(metrics.entropy[i], np.sum(entropies), rtol=1e-5)


def test_values_and_greedy_actions_come_from_the_tables() -> None:
    # Oracle: NumPy's indexing and argmax.
    learner = tabular()
    state, s = random_tables(learner), np.random.default_rng(0).integers(S, size=(*P, 4))
    observation = tf.one_hot(s, S)
    rows = np.take_along_axis(state.actor.numpy(), s[..., None], -2)
    greedy = learner.act(state, (), observation, seed=0, explore=False).action
    np.testing.assert_array_equal(greedy, rows.argmax(-1))
    np.testing.assert_array_equal(
        learner.value(state, observation),
        np.take_along_axis(state.critic.numpy()[..., 0], s, -1),
    )


def test_a_bandit_teaches_the_boltzmann_policy() -> None:
    # Oracle: the optimum of E r + alpha H, softmax(r / alpha) (F6).
    env = mx.environments.Bandit([1.0, 0.9, 0.1])
    alpha = np.array([0.1, 0.3, 1.0])
    config = A2CConfig(
        network="table",
        actor_optimizer=SGD(mx.temperature.linear(2.0, 0.02, 400)),
        critic_optimizer=SGD(0.1),
        max_grad_norm=None,
        rollout_length=1,
        alpha=alpha,
    )
    learner = A2C(env.spec, config, [3])
    result = mx.train(learner, env, 500 * 64, seed=0, num_envs=64, records=1)
    _, timestep = env.reset([3, 1], 0)
    policy = learner.policy(result.state, timestep.observation).probs_parameter().numpy()[:, 0]
    optimum = softmax(np.array([1.0, 0.9, 0.1]) / alpha[:, None])
    np.testing.assert_allclose(policy, optimum, atol=0.02)


def test_an_update_is_gradients_and_their_application() -> None:
    # Oracle: `update`, to the bit; and gradients of an earlier state move the later one by the
    # same plain gradient step.
    learner, batch = tabular(rollout_length=6), as_transition(random_batch(6, 4))
    state = random_tables(learner)
    gradients = learner.gradients(state, batch)
    applied = learner.apply_gradients(state, gradients)
    tf.nest.map_structure(
        np.testing.assert_array_equal, applied, learner.update(state, batch), check_types=False
    )
    later = state._replace(actor=state.actor + 1)
    moved = learner.apply_gradients(later, gradients).state
    np.testing.assert_allclose(
        moved.actor - later.actor, applied.state.actor - state.actor, atol=1e-6
    )
