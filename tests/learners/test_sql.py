"""SQL against its update written out in float64 for one learner at a time, and the exact policy."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf import draws
from maxent_tf.learners import SQL, SQLConfig, SQLState
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition

SPEC = EnvironmentSpec(Box.of((3,)), Box.of((2,), [-1.0, 0.0], [3.0, 0.5]))
LOW, HIGH = (bound.astype(np.float64) for bound in SPEC.action.bounds())
B, K, M = 6, 4, 5
ALPHA, GAMMA, TAU = np.array([0.2, 1.0]), np.array([0.9, 0.5]), np.array([0.005, 0.5])
SAMPLER_RATE, CRITIC_RATE = 0.1, 0.05


def small(**changes: Any) -> SQL:
    """Two learners with small networks and plain gradient steps."""
    config = {
        "hidden_sizes": (7, 5),
        "sampler_optimizer": SGD(SAMPLER_RATE),
        "critic_optimizer": SGD(CRITIC_RATE),
        "discount": GAMMA,
        "tau": TAU,
        "alpha": ALPHA,
        "num_particles": K,
        "num_value_samples": M,
        "batch_size": B,
        **changes,
    }
    return SQL(SPEC, SQLConfig(**config), [2])


def random_state(learner: SQL) -> SQLState:
    """A state with every parameter random, the target critic apart from the critic."""
    seeds = itertools.count()

    def randomise(x: tf.Tensor) -> tf.Tensor:
        return x + 0.3 * tf.random.stateless_normal(x.shape, [0, next(seeds)])

    state = learner.init(0)
    networks = (state.sampler, state.critic, state.target_critic)
    sampler, critic, target = tf.nest.map_structure(randomise, networks)
    return state._replace(sampler=sampler, critic=critic, target_critic=target)


def random_batch() -> Transition:
    rng = np.random.default_rng(1)
    return Transition(
        observation=tf.constant(rng.normal(size=(2, B, 3)), tf.float32),
        action=tf.constant(rng.uniform(LOW, HIGH, (2, B, 2)), tf.float32),
        reward=tf.constant(rng.normal(size=(2, B)), tf.float32),
        next_observation=tf.constant(rng.normal(size=(2, B, 3)), tf.float32),
        terminated=tf.constant([[True, True, False, False, False, False]] * 2),
        truncated=tf.constant([[False, True, True, True, False, False]] * 2),
        valid=tf.ones([2, B], tf.bool),
    )


def forward(layers: Any, observation: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
    """[F], [n, D] -> [n, out]."""
    x = tf.concat([tf.broadcast_to(observation, [each.shape[0], 3]), each], -1)
    for layer in layers[:-1]:
        x = tf.nn.relu(x @ layer.kernel + layer.bias)
    return x @ layers[-1].kernel + layers[-1].bias


def stein(u: np.ndarray, score: np.ndarray) -> np.ndarray:
    pairs = [np.sum((u[i] - u[j]) ** 2) for i in range(K) for j in range(i)]
    width = np.median(pairs) / math.log(K)
    direction = np.zeros_like(u)
    for i, j in itertools.product(range(K), range(K)):
        kernel = math.exp(-np.sum((u[j] - u[i]) ** 2) / width)
        direction[i] += (kernel * score[j] - 2 * kernel * (u[j] - u[i]) / width) / K
    return direction


def test_update_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    # Oracle: the pseudocode of the module's docstring in float64, one learner, one state and one
    # pair of particles at a time. Terminated transitions lose their next value, truncated keep it.
    # Actions are scaled to [-1, 1] throughout.
    learner, batch = small(), random_batch()
    state = random_state(learner)
    rng = np.random.default_rng(2)
    noise, uniform = rng.normal(size=(2, B, K, 2)), rng.uniform(size=(2, B, M, 2))
    monkeypatch.setattr(draws, "normal", lambda shape, seed: tf.cast(noise, tf.float32))
    monkeypatch.setattr(draws, "uniform", lambda shape, seed: tf.cast(uniform, tf.float32))
    new, metrics, _ = learner.update(state, batch, seed=0)

    for i in range(2):
        double = lambda x, i=i: tf.cast(x[i], tf.float64)  # noqa: E731
        sampler, critic, target = tf.nest.map_structure(
            double, (state.sampler, state.critic, state.target_critic)
        )
        observation, next_observation, action, reward = (
            double(getattr(batch, name))
            for name in ("observation", "next_observation", "action", "reward")
        )
        action = 2 * (action - LOW) / (HIGH - LOW) - 1
        values, entropies = [], []
        for b in range(B):
            q = forward(target, next_observation[b], 2 * uniform[i, b] - 1)[:, 0].numpy()
            weight = np.exp(q / ALPHA[i])
            log_integral = np.log(2**2 * np.mean(weight))
            values.append(ALPHA[i] * log_integral)
            log_density = q / ALPHA[i] - log_integral - np.log((HIGH - LOW) / 2).sum()
            entropies.append(-np.sum(weight * log_density) / np.sum(weight))
        alive = 1 - batch.terminated[i].numpy()
        goal = reward + GAMMA[i] * alive * np.array(values)
        with tf.GradientTape() as tape:
            tape.watch(critic)
            q = tf.stack([forward(critic, observation[b], action[b][None])[0, 0] for b in range(B)])
            critic_loss = 0.5 * tf.reduce_mean((q - goal) ** 2)
        critic_grads = tape.gradient(critic_loss, critic)
        critic = tf.nest.map_structure(lambda p, g: p - CRITIC_RATE * g, critic, critic_grads)

        directions, particles_q = np.zeros([B, K, 2]), []
        with tf.GradientTape() as outer:
            outer.watch(sampler)
            along = 0.0
            for b in range(B):
                u = forward(sampler, observation[b], tf.constant(noise[i, b]))
                fixed = tf.stop_gradient(u)
                with tf.GradientTape() as tape:
                    tape.watch(fixed)
                    q = forward(critic, observation[b], tf.tanh(fixed))[:, 0]
                    log_jacobian = tf.reduce_sum(tf.math.log(1 - tf.tanh(fixed) ** 2), -1)
                    log_density = q / ALPHA[i] + log_jacobian
                directions[b] = stein(fixed.numpy(), tape.gradient(log_density, fixed).numpy())
                particles_q.append(q)
                along -= tf.reduce_sum(u * directions[b]) / (B * K)
        sampler_grads = outer.gradient(along, sampler)
        sampler = tf.nest.map_structure(lambda p, g: p - SAMPLER_RATE * g, sampler, sampler_grads)
        target = tf.nest.map_structure(
            lambda old, new, i=i: (1 - TAU[i]) * old + TAU[i] * new, target, critic
        )

        for found, expected in (
            (new.sampler, sampler),
            (new.critic, critic),
            (new.target_critic, target),
        ):
            tf.nest.map_structure(
                lambda x, y, i=i: np.testing.assert_allclose(x[i], y, rtol=2e-4, atol=2e-5),
                found,
                expected,
            )
        norms = [
            np.sqrt(sum(np.sum(g**2) for g in tf.nest.flatten(grads)))
            for grads in (sampler_grads, critic_grads)
        ]
        expected_metrics = (
            critic_loss,
            np.mean(particles_q),
            np.mean(values),
            np.sqrt(np.mean(directions**2)),
            np.mean(entropies),
            ALPHA[i],
            0,
            *norms,
        )
        for name, value, want in zip(metrics._fields, metrics, expected_metrics, strict=True):
            np.testing.assert_allclose(value[i], want, rtol=2e-4, atol=1e-6, err_msg=name)


@pytest.mark.slow
def test_sampler_learns_the_boltzmann_policy() -> None:
    # Oracle: the exact law on ContinuousTrap, proportional to exp(r(a) / alpha), two-peaked at .3
    # and nearly flat at 1. The tolerance is that of 16 particles; a Gaussian at the better peak,
    # the sampler before training and the uniform law at alpha .1 are all farther off.
    world = mx.environments.ContinuousTrap()
    alphas = np.array([[0.1], [0.3], [1.0]], np.float32)
    config = SQLConfig(
        hidden_sizes=(32, 32),
        sampler_optimizer=Adam(1e-3),
        critic_optimizer=Adam(3e-3),
        alpha=alphas,
        learning_starts=1000,
        replay_capacity=3000,
    )
    learner = SQL(world.spec, config, [3, 2])
    result = mx.train(learner, world, 3000, seed=0, records=1)

    grid = np.linspace(-1, 1, 2001)
    reward = world.reward(tf.constant(grid, tf.float32)).numpy()

    def distance(state: SQLState) -> np.ndarray:
        """The earth mover's distance to the exact law, [alphas, seeds]."""
        draws = learner.policy(state, tf.ones([3, 2, 1, 1])).sample(2000, seed=1)[..., 0, 0]
        density = np.exp((reward - 1) / alphas)
        exact = np.cumsum(density / density.sum(-1, keepdims=True), -1)
        drawn = (draws.numpy()[..., None] <= grid).mean(0)
        return 2 * np.abs(drawn - exact[:, None]).mean(-1)

    assert np.all(distance(result.state) < [[0.1], [0.2], [0.15]])
    assert np.all(distance(learner.init(3)) > [[0.3], [0.2], [0.15]])


def test_alpha_must_be_positive() -> None:
    with pytest.raises(ValueError, match="alpha must be above 0, not 0"):
        small(alpha=0.0)


def test_the_entropy_is_the_boltzmann_policys() -> None:
    # Oracle: quadrature of -p log p over the box, p proportional to exp(Q / alpha), at each next
    # state; the estimate from many actions has an error of about 1 / sqrt(their number).
    learner = small(num_value_samples=20_000)
    state, batch = random_state(learner), random_batch()
    metrics = learner.update(state, batch, seed=0).metrics
    axis = np.linspace(-1, 1, 201)
    weight = np.full(201, 0.01)
    weight[[0, -1]] /= 2
    action = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    cell = np.outer(weight, weight).ravel()
    for i in range(2):
        target = tf.nest.map_structure(lambda x, i=i: x[i], state.target_critic)
        entropies = []
        for b in range(B):
            each = tf.constant(action, tf.float32)
            logits = forward(target, batch.next_observation[i, b], each)[:, 0].numpy() / ALPHA[i]
            density = np.exp(logits - logits.max())
            density /= (density * cell).sum()
            entropies.append(-(cell * density * np.log(density)).sum())
        # In the environment's unit.
        expected = np.mean(entropies) + np.log((HIGH - LOW) / 2).sum()
        np.testing.assert_allclose(metrics.entropy[i], expected, atol=0.05)


def test_actions_must_be_a_bounded_vector() -> None:
    for action in (Discrete(3), Box.of((2,)), Box.of((2, 2), -1.0, 1.0)):
        with pytest.raises(ValueError, match="SQL needs a vector of actions with finite bounds"):
            SQL(EnvironmentSpec(Box.of((3,)), action))
