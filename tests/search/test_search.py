"""The search itself: a naive tree, batches, illegal actions, bad arguments."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from tests.search import naive

PUCT = mx.search.Puct(noise_fraction=0.0)
SHANNON = mx.regularizers.Shannon()
RULES = {
    "puct": mx.search.Puct(),
    "regularized": mx.search.Regularized(),
    "ments": mx.search.Entropic(SHANNON, alpha=0.3),
    "rents": mx.search.Entropic(mx.regularizers.KL, alpha=0.3),
    "gumbel": mx.search.Gumbel(max_considered=4),
    "uct": mx.search.Uct(),
}


def grown(
    batch: int, actions: int, simulations: int, rule: Any, compiled: bool = False, **kwargs: Any
) -> Any:
    root, mask = naive.roots(batch, actions)

    @tf.function(jit_compile=compiled, autograph=False)
    def search(root: Any, mask: Any) -> Any:
        return mx.search.search(
            naive.model(actions), None, root, simulations, rule, mask=mask, seed=3, **kwargs
        )

    return tf.nest.map_structure(lambda x: x.numpy(), search(root, mask))


@pytest.mark.parametrize(
    ("batch", "actions", "simulations", "max_depth", "normalize", "compiled"),
    [
        (8, 8, 64, None, True, True),
        (4, 8, 100, 3, True, False),
        (4, 3, 100, None, False, False),
        (2, 30, 60, 1, True, False),
    ],
)
def test_puct_is_a_naive_tree_node_for_node(
    batch: int,
    actions: int,
    simulations: int,
    max_depth: int | None,
    normalize: bool,
    compiled: bool,
) -> None:
    # Oracle: a recursion in Python, over a game with masks, final states and two players.
    rule = mx.search.Puct(noise_fraction=0.0, normalize_q=normalize)
    tree = grown(batch, actions, simulations, rule, compiled, max_depth=max_depth)
    assert_naive(tree, naive.Tree, simulations, max_depth, normalize)


@pytest.mark.parametrize(("actions", "max_depth"), [(4, None), (8, 2)])
def test_uct_is_a_naive_tree_node_for_node(actions: int, max_depth: int | None) -> None:
    # Oracle: the same recursion, with UCB1's bound at every node.
    tree = grown(4, actions, 100, mx.search.Uct(c=0.7), max_depth=max_depth)
    assert_naive(tree, naive.Uct, 100, max_depth)


def assert_naive(
    tree: Any, kind: Any, simulations: int, max_depth: int | None, normalize: bool = True
) -> None:
    """Compares trees with those that a recursion in Python grows under the same roots."""
    actions = tree.visits.shape[-1]
    for b in range(len(tree.visits)):
        root = kind(naive.answer(b, 0, actions))
        naive.grow(root, simulations, max_depth, normalize)
        pairs = [(0, root)]
        nodes = 0
        while pairs:
            row, node = pairs.pop()
            nodes += 1
            np.testing.assert_array_equal(tree.visits[b, row], node.n)
            np.testing.assert_allclose(tree.q[b, row], node.q(), atol=1e-12)
            assert set(np.flatnonzero(tree.child[b, row])) == set(node.children)
            for action, (child, reward, discount) in node.children.items():
                at = tree.child[b, row, action]
                assert tree.edge[b, at] == row * actions + action
                np.testing.assert_allclose(tree.reward[b, at], reward, atol=1e-12)
                np.testing.assert_allclose(tree.discount[b, at], discount)
                pairs.append((at, child))
        assert nodes == 1 + np.count_nonzero(tree.child[b])
        value = (root.value + root.w.sum()) / (1 + simulations)
        np.testing.assert_allclose(mx.search.summary(tree).value[b], value, atol=1e-12)
        np.testing.assert_allclose(mx.search.summary(tree).policy[b], root.n / simulations)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_keeps_to_legal_actions_and_to_its_own_root(name: str) -> None:
    # Oracles: the masks, at every node; and for each root the search of copies of it, which draws
    # the same random numbers.
    root, mask = naive.roots(3, 5)

    @tf.function(autograph=False)
    def search(root: Any, mask: Any) -> Any:
        model = naive.model(5)
        return mx.search.search(model, None, root, 40, RULES[name], mask=mask, max_depth=4, seed=3)

    tree = tf.nest.map_structure(lambda x: x.numpy(), search(root, mask))
    legal = tree.log_prior > -np.inf
    np.testing.assert_array_equal(legal[:, 0], mask)
    assert np.any(~legal[:, 0])
    np.testing.assert_array_equal(tree.visits[~legal], 0)
    np.testing.assert_array_equal(tree.child[~legal], 0)
    np.testing.assert_array_equal(tree.visits[:, 0].sum(-1), 40)
    found = mx.search.summary(tree)
    for policy in (found.policy, found.target):
        np.testing.assert_array_equal(policy[~legal[:, 0]], 0)
        np.testing.assert_allclose(policy.sum(-1), 1)
    for b in range(3):
        copies = tf.nest.map_structure(lambda x, b=b: tf.repeat(x[b : b + 1], 3, 0), (root, mask))
        for x, y in zip(tf.nest.flatten(tree), tf.nest.flatten(search(*copies)), strict=True):
            np.testing.assert_array_equal(x[b], y[b])


@pytest.mark.parametrize("rule", [PUCT, mx.search.Gumbel(noise_scale=0.0)], ids=["puct", "gumbel"])
def test_a_batch_is_the_same_searches_one_by_one(rule: Any) -> None:
    # Oracle: the search of each root alone, of rules that draw no random numbers, up to rounding.
    root, mask = naive.roots(3, 5)

    @tf.function(autograph=False)
    def search(root: Any, mask: Any) -> Any:
        return mx.search.search(naive.model(5), None, root, 40, rule, mask=mask, seed=3)

    together = search(root, mask)
    for b in range(3):
        alone = search(*tf.nest.map_structure(lambda x, b=b: x[b : b + 1], (root, mask)))
        for x, y in zip(tf.nest.flatten(together), tf.nest.flatten(alone), strict=True):
            np.testing.assert_allclose(x[b], y[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("rule", "name"),
    [(PUCT, "c_init"), (mx.search.Uct(), "c"), (mx.search.Regularized(search=False), "c")],
    ids=["puct", "uct", "regularized"],
)
def test_roots_may_have_constants_of_their_own(rule: Any, name: str) -> None:
    # Oracle: the search with the constant of each root as a number.
    together = grown(
        3, 4, 20, dataclasses.replace(rule, **{name: tf.constant([[0.1], [1], [5]], tf.float64)})
    )
    for b, c in enumerate((0.1, 1.0, 5.0)):
        alone = grown(3, 4, 20, dataclasses.replace(rule, **{name: c}))
        np.testing.assert_array_equal(together.visits[b], alone.visits[b])
        np.testing.assert_allclose(together.outcome.target[b], alone.outcome.target[b], rtol=1e-6)
    assert not np.array_equal(together.visits[0], alone.visits[0])


def test_eager_and_compiled_searches_agree() -> None:
    # Oracle: each other.
    root, mask = naive.roots(2, 3)
    eager = mx.search.search(naive.model(3), None, root, 6, mx.search.Puct(), mask=mask, seed=3)
    compiled = grown(2, 3, 6, mx.search.Puct(), compiled=True)
    np.testing.assert_array_equal(eager.visits, compiled.visits)
    np.testing.assert_allclose(eager.q, compiled.q, atol=1e-14)


@pytest.mark.parametrize("compiled", [False, True], ids=["graph", "xla"])
def test_the_trace_is_the_root_of_every_shorter_search(compiled: bool) -> None:
    # Oracle: searches that end earlier. A search that goes on has a trace of its own.
    def trace(root: Any) -> Any:
        return {"visits": root.visits, "value": PUCT.value(root)}

    whole = grown(2, 3, 12, PUCT, compiled, trace=trace)
    assert whole.trace["visits"].shape == (2, 12, 3)
    for n in (1, 5, 12):
        found = mx.search.summary(grown(2, 3, n, PUCT))
        np.testing.assert_array_equal(whole.trace["visits"][:, n - 1], found.visits)
        np.testing.assert_allclose(whole.trace["value"][:, n - 1], found.value, rtol=1e-12)
    first = tf.nest.map_structure(tf.constant, grown(2, 3, 7, PUCT, compiled, trace=trace))
    more = grown(2, 3, 5, PUCT, compiled, trace=trace, tree=first)
    np.testing.assert_array_equal(more.trace["visits"], whole.trace["visits"][:, 7:])
    assert grown(2, 3, 5, PUCT, tree=first).trace == ()
    assert mx.search.descend(first, tf.constant([0, 1])).trace == ()


def test_ties_go_to_the_lowest_index() -> None:
    # Oracle: by hand: with equal priors and values, the actions are taken in turn.
    def model(params: Any, state: Any, action: Any, seed: Any) -> Any:
        zero = tf.zeros_like(state)
        return mx.search.ModelStep(zero, zero, tf.zeros([1, 4]), zero), state

    root = mx.search.Root(tf.zeros([1, 4]), tf.zeros([1]), tf.zeros([1]))
    for simulations, visits in ((1, [1, 0, 0, 0]), (3, [1, 1, 1, 0]), (6, [2, 2, 1, 1])):
        tree = mx.search.search(model, None, root, simulations, PUCT, seed=0)
        np.testing.assert_array_equal(tree.visits[0, 0], visits)


def test_bad_arguments_are_named() -> None:
    root, mask = naive.roots(2, 3)

    def search(root: Any = root, simulations: Any = 4, rule: Any = PUCT, **kwargs: Any) -> None:
        mx.search.search(naive.model(3), None, root, simulations, rule, seed=0, **kwargs)

    with pytest.raises(ValueError, match="num_simulations must be an integer of at least 1, not 0"):
        search(simulations=0)
    with pytest.raises(ValueError, match="max_depth must be an integer of at least 1, not 0"):
        search(max_depth=0)
    with pytest.raises(ValueError, match=r"rule must be a Rule, such as Puct\(\)"):
        search(rule="puct")
    with pytest.raises(ValueError, match="mask must be bool of shape"):
        search(mask=mask[:, :2])
    with pytest.raises(ValueError, match=r"root.prior_logits must be float64"):
        search(root=root._replace(prior_logits=tf.zeros([2, 3])))
    with pytest.raises(ValueError, match=r"root.value must be floating of shape \[B\]"):
        search(root=root._replace(value=tf.zeros([2, 1])))
    with pytest.raises(ValueError, match="the model's reward must be float32"):
        search(root=naive.roots(2, 3, tf.float32)[0])
