"""Search as regularised policy optimisation: the policy, the bound, the three uses."""

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.search.tree import Node
from tests.search import naive

RNG = np.random.default_rng(0)


def test_the_policy_is_the_papers() -> None:
    # Oracle: Grill et al. (2020), equation 8, by bisection, at their temperature; values in [0, 1]
    # with an action untried, whose value counts as 0, so that scaling changes nothing.
    prior = np.array([0.5, 0.2, 0.2, 0.1])
    q, visits = np.array([0.0, 1.0, 0.3, 0.0]), np.array([3.0, 4.0, 2.0, 0.0])
    node = Node(
        *(tf.constant(x[None]) for x in (np.log(prior), visits, q)), tf.constant([0.0], tf.float64)
    )
    temperature = 1.25 * np.sqrt(10) / (4 + 9)
    low, high = 0.0, 1 + temperature
    for _ in range(100):
        middle = (low + high) / 2
        if middle <= 1 or np.sum(temperature * prior / (middle - q)) > 1:
            low = middle
        else:
            high = middle
    policy = mx.search.Regularized().policy(node)[0]
    np.testing.assert_allclose(policy, temperature * prior / (high - q), rtol=1e-12)


@pytest.mark.parametrize("actions", [2, 5, 20])
def test_the_visits_of_puct_follow_the_policy(actions: int) -> None:
    # Oracle: Grill et al. (2020), proposition 4: with constant values, no share of the visits, each
    # of which counts one more, is further than (A - 1) / (A + N) from the policy of that N.
    prior, q = RNG.dirichlet(np.ones(actions), 30), RNG.uniform(size=(30, actions))
    visits = np.zeros([200, 30, actions])
    n = np.arange(200)[:, None, None]
    for i in range(199):
        chosen = np.argmax(q + 1.25 * np.sqrt(i + 1) * prior / (1 + visits[i]), -1)
        visits[i + 1] = visits[i] + np.eye(actions)[chosen]
    temperature = 1.25 * np.sqrt(n + 1) / (actions + n)
    policy = mx.regularizers.ReverseKL(prior).greedy(tf.constant(q), temperature[..., 0])
    shares = (visits + 1) / (actions + n)
    assert np.all(np.abs(shares - policy) <= (actions - 1) / (actions + n) + 1e-12)


@pytest.mark.parametrize("use", ["act", "learn"])
def test_each_use_can_be_switched_off(use: str) -> None:
    # Oracle: the shares of visits in its place, the policy in the other's.
    root, mask = naive.roots(3, 4)
    rule = mx.search.Regularized(**{use: False})
    tree = mx.search.search(naive.model(4), None, root, 8, rule, mask=mask, seed=0)
    found = mx.search.summary(tree)
    shares = found.visits / 8
    off, on = (found.policy, found.target) if use == "act" else (found.target, found.policy)
    np.testing.assert_allclose(off, shares)
    assert np.max(np.abs(on - shares)) > 0.01


def test_without_search_by_the_policy_the_tree_is_pucts() -> None:
    # Oracle: PUCT, whose constant does not grow.
    root, mask = naive.roots(3, 4)
    trees = [
        mx.search.search(naive.model(4), None, root, 12, rule, mask=mask, seed=0)
        for rule in (
            mx.search.Regularized(search=False),
            mx.search.Puct(noise_fraction=0.0, c_base=1e9),
        )
    ]
    np.testing.assert_array_equal(trees[0].visits, trees[1].visits)
