"""The two models of behaviour: against enumeration, exact solvers and differences."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import irl, tabular
from maxent_tf.irl import Causal, Model, PathDistribution
from maxent_tf.irl.arguments import as_features
from maxent_tf.tabular import Successors, TabularMDP
from tests.irl.worlds import acyclic_world, deterministic_world, enumerated, random_world

MODELS = [
    Causal(alpha=0.7),
    Causal(alpha=0.7, horizon=4),
    PathDistribution(alpha=0.7),
    PathDistribution(alpha=0.7, horizon=4),
]


def random_reward(seed: int = 0, states: int = 5, actions: int = 3) -> np.ndarray:
    """Low enough for the paths' weights to have a sum."""
    return np.random.default_rng(seed).uniform(-3, -2, (states, actions, states))


@pytest.mark.parametrize("horizon", [2, 3, None])
def test_path_distribution_agrees_with_enumeration(horizon: int | None) -> None:
    # Oracle: the sum over all paths. Without a horizon the world itself ends within four steps.
    m = acyclic_world()
    reward = np.random.default_rng(0).normal(size=(5, 2, 5))
    found = PathDistribution(alpha=0.7, horizon=horizon).solve(m, tf.constant(reward))
    value, visits = enumerated(m, reward, 0.7, longest=horizon or 4)
    np.testing.assert_allclose(found.value, value, atol=1e-12)
    np.testing.assert_allclose(found.occupancy, visits, atol=1e-12)


def test_path_distribution_sums_ever_longer_paths() -> None:
    # Oracle: enumeration up to 9 steps; what is longer weighs (3 e^-6)^10 at most, and less.
    m = random_world(states=3, actions=2)
    reward = np.random.default_rng(0).uniform(-7, -6, (3, 2, 3))
    found = PathDistribution().solve(m, tf.constant(reward))
    value, visits = enumerated(m, reward, 1.0, longest=7)
    np.testing.assert_allclose(found.value, value, atol=1e-9)
    np.testing.assert_allclose(found.occupancy, visits, atol=1e-9)


@pytest.mark.parametrize("step", [-np.log(3) + 1e-6, 0.0])
def test_value_is_infinite_where_ever_longer_paths_weigh_more(step: float) -> None:
    # Oracle: no path ends from the first state, and each step has three actions of e^step.
    transition = np.broadcast_to(np.eye(2)[:, None], (2, 3, 2))
    transition = np.where(np.arange(2)[:, None, None] == 0, [1 - 1e-12, 1e-12], transition)
    m = tabular.TabularMDP(transition, np.zeros((2, 3)), 0.9, [1.0, 0.0])
    found = PathDistribution().solve(m, tf.fill([1, 1, 1], np.float64(step)))
    assert found.value == np.inf


@pytest.mark.parametrize("discount", [0.8, 1.0])
def test_causal_policy_is_that_of_soft_value_iteration(discount: float) -> None:
    # Oracle: soft value iteration on the expected reward, and the occupancy of its policy.
    m = random_world(discount=discount)
    reward = random_reward()
    expected = (m.transition.numpy() * reward).sum(-1)
    expected[-1] = 0
    oracle = tabular.soft_value_iteration(m._replace(reward=tf.constant(expected)), 0.7)
    found = Causal(alpha=0.7).solve(m, tf.constant(reward))
    np.testing.assert_allclose(found.policy[:-1], oracle.policy[:-1], atol=1e-9)
    np.testing.assert_allclose(found.value, np.dot(m.initial, oracle.v), atol=1e-9)
    visits = tabular.occupancy(m, oracle.policy)
    np.testing.assert_allclose(tf.reduce_sum(found.occupancy, -1), visits, atol=1e-8)


def test_a_long_horizon_is_none() -> None:
    # Oracle: the infinite horizon; after 200 steps 0.8^200 = 4e-20 is left.
    m, reward = random_world(), tf.constant(random_reward())
    long, without = (Causal(horizon=h).solve(m, reward) for h in (200, None))
    np.testing.assert_allclose(long.value, without.value, atol=1e-10)
    np.testing.assert_allclose(long.occupancy, without.occupancy, atol=1e-10)
    np.testing.assert_allclose(long.policy[0], without.policy, atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_models_agree_where_moves_are_deterministic(seed: int) -> None:
    # Oracle: each other; a path's probability is then the product of its actions' alone.
    m = deterministic_world(seed)
    reward = tf.random.stateless_normal([5, 3, 5], [0, seed], dtype=tf.float64)
    undiscounted = m._replace(discount=tf.ones_like(m.discount))
    causal = Causal(alpha=0.7, horizon=6).solve(undiscounted, reward)
    paths = PathDistribution(alpha=0.7, horizon=6).solve(m, reward)
    np.testing.assert_allclose(causal.value, paths.value, atol=1e-12)
    np.testing.assert_allclose(causal.policy, paths.policy, atol=1e-12)
    np.testing.assert_allclose(causal.occupancy, paths.occupancy, atol=1e-12)


def test_paths_hope_for_luck() -> None:
    # Oracle: by hand. A gamble pays 2 with probability 0.1, else -2; the other action 0.
    transition = np.zeros((4, 2, 4))
    transition[0, 0, [1, 2]] = 0.1, 0.9
    transition[0, 1, 3] = 1
    transition[1:, :, 1:] = np.eye(3)[:, None]
    m = tabular.TabularMDP(transition, np.zeros((4, 2)), 1.0, np.eye(4)[0])
    reward = tf.constant([0.0, 2.0, -2.0, 0.0], tf.float64)[None, None]
    gamble = 0.1 * np.exp(2) + 0.9 * np.exp(-2)
    paths = PathDistribution().solve(m, reward)
    np.testing.assert_allclose(paths.policy[0, 0], gamble / (gamble + 1), atol=1e-12)
    np.testing.assert_allclose(paths.kernel[0, 0, 1], 0.1 * np.exp(2) / (gamble + 1), atol=1e-12)
    causal = Causal().solve(m, reward)
    np.testing.assert_allclose(causal.policy[0, 0], 1 / (1 + np.exp(1.6)), atol=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_visits_and_curvature_are_the_derivatives_of_the_value(model: Model) -> None:
    # Oracle: central differences in float64, which are good to about 1e-9 and 1e-5.
    m, reward, rng = random_world(), random_reward(), np.random.default_rng(1)
    phi = as_features(m, rng.normal(size=(5, 3, 5, 4)))

    def value(theta: np.ndarray) -> float:
        return float(model.solve(m, tf.constant(reward + phi.numpy() @ theta)).value)

    def gradient(theta: np.ndarray) -> np.ndarray:
        found = model.solve(m, tf.constant(reward + phi.numpy() @ theta))
        return np.einsum("sat,satf->f", found.occupancy, phi)

    small = 1e-5 * np.eye(4)
    slope = [(value(e) - value(-e)) / 2e-5 for e in small]
    np.testing.assert_allclose(gradient(np.zeros(4)), slope, atol=1e-8)
    second = [(gradient(e) - gradient(-e)) / 2e-5 for e in small]
    found = model.solve(m, tf.constant(reward))
    np.testing.assert_allclose(model.curvature(m, found, phi), second, atol=1e-7)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Causal(alpha=0.0), "alpha must be positive and finite, not 0"),
        (lambda: PathDistribution(alpha=float("inf")), "alpha must be positive and finite"),
        (lambda: Causal(horizon=0), "horizon must be at least 1 step, not 0"),
        (lambda: PathDistribution(horizon=2.5), "horizon must be a whole number of steps"),
    ],
)
def test_bad_arguments(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "use",
    [
        lambda m: irl.maxent(m, np.eye(3), np.ones((3, 2))),
        lambda m: irl.maxent_neural(m, lambda w: w, tf.zeros(3), np.ones((3, 2))),
        lambda m: irl.sample_occupancy(m, [([0, 1], [0])]),
        lambda m: irl.empirical_policy(m, [([0, 1], [0])]),
        lambda m: irl.Causal().solve(m, tf.zeros([1, 1, 3], tf.float64)),
        lambda m: irl.PathDistribution(horizon=2).solve(m, tf.zeros([1, 1, 3], tf.float64)),
    ],
)
def test_sparse_transitions_are_refused_with_a_remedy_that_works(use) -> None:
    # Oracle: the remedy that the message names, on the same process.
    every = np.broadcast_to(np.arange(3, dtype=np.int32), (3, 2, 3))
    probability = np.random.default_rng(0).dirichlet(np.ones(3), (3, 2))
    m = TabularMDP(Successors(every, probability), np.zeros((3, 2)), 0.9, [1.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="m must have dense transitions here"):
        use(m)
    dense = m._replace(transition=tf.constant(m.transition.dense()))
    np.testing.assert_allclose(dense.transition, probability, rtol=1e-15)
    irl.Causal().solve(dense, tf.zeros([1, 1, 3], tf.float64))
