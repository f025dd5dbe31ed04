"""Learners on worlds in which some actions are illegal, against the exact layer and enumeration."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import (
    A2C,
    PPO,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    PPOConfig,
    SoftDQN,
    SoftDQNConfig,
)
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.regularizers import Shannon, Tsallis
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, MultiDiscrete, action_mask_spec
from maxent_tf.training import ActionMask
from maxent_tf.training.rollout import uniform_action
from maxent_tf.types import Transition
from tests.learners.complete import GAMMA, NEXT, REWARD, A, S

# One, two and three legal actions. In the first state the best one is illegal.
LEGAL = np.array([[True, True, False], [False, False, True], [True, True, True], [True] * 3])
MDP = mx.tabular.TabularMDP(np.eye(S)[NEXT], REWARD, GAMMA, np.eye(S)[0], legal=LEGAL)
ACTION = Discrete(A)
SPEC = EnvironmentSpec(
    {"state": Box.of((S,), 0.0, 1.0), "action_mask": action_mask_spec(ACTION)}, ACTION
)


def shown(state: Any) -> dict[str, tf.Tensor]:
    """Observations of states, [...]."""
    return {
        "state": tf.one_hot(state, S),
        "action_mask": tf.constant(LEGAL[np.asarray(state)], tf.int32),
    }


def every_legal_transition(learners: int) -> Transition:
    state, action = np.nonzero(LEGAL[: S - 1])
    following = NEXT[state, action]
    transition = Transition(
        observation=shown(state),
        action=tf.constant(action, tf.int32),
        reward=tf.constant(REWARD[state, action], tf.float32),
        next_observation=shown(following),
        terminated=tf.constant(following == S - 1),
        truncated=tf.zeros(state.shape, tf.bool),
        valid=tf.ones(state.shape, tf.bool),
    )
    return tf.nest.map_structure(lambda x: tf.repeat(x[None], learners, axis=0), transition)


def after_updates(learner: Any, updates: int) -> Any:
    batch = every_legal_transition(*learner.batch_shape)

    @tf.function(autograph=False)
    def run(state: Any) -> Any:
        def body(i: tf.Tensor, state: Any) -> Any:
            return i + 1, learner.update(state, batch, seed=0).state

        return tf.while_loop(lambda i, _: i < updates, body, (0, state))[1]

    return run(learner.init(0))


def check_policy(learner: Any, state: Any, alpha: Any, **options: Any) -> None:
    """Holds a learner's policies to the exact soft optimum over the legal actions."""
    solution = mx.tabular.soft_value_iteration(MDP, alpha, **options)
    observation = tf.nest.map_structure(
        lambda x: tf.repeat(x[None], *learner.batch_shape, axis=0), shown(np.arange(S - 1))
    )
    policy = learner.policy(state, observation).probs_parameter().numpy()
    np.testing.assert_array_equal(policy[:, ~LEGAL[:-1]], 0)
    np.testing.assert_allclose(policy, solution.policy[:, :-1], atol=2e-3)


def test_discrete_sac_finds_the_soft_optimum() -> None:
    # Oracle: soft value iteration with the mask; all legal transitions in every batch.
    alpha = np.array([0.3, 1.0])
    config = DiscreteSACConfig(
        hidden_sizes=(),
        actor_optimizer=SGD(1.5 / alpha),
        critic_optimizer=SGD(3.0),
        discount=GAMMA,
        tau=1.0,
        alpha=alpha,
    )
    learner = DiscreteSAC(SPEC, config, [2])
    check_policy(learner, after_updates(learner, 4000), alpha)


@pytest.mark.parametrize("regularizer", [Shannon(), Tsallis()], ids=["shannon", "tsallis"])
def test_soft_dqn_finds_the_regularised_optimum(regularizer: Any) -> None:
    # Oracle: regularised value iteration with the mask.
    alpha = np.array([0.3, 1.0])
    config = SoftDQNConfig(
        hidden_sizes=(),
        optimizer=SGD(3.0),
        discount=GAMMA,
        alpha=alpha,
        tau=1.0,
        regularizer=regularizer,
    )
    learner = SoftDQN(SPEC, config, [2])
    check_policy(learner, after_updates(learner, 400), alpha, regularizer=regularizer)


@pytest.mark.parametrize("kind", [DiscreteSAC, SoftDQN])
def test_entropies_in_between_are_over_legal_actions(kind: Any) -> None:
    # Oracle: the same learner on a world of legal actions alone, where the state has one: its
    # policy has no entropy there, and a window's return is the discounted sum of rewards.
    make: Any = DiscreteSACConfig if kind is DiscreteSAC else SoftDQNConfig
    learner = kind(SPEC, make(hidden_sizes=(), n_step=3, alpha=0.5, discount=GAMMA), [1])
    state = learner.init(0)
    one = shown(np.full((3, 1, 1), 1))
    ended = tf.constant([[[False]], [[False]], [[True]]])
    batch = Transition(
        observation=one,
        action=tf.constant(2, shape=[3, 1, 1]),
        reward=tf.constant([[[1.0]], [[2.0]], [[3.0]]]),
        next_observation=one,
        terminated=ended,
        truncated=tf.zeros_like(ended),
        valid=tf.ones_like(ended),
    )
    first = tf.nest.map_structure(lambda x: x[0], one)
    target = 1.0 + GAMMA * 2.0 + GAMMA**2 * 3.0
    taken = learner.q(state, first)[0, 0, 2]
    error = learner.update(state, batch).error
    if kind is SoftDQN:
        np.testing.assert_allclose(error, [[abs(taken - target)]], rtol=1e-5)
    assert np.all(np.isfinite(error))


def test_munchausen_has_the_rest_of_the_temperature() -> None:
    # Oracle: Vieillard et al. (2020), theorem 1, over the legal actions.
    alpha, coefficient = 0.5, np.array([0.5, 0.9])
    config = SoftDQNConfig(
        hidden_sizes=(),
        optimizer=SGD(3.0),
        discount=GAMMA,
        alpha=alpha,
        munchausen=coefficient,
        munchausen_floor=-100.0,
        tau=0.5,
    )
    learner = SoftDQN(SPEC, config, [2])
    check_policy(learner, after_updates(learner, 3000), (1 - coefficient) * alpha)


def test_an_automatic_target_is_a_fraction_of_what_is_legal() -> None:
    # Oracle: the gap that moves alpha: entropy less .3 times the mean log of the legal actions.
    config = DiscreteSACConfig(hidden_sizes=(), tau=1.0)
    learner = DiscreteSAC(SPEC, config, [1])
    state, batch = learner.init(0), every_legal_transition(1)
    new, metrics, _ = learner.update(state, batch)
    count = batch.observation["action_mask"].numpy().sum(-1)
    temperature = mx.temperature.AutoTemperature(0.3 * np.log(count).mean())
    expected, _ = temperature.update(temperature.init([1]), metrics.entropy)
    np.testing.assert_allclose(new.temperature.log_alpha, expected.log_alpha, rtol=1e-5)
    tf.nest.map_structure(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-4), new.temperature, expected
    )


GRID = mx.environments.FiniteWorld(
    next_state=NEXT[..., None],
    probability=np.ones((S, A, 1)),
    reward=REWARD[..., None],
    terminal=np.arange(S) == S - 1,
    initial=np.eye(S)[0],
    legal=LEGAL,
    max_episode_steps=20,
)


@pytest.mark.parametrize("kind", ["a2c", "ppo"])
def test_policies_learn_among_legal_actions(kind: str) -> None:
    # Oracle: the exact layer: illegal actions are never taken, have probability 0, and the policy
    # that is learned has nearly the best return of legal policies, .7, where all would have 1.3.
    shared: dict[str, Any] = {"network": "table", "alpha": 0.02, "discount": GAMMA}
    shared |= {"actor_optimizer": Adam(0.05), "critic_optimizer": Adam(0.05)}
    learner: Any = A2C(GRID.spec, A2CConfig(**shared), [2])
    if kind == "ppo":
        learner = PPO(GRID.spec, PPOConfig(**shared, rollout_length=16), [2])
    result = mx.train(learner, GRID, 20_000, num_envs=8, records=1)
    _, timestep = GRID.reset([2, 1], 0)
    policy = learner.policy(result.state, timestep.observation).probs_parameter().numpy()
    assert np.all(policy[..., ~LEGAL[0]] == 0)
    exact = mx.tabular.soft_value_iteration(
        mx.tabular.from_environment(GRID, discount=GAMMA), alpha=0.0
    )
    best = exact.policy.numpy()[0]
    assert np.all(np.argmax(policy[:, 0], -1) == np.argmax(best))


def test_the_warm_up_draws_legal_actions_uniformly() -> None:
    # Oracle: frequencies within 4.5 standard errors.
    mask = tf.constant(np.repeat(LEGAL[None, :3], 20_000, 0))
    drawn = uniform_action(ACTION, [20_000, 3], tf.constant([0, 1]), mask).numpy()
    for s in range(3):
        share = np.bincount(drawn[:, s], minlength=A) / 20_000
        expected = LEGAL[s] / LEGAL[s].sum()
        np.testing.assert_array_equal(share[~LEGAL[s]], 0)
        assert np.all(np.abs(share - expected) <= 4.5 * np.sqrt(expected / 20_000))
    several = MultiDiscrete((2, 3))
    flags = tf.constant([[False, True, True, False, True]] * 1000)
    drawn = uniform_action(several, [1000], tf.constant([0, 1]), flags).numpy()
    assert np.all(drawn[:, 0] == 1)
    assert set(drawn[:, 1]) == {0, 2}


@pytest.mark.slow
def test_taxi_is_learned_in_fewer_steps_with_the_mask() -> None:
    # Oracle: the same learner without it, three seeds each: more return over the first steps. At
    # the end those with the mask deliver their passengers (6.7, 6.8 and 7.8), the others run into
    # the time limit.
    def run(masked: bool) -> np.ndarray:
        wrappers = [ActionMask] if masked else []
        worlds = gymnasium.make_vec("Taxi-v4", 12, vectorization_mode="sync", wrappers=wrappers)
        config = SoftDQNConfig(
            hidden_sizes=(), optimizer=Adam(0.1), alpha=0.05, batch_size=64, learning_starts=200
        )
        learner = SoftDQN(mx.gymnasium_spec(worlds), config, [3])
        result = mx.train(learner, worlds, 20_000, num_envs=4, records=10, seed=1)
        return np.nanmean(result.history["episode_return"], axis=0)

    with_mask, without = run(True), run(False)
    print(f"mean return over the first 20,000 steps: {with_mask} with the mask, {without} without")
    assert np.all(with_mask > without.max())
