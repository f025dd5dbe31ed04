"""PPO in tabular form against the update written out by hand, in NumPy and float64.

S states seen one-hot, A actions; `theta` [*P, S, A] and `v` [*P, S, 1] are the two tables.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import A2C, PPO, A2CConfig, PPOConfig
from maxent_tf.learners.minibatches import shuffled_indices
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.specs import Box, EnvironmentSpec, MultiDiscrete
from maxent_tf.types import TimeStep
from tests.learners.trajectories import (
    SPEC,
    A,
    P,
    acted_in,
    advantages_by_hand,
    as_transition,
    random_batch,
    random_tables,
    softmax,
)

ALPHA = np.array([[0.0, 0.1, 0.5], [1.0, 0.03, 2.0]])
GAMMA = np.array([[0.9], [0.5]])
EPSILON = np.array([[0.1, 0.2, 0.5]])
LAMBDA, ACTOR_RATE, CRITIC_RATE = 0.8, 0.9, 0.4
EPOCHS, MINIBATCHES = 3, 4
SEED = tf.constant([3, 4])


def tabular(**changes: Any) -> PPO:
    """Learners of batch shape P with tables and plain gradient steps."""
    config = {
        "network": "table",
        "actor_optimizer": SGD(ACTOR_RATE),
        "critic_optimizer": SGD(CRITIC_RATE),
        "max_grad_norm": None,
        "rollout_length": 6,
        "num_epochs": EPOCHS,
        "num_minibatches": MINIBATCHES,
        "clip_epsilon": EPSILON,
        "discount": GAMMA,
        "gae_lambda": LAMBDA,
        "alpha": ALPHA,
        **changes,
    }
    return PPO(SPEC, PPOConfig(**config), P)


class ByHand(NamedTuple):
    """One learner after an update: its tables [S, A] and [S], and means over the steps made."""

    theta: np.ndarray
    v: np.ndarray
    actor_loss: float
    critic_loss: float
    kl: float
    clip_fraction: float
    step_fraction: float


def by_hand(
    theta: np.ndarray,
    v: np.ndarray,
    batch: dict[str, np.ndarray],
    alpha: float,
    gamma: float,
    epsilon: float,
    config: PPOConfig,
) -> ByHand:
    """An update from trajectories [T, B], a sample at a time."""
    old_pi, old_v = softmax(theta), v
    bonus = -alpha * (old_pi * np.log(old_pi)).sum(-1) * (config.entropy == "reward")
    all_advantages = advantages_by_hand(batch, v, bonus, gamma, LAMBDA).ravel()
    returns = all_advantages + v[batch["s"].ravel()]
    losses = []
    for indices in shuffled_indices(batch["r"].size, EPOCHS, MINIBATCHES, SEED).numpy():
        pi = softmax(theta)
        entropy = -(pi * np.log(pi)).sum(-1)
        chosen = [n for n in indices if batch["valid"].ravel()[n]]
        advantages, temperature = all_advantages, alpha
        if config.normalize_advantage:
            mean, stddev = np.mean(all_advantages[chosen]), np.std(all_advantages[chosen])
            advantages = (all_advantages - mean) / stddev
            if config.entropy == "reward":
                temperature = alpha / stddev
        surrogate, error, kl, clipped = 0.0, 0.0, 0.0, 0.0
        ascent, descent = np.zeros_like(theta), np.zeros_like(v)
        for n in chosen:
            s, a, advantage = batch["s"].ravel()[n], batch["a"].ravel()[n], advantages[n]
            ratio = pi[s, a] / old_pi[s, a]
            bounded = np.clip(ratio, 1 - epsilon, 1 + epsilon)
            surrogate += min(ratio * advantage, bounded * advantage) + temperature * entropy[s]
            if ratio * advantage <= bounded * advantage:
                ascent[s] += ratio * advantage * (np.eye(A)[a] - pi[s])
            ascent[s] -= temperature * pi[s] * (np.log(pi[s]) + entropy[s])
            difference = v[s] - returns[n]
            slope = difference
            if config.value_clip is not None:
                moved = np.clip(v[s] - old_v[s], -config.value_clip, config.value_clip)
                held = old_v[s] + moved - returns[n]
                if held**2 > difference**2:
                    slope = held if abs(v[s] - old_v[s]) < config.value_clip else 0.0
                    difference = held
            error += 0.5 * difference**2
            descent[s] += slope
            kl += (old_pi[s] * np.log(old_pi[s] / pi[s])).sum()
            clipped += abs(ratio - 1) > epsilon
        count = len(chosen)
        if config.target_kl is not None and kl / count > config.target_kl:
            break
        losses.append(np.array([-surrogate, error, kl, clipped]) / count)
        theta = theta + ACTOR_RATE * ascent / count
        v = v - CRITIC_RATE * descent / count
    return ByHand(theta, v, *np.mean(losses, 0), len(losses) / (EPOCHS * MINIBATCHES))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"normalize_advantage": False, "value_clip": 0.1},
        {"entropy": "reward", "target_kl": 0.03},
        {"entropy": "reward", "normalize_advantage": False, "target_kl": 0.02},
    ],
    ids=str,
)
def test_update_by_hand(changes: dict[str, Any]) -> None:
    # Oracle: `by_hand`, a loop over samples, fed with the minibatches that the seed draws.
    learner, batch = tabular(**changes), random_batch(6, 4)
    state = random_tables(learner)
    acted = acted_in(learner, state, as_transition(batch))
    new, metrics, _ = learner.update(state, acted, seed=SEED)
    clip_fractions, step_fractions = [], []
    for i in np.ndindex(*P):
        expected = by_hand(
            state.actor.numpy()[i].astype(np.float64),
            state.critic.numpy()[i][:, 0].astype(np.float64),
            {name: x[(slice(None), *i)] for name, x in batch.items()},
            ALPHA[i],
            GAMMA[i[0], 0],
            EPSILON[0, i[1]],
            learner.config,
        )
        np.testing.assert_allclose(new.actor[i], expected.theta, atol=2e-5)
        np.testing.assert_allclose(new.critic[i][:, 0], expected.v, atol=2e-5)
        for name in set(ByHand._fields[2:]) & set(learner.metric_names):
            np.testing.assert_allclose(
                getattr(metrics, name)[i], getattr(expected, name), rtol=1e-4, atol=1e-5
            )
        clip_fractions.append(expected.clip_fraction)
        step_fractions.append(expected.step_fraction)
    # What is tested took place.
    assert max(clip_fractions) > 0.1
    assert (min(step_fractions) < 0.5) == ("target_kl" in changes)


def test_one_step_on_everything_is_a2c() -> None:
    # Oracle: at the old policy the surrogate's gradient is the policy gradient. Networks, Adam,
    # clipped norms and continuous actions, against A2C's own update.
    spec = EnvironmentSpec(SPEC.observation, Box.of((2,), [-1.0, 0.0], 3.0))
    rng = np.random.default_rng(0)
    batch = as_transition(random_batch(6, 4))._replace(
        action=tf.constant(rng.uniform(0, 1, (6, *P, 4, 2)), tf.float32)
    )
    shared = {
        "hidden_sizes": (6,),
        "actor_optimizer": Adam(0.01),
        "critic_optimizer": Adam(0.01),
        "alpha": ALPHA,
        "discount": GAMMA,
        "gae_lambda": LAMBDA,
        "entropy": "reward",
    }
    a2c = A2C(spec, A2CConfig(**shared), P)
    ppo = PPO(
        spec,
        PPOConfig(**shared, num_epochs=1, num_minibatches=1, normalize_advantage=False),
        P,
    )
    expected, expected_metrics, _ = a2c.update(a2c.init(0), batch)
    new, metrics, _ = ppo.update(ppo.init(0), acted_in(ppo, ppo.init(0), batch), seed=SEED)
    tf.nest.map_structure(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-6), new, expected
    )
    for name in ("critic_loss", "entropy", "value", "actor_grad_norm", "critic_grad_norm"):
        np.testing.assert_allclose(
            getattr(metrics, name), getattr(expected_metrics, name), rtol=1e-4, atol=1e-6
        )
    np.testing.assert_allclose(metrics.kl, np.zeros(P), atol=1e-6)
    np.testing.assert_array_equal(metrics.clip_fraction, np.zeros(P))


def test_a_learner_that_stops_leaves_the_others_alone() -> None:
    # Oracle: the same update without targets, where they are never met; one step where they are
    # met at once; Adam's counter, common to all, goes on.
    target = np.array([[1e-6, 1e6, 1e6], [1e6, 1e-6, 1e6]])
    adam = {"actor_optimizer": Adam(0.1), "critic_optimizer": Adam(0.1)}
    stopping, free = tabular(**adam, target_kl=target), tabular(**adam)
    state = random_tables(free)
    batch = acted_in(free, state, as_transition(random_batch(6, 4)))
    stopped, metrics, _ = stopping.update(state, batch, seed=[3, 5])
    whole = free.update(state, batch, seed=[3, 5]).state
    for name in ("actor", "critic"):
        before, one, all_ = (getattr(x, name).numpy() for x in (state, stopped, whole))
        stays = target > 1
        np.testing.assert_array_equal(one[stays], all_[stays])
        # Adam's first step is the rate, or nothing where there is no gradient.
        step = np.abs(one - before)[~stays]
        assert np.all((np.abs(step - 0.1) < 1e-3) | (step < 1e-6))
        assert np.any(step > 0.05)
    steps = EPOCHS * MINIBATCHES
    np.testing.assert_allclose(metrics.step_fraction, np.where(target > 1, 1, 1 / steps))
    assert stopped.actor_optimizer.step == whole.actor_optimizer.step == steps


def test_placeholders_change_nothing() -> None:
    # Oracle: the same update with other numbers where `valid` is False.
    batch = random_batch(6, 4)
    assert 0.05 < np.mean(~batch["valid"]) < 0.5
    other = random_batch(6, 4, seed=1)
    changed = {
        name: np.where(batch["valid"], batch[name], other[name]) for name in ("s", "a", "s_next")
    }
    changed["r"] = np.where(batch["valid"], batch["r"], 1e6)
    learner = tabular(alpha=mx.temperature.AutoTemperature(0.5), target_kl=0.05, value_clip=EPSILON)
    state = random_tables(learner)
    results = [
        learner.update(state, acted_in(learner, state, as_transition(b)), seed=SEED)
        for b in (batch, {**batch, **changed})
    ]
    tf.nest.map_structure(np.testing.assert_array_equal, *results)


def test_every_epoch_uses_every_step_once_in_an_order_of_its_own() -> None:
    # Oracle: the definition of a permutation.
    indices = shuffled_indices(12, 3, 4, SEED).numpy()
    assert indices.shape == (12, 3)
    epochs = indices.reshape(3, 12)
    np.testing.assert_array_equal(np.sort(epochs, -1), np.tile(np.arange(12), (3, 1)))
    assert len(np.unique(epochs, axis=0)) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_minibatches": 5}, "num_minibatches=5 must divide the 24 steps of an update"),
        ({"num_minibatches": 24}, "normalize_advantage=True needs minibatches of 2 steps or more"),
    ],
    ids=str,
)
def test_minibatches_that_do_not_fit_are_named(changes: dict[str, Any], message: str) -> None:
    learner = tabular(**changes)
    batch = acted_in(learner, learner.init(0), as_transition(random_batch(6, 4)))
    with pytest.raises(ValueError, match=message):
        learner.update(learner.init(0), batch, seed=SEED)


def test_a_bandit_teaches_the_boltzmann_policy() -> None:
    # Oracle: the optimum of E r + alpha H, softmax(r / alpha) (F6).
    env = mx.environments.Bandit([1.0, 0.9, 0.1])
    alpha = np.array([0.1, 0.3, 1.0])
    config = PPOConfig(
        network="table",
        actor_optimizer=SGD(mx.temperature.linear(1.0, 0.01, 1600)),
        critic_optimizer=SGD(0.1),
        max_grad_norm=None,
        normalize_advantage=False,
        rollout_length=1,
        num_epochs=2,
        num_minibatches=2,
        alpha=alpha,
    )
    learner = PPO(env.spec, config, [3])
    result = mx.train(learner, env, 400 * 128, seed=0, num_envs=128, records=1)
    _, timestep = env.reset([3, 1], 0)
    policy = learner.policy(result.state, timestep.observation).probs_parameter().numpy()[:, 0]
    optimum = softmax(np.array([1.0, 0.9, 0.1]) / alpha[:, None])
    np.testing.assert_allclose(policy, optimum, atol=0.02)


class TwoArmedBandits:
    """Two bandits pulled at once: the rewards add up, the episode ends."""

    ARMS = (np.float32([1.0, 0.9, 0.1]), np.float32([0.0, 0.5]))
    spec = EnvironmentSpec(Box.of((1,), 0.0, 1.0), MultiDiscrete((3, 2)))

    def reset(self, batch_shape: Any, seed: Any) -> tuple[tf.Tensor, TimeStep]:
        del seed
        return tf.zeros(batch_shape), self._timestep(tf.zeros(batch_shape), False)

    def step(self, state: tf.Tensor, action: tf.Tensor, seed: Any) -> tuple[tf.Tensor, TimeStep]:
        del seed
        first, second = (tf.gather(arms, action[..., k]) for k, arms in enumerate(self.ARMS))
        return state, self._timestep(first + second, True)

    def _timestep(self, reward: tf.Tensor, ended: bool) -> TimeStep:
        flags = tf.fill(reward.shape, ended), tf.zeros(reward.shape, tf.bool)
        return TimeStep(tf.ones([*reward.shape, 1]), reward, *flags)


def test_several_bandits_at_once_teach_the_boltzmann_policy_of_each() -> None:
    # Oracle: rewards that add up have a Boltzmann policy that factorises, softmax(r_k / alpha).
    env, alpha = TwoArmedBandits(), np.array([0.3, 1.0])
    config = PPOConfig(
        network="table",
        actor_optimizer=SGD(mx.temperature.linear(1.0, 0.01, 1600)),
        critic_optimizer=SGD(0.1),
        max_grad_norm=None,
        normalize_advantage=False,
        rollout_length=1,
        num_epochs=2,
        num_minibatches=2,
        alpha=alpha,
    )
    learner = PPO(env.spec, config, [2])
    result = mx.train(learner, env, 400 * 128, seed=0, num_envs=128, records=1)
    for arms, logits in zip(env.ARMS, tf.split(result.state.actor, [3, 2], -1), strict=True):
        optimum = softmax(arms / alpha[:, None])
        np.testing.assert_allclose(tf.nn.softmax(logits)[:, 0], optimum, atol=0.02)


def test_entropy_in_the_reward_teaches_the_soft_optimal_policy() -> None:
    # Oracle: soft value iteration. Advantages are normalised, so the bonus has to be scaled, too.
    env = mx.environments.GridWorld(2, (0, 0), {(1, 1): 1.0})
    alpha = np.array([0.2, 0.5])
    config = PPOConfig(
        network="table",
        actor_optimizer=SGD(mx.temperature.linear(2.0, 0.02, 2000)),
        critic_optimizer=SGD(mx.temperature.linear(1.0, 0.02, 2000)),
        max_grad_norm=None,
        rollout_length=8,
        num_minibatches=2,
        num_epochs=5,
        discount=0.8,
        alpha=alpha,
        entropy="reward",
    )
    learner = PPO(env.spec, config, [2])
    result = mx.train(learner, env, 200 * 8 * 64, seed=0, num_envs=64, records=1)
    states = tf.tile(tf.eye(4)[None, :3], [2, 1, 1])  # the fourth is the goal
    policy = learner.policy(result.state, states).probs_parameter().numpy()
    process = mx.tabular.from_environment(env, discount=0.8)
    for i in range(2):
        optimum = mx.tabular.soft_value_iteration(process, alpha[i])
        np.testing.assert_allclose(policy[i], optimum.policy[:3], atol=0.02)
        np.testing.assert_allclose(learner.value(result.state, states)[i], optimum.v[:3], atol=0.02)
