"""The linear fit: against differences, the demonstrator itself, and what cannot be matched."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import tabular
from maxent_tf.irl import Causal, Model, PathDistribution, maxent, maxent_neural
from maxent_tf.networks import MLP
from maxent_tf.optimizers import Adam
from maxent_tf.regularizers import Shannon
from maxent_tf.seeds import as_seed
from tests.irl.worlds import deterministic_world, random_world

MODELS = [
    Causal(alpha=0.5),
    Causal(alpha=0.5, horizon=4),
    PathDistribution(alpha=0.5),
    PathDistribution(alpha=0.5, horizon=4),
]


def known_behaviour(model: Model, kind: tuple[int, ...], count: int = 3, seed: int = 0):
    """A world, features, weights, and what the model does under them."""
    rng = np.random.default_rng(seed)
    m = random_world(seed)
    features = np.concatenate([rng.normal(size=(*kind, count - 1)), np.ones((*kind, 1))], -1)
    weights = np.append(rng.normal(size=count - 1) / 2, -2.5)
    given = {1: (None, None), 2: (..., None, slice(None)), 3: ()}[len(kind)]
    visits = model.solve(m, tf.constant((features[given] if given else features) @ weights))
    return m, features, weights, visits


@pytest.mark.parametrize("kind", [(5,), (5, 3), (5, 3, 5)])
@pytest.mark.parametrize("model", MODELS)
def test_recovers_the_behaviour_that_it_is_shown(model: Model, kind: tuple[int, ...]) -> None:
    # Oracle: the demonstrator: the model itself, under other weights. Its expected features are
    # those of one behaviour only, whose reward is known up to flat directions.
    m, features, weights, visits = known_behaviour(model, kind)
    found = maxent(m, features, visits.occupancy, model=model)
    assert found.converged
    assert np.abs(found.mismatch).max() <= 1e-9
    assert found.duality_gap <= 1e-8
    np.testing.assert_allclose(found.policy, visits.policy, atol=1e-6)
    flat = found.flat_directions.numpy()
    identified = weights - flat @ (flat.T @ weights)
    np.testing.assert_allclose(found.weights, identified, atol=1e-6)
    np.testing.assert_allclose(found.reward, features @ found.weights.numpy())


def test_the_dual_is_the_greatest_entropy() -> None:
    # Oracle: strong duality: the entropy of the policy found, by policy evaluation with reward 0.
    m, features, _, visits = known_behaviour(Causal(), (5, 3))
    found = maxent(m, features, visits.occupancy)
    entropy = tabular.evaluate_policy(m, found.policy, alpha=1.0, regularizer=Shannon()).objective
    np.testing.assert_allclose(found.dual, entropy, atol=1e-8)


def test_no_other_policy_with_these_features_has_more_entropy() -> None:
    # Oracle: other policies with the same state-action features, from occupancies in between.
    m = random_world()
    rng = np.random.default_rng(3)
    features = rng.normal(size=(5, 3, 2))
    shown = rng.dirichlet(np.ones(3), 5)
    found = maxent(m, features, tabular.occupancy(m, shown))
    best = tabular.occupancy(m, found.policy).numpy()
    for share in (0.1, 0.5, 1.0):
        mixed = (1 - share) * best + share * tabular.occupancy(m, shown).numpy()
        policy = mixed / np.maximum(mixed.sum(-1, keepdims=True), 1e-300)
        policy[-1] = 1 / 3
        entropy = tabular.evaluate_policy(m, policy, alpha=1.0).objective
        np.testing.assert_allclose(
            np.einsum("sa,saf->f", mixed - best, features), np.zeros(2), atol=1e-8
        )
        assert float(entropy) < found.dual


@pytest.mark.parametrize("model", MODELS)
def test_the_mismatch_is_the_gradient_of_the_dual(model: Model) -> None:
    # Oracle: central differences of the dual at weights where nothing matches.
    m, features, weights, visits = known_behaviour(model, (5, 3))
    elsewhere = weights + np.array([0.3, -0.2, -0.1])

    def at(w: np.ndarray):
        return maxent(
            m, features, visits.occupancy, model=model, initial_weights=w, max_iterations=0
        )

    slope = [(at(elsewhere + e).dual - at(elsewhere - e).dual) / 2e-5 for e in 1e-5 * np.eye(3)]
    found = at(elsewhere)
    assert not found.converged
    np.testing.assert_allclose(found.mismatch, slope, atol=1e-7)


def test_any_policy_is_recovered_from_its_occupancy() -> None:
    # Oracle: with one feature for every state and action there is a reward for every policy.
    m = random_world()
    policy = np.random.default_rng(2).dirichlet(np.ones(3), 5)
    features = np.eye(15).reshape(5, 3, 15)
    found = maxent(m, features, tabular.occupancy(m, policy))
    assert found.converged
    np.testing.assert_allclose(found.policy[:4], policy[:4], atol=1e-7)
    # The terminal state's three weights, and one potential for each of the other four states.
    assert found.flat_directions.shape == (15, 7)


def test_what_has_no_effect_is_reported_flat() -> None:
    # Oracle: every path ends in the terminal state, once, so its weight changes no distribution.
    m = random_world()
    shown = PathDistribution().solve(m, tf.fill([1, 1, 1], np.float64(-2.5)))
    found = maxent(m, np.eye(5), shown.occupancy, model=PathDistribution())
    np.testing.assert_allclose(np.abs(found.flat_directions), np.eye(5)[:, -1:], atol=1e-9)
    np.testing.assert_allclose(found.weights[-1], 0, atol=1e-9)


def test_a_penalty_makes_the_mismatch_proportional_to_the_weights() -> None:
    # Oracle: the stationary point of the penalised dual.
    m, features, _, visits = known_behaviour(Causal(), (5, 3))
    found = maxent(m, features, visits.occupancy, l2=0.1)
    assert found.converged
    np.testing.assert_allclose(found.mismatch, -0.1 * found.weights, atol=1e-8)
    assert np.abs(found.weights).max() > 0.01


def test_running_out_of_iterations_is_reported() -> None:
    # Oracle: the mismatch itself, which two steps leave above the tolerance.
    m, features, _, visits = known_behaviour(Causal(), (5, 3))
    found = maxent(m, features, visits.occupancy, max_iterations=1)
    assert found.iterations == 1
    assert not found.converged
    assert np.abs(found.mismatch).max() > 1e-9


def test_demonstrations_that_no_policy_can_give_are_refused() -> None:
    # Oracle: by hand. Action 0 leads to state 1 with probability 0.3, action 1 with 0.6.
    transition = np.array([[[0, 0.3, 0.7], [0, 0.6, 0.4]], [[0, 1, 0]] * 2, [[0, 0, 1]] * 2])
    m = tabular.TabularMDP(transition, np.zeros((3, 2)), 0.9, [1.0, 0.0, 0.0])
    arrivals = np.eye(3)[:, [1]]
    for share, reachable in [(0.31, True), (0.59, True), (0.29, False), (0.61, False)]:
        shown = np.zeros((3, 2, 3))
        shown[0, 0] = 0, share, 1 - share
        if reachable:
            found = maxent(m, arrivals, shown)
            assert found.converged
            np.testing.assert_allclose(found.occupancy.numpy()[..., 1].sum(), share, atol=1e-9)
        else:
            with pytest.raises(ValueError, match="no policy has: the dual falls to"):
                maxent(m, arrivals, shown)
            assert maxent(m, arrivals, shown, l2=1e-3).converged


def test_features_that_are_the_same_for_every_policy_must_agree() -> None:
    # Oracle: without a terminal state there are 1 / (1 - 0.9) = 10 discounted steps, not 5.
    m = deterministic_world()
    with pytest.raises(ValueError, match="differ by 5 in what is the same for every policy"):
        maxent(m, np.ones((5, 1)), np.full((5, 3), 1 / 3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": np.ones((4, 2))}, r"features must have shape \[5, F\], .* not \[4, 2\]"),
        ({"features": np.ones(5)}, "features must have shape"),
        ({"features": np.full((5, 2), np.nan)}, "features must be finite, not nan"),
        ({"demonstrations": np.zeros((5, 3))}, "demonstrations must not be empty"),
        ({"demonstrations": -np.ones((5, 3))}, "finite, at least 0, not -1.0"),
        ({"demonstrations": np.ones(5)}, "demonstrations must have shape"),
        ({"demonstrations": np.ones((5, 3))}, "demonstrations leave state 4, which is terminal"),
        ({"l2": -1.0}, "l2 must be finite, at least 0, not -1"),
        ({"initial_weights": [0.0]}, r"initial_weights must have shape \[2\], not \[1\]"),
        (
            {"initial_weights": [1.0, 1.0], "model": PathDistribution()},
            "initial_weights must give a finite value, not inf",
        ),
    ],
)
def test_bad_arguments(change: dict, message: str) -> None:
    shown = np.ones((5, 3)) * (np.arange(5) < 4)[:, None]
    arguments = {"features": np.ones((5, 2)), "demonstrations": shown, **change}
    with pytest.raises(ValueError, match=message):
        maxent(random_world(), **arguments)


def test_impossible_transitions_are_refused() -> None:
    m = deterministic_world()
    with pytest.raises(ValueError, match="which has probability 0"):
        maxent(m, np.eye(5), np.ones((5, 3, 5)))


@pytest.mark.parametrize("kind", [(5,), (5, 3)])
@pytest.mark.parametrize("model", [Causal(), PathDistribution(horizon=4)])
def test_a_network_reaches_the_likelihood_of_the_linear_fit(
    model: Model, kind: tuple[int, ...]
) -> None:
    # Oracle: the convex fit with one-hot features, which can express every reward.
    m, _, _, visits = known_behaviour(model, kind)
    size = int(np.prod(kind))
    one_hot = np.eye(size)
    linear = maxent(m, one_hot.reshape(*kind, size), visits.occupancy, model=model)
    network = MLP(size, (32,), 1)
    inputs = tf.constant(one_hot, tf.float32)
    found = maxent_neural(
        m,
        lambda params: tf.reshape(network.apply(params, inputs), kind),
        network.init(as_seed(0), []),
        visits.occupancy,
        model=model,
        optimizer=Adam(0.02),
        steps=300,
        tolerance=1e-3,
    )
    assert found.duals[0] > linear.dual + 1e-3
    assert linear.dual - 1e-6 <= found.duals[-1] <= linear.dual + 1e-4
    np.testing.assert_allclose(found.policy, linear.policy, atol=0.02)


def test_the_network_gradient_is_exact() -> None:
    # Oracle: central differences of the dual along the only parameter.
    m, features, _, visits = known_behaviour(Causal(), (5, 3))

    def fit(w: float):
        return maxent_neural(
            m,
            lambda w: tf.tanh(w) * tf.constant(features[..., 0]),
            tf.constant(w, tf.float64),
            visits.occupancy,
            steps=1,
            tolerance=float("inf"),
        )

    slope = (fit(0.3 + 1e-5).duals[0] - fit(0.3 - 1e-5).duals[0]) / 2e-5
    np.testing.assert_allclose(fit(0.3).gradient_norm, abs(slope), atol=1e-8)


@pytest.mark.parametrize(
    ("reward", "steps", "message"),
    [
        (lambda w: tf.fill([4], w), 1, r"reward must return shape \[5\], .* not \[4\]"),
        (lambda w: tf.fill([5], w), 0, "steps must be at least 1, not 0"),
        (lambda w: tf.fill([5], w + np.inf), 1, "reward must be finite, but is not at step 0"),
    ],
)
def test_bad_networks(reward, steps: int, message: str) -> None:
    shown = np.ones((5, 3)) * (np.arange(5) < 4)[:, None]
    with pytest.raises(ValueError, match=message):
        maxent_neural(random_world(), reward, tf.constant(0.0), shown, steps=steps)


@pytest.mark.parametrize("model", MODELS[::2], ids=["causal", "paths"])
def test_illegal_actions_are_refused(model: Model) -> None:
    m = random_world(0)
    legal = np.ones([m.num_states, m.num_actions], bool)
    masked = tabular.TabularMDP(*m[:5], legal)
    with pytest.raises(ValueError, match="m must have no illegal actions here"):
        model.solve(masked, m.reward)
