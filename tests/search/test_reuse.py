"""Going on with a tree, and with the part of a tree below an action."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from tests.search import naive

PUCT, ACTIONS = mx.search.Puct(noise_fraction=0.0), 4


def grown(root: Any, simulations: int, tree: Any = None, mask: Any = None, rule: Any = PUCT) -> Any:
    @tf.function(autograph=False)
    def search(root: Any, tree: Any, mask: Any) -> Any:
        return mx.search.search(
            naive.model(ACTIONS), None, root, simulations, rule, mask=mask, tree=tree, seed=0
        )

    return search(root, tree, mask)


def linked(tree: Any, b: int) -> list[tuple[Any, ...]]:
    """The rows of a tree in depth-first order, by actions, without their numbers."""
    rows, pending = [], [(0, ())]
    while pending:
        row, path = pending.pop()
        rows.append(
            (path, tree.visits[b, row], tree.q[b, row], tree.log_prior[b, row], tree.value[b, row],
             tree.embedding[b, row])
        )  # fmt: skip
        for action in np.flatnonzero(tree.child[b, row]):
            child = int(tree.child[b, row, action])
            assert tree.edge[b, child] == row * ACTIONS + action
            pending.append((child, (*path, action)))
    return rows


def assert_same(left: Any, right: Any, b: int) -> None:
    pairs = zip(linked(left, b), linked(right, b), strict=True)
    for one, other in pairs:
        assert one[0] == other[0]
        for x, y in zip(one[1:], other[1:], strict=True):
            np.testing.assert_array_equal(x, y)


def test_going_on_is_one_longer_search() -> None:
    # Oracle: the search of all simulations at once.
    root, mask = naive.roots(4, ACTIONS)
    tree = grown(root, 30, grown(root, 50, mask=mask), mask)
    whole = grown(root, 80, mask=mask)
    for b in range(4):
        assert_same(tree, whole, b)
    np.testing.assert_array_equal(tree.outcome.policy, whole.outcome.policy)
    np.testing.assert_array_equal(tree.size, [81] * 4)


def test_gumbel_halves_by_the_visits_of_its_own_search() -> None:
    # Oracle: the halving of four candidates by hand, in which two are dropped after one visit each.
    # Counted with the visits of the search before, no candidate would have the visits that the
    # schedule asks for, and the lowest number would be taken each time.
    root, _ = naive.roots(4, ACTIONS)
    tree = grown(root, 20, rule=mx.search.Gumbel())
    more = grown(root, 12, tree, rule=mx.search.Gumbel())
    new = np.sort(more.visits[:, 0] - tree.visits[:, 0], axis=-1)
    np.testing.assert_array_equal(new, [[1, 1, 5, 5]] * 4)
    winner = np.argmax(more.outcome.policy, axis=-1)
    own = np.take_along_axis(np.asarray(more.visits[:, 0] - tree.visits[:, 0]), winner[:, None], 1)
    np.testing.assert_array_equal(own[:, 0], 5)


def below(tree: Any, action: np.ndarray) -> Any:
    """The roots that the actions led to."""
    rows = [int(tree.child[b, 0, a]) for b, a in enumerate(action)]
    at = [(b, row) for b, row in enumerate(rows)]
    return mx.search.Root(
        *(tf.gather_nd(x, at) for x in (tree.log_prior, tree.value, tree.embedding))
    )


def test_the_subtree_is_kept_as_it_is() -> None:
    # Oracle: the old tree from the child on. A search from the child then goes on as the old one
    # does below it: visits grow by the simulations.
    root, mask = naive.roots(4, ACTIONS)
    tree = grown(root, 80, mask=mask)
    action = np.argmax(np.where(tree.child[:, 0] > 0, tree.visits[:, 0], -1), -1).astype(np.int32)
    kept = mx.search.descend(tree, action)
    for b in range(4):
        old = [row for row in linked(tree, b) if row[0][:1] == (action[b],)]
        new = linked(kept, b)
        assert [row[0][1:] for row in old] == [row[0] for row in new]
        for one, other in zip(old, new, strict=True):
            for x, y in zip(one[1:], other[1:], strict=True):
                np.testing.assert_array_equal(x, y)
        assert kept.size[b] == len(new)
    more = grown(below(tree, action), 20, kept)
    np.testing.assert_array_equal(
        tf.reduce_sum(more.visits[:, 0], -1), tf.reduce_sum(kept.visits[:, 0], -1) + 20
    )
    np.testing.assert_array_equal(more.size, kept.size + 20)


@pytest.mark.parametrize("num_nodes", [1, 5, 200])
def test_a_smaller_tree_keeps_its_oldest_nodes_and_can_be_gone_on_with(num_nodes: int) -> None:
    # Oracle: the whole subtree, of which a part keeps its links and all of the part its visits.
    root, mask = naive.roots(4, ACTIONS)
    tree = grown(root, 80, mask=mask)
    action = np.argmax(np.where(tree.child[:, 0] > 0, tree.visits[:, 0], -1), -1).astype(np.int32)
    whole = mx.search.descend(tree, action)
    part = mx.search.descend(tree, action, num_nodes=num_nodes)
    assert part.visits.shape == [4, num_nodes, ACTIONS]
    for b in range(4):
        rows = {row[0]: row for row in linked(whole, b)}
        found = linked(part, b)
        assert len(found) == min(num_nodes, int(whole.size[b])) == part.size[b]
        for row in found:
            np.testing.assert_array_equal(row[1], rows[row[0]][1])
            np.testing.assert_array_equal(row[2], rows[row[0]][2])
    more = grown(below(tree, action), 20, part)
    np.testing.assert_array_equal(
        tf.reduce_sum(more.visits[:, 0], -1), tf.reduce_sum(part.visits[:, 0], -1) + 20
    )


def test_below_an_action_that_was_not_tried_nothing_is_left() -> None:
    # Oracle: a new search.
    root, mask = naive.roots(2, ACTIONS)
    tree = grown(root, 3, mask=mask)
    action = np.argmin(tree.child[:, 0], -1).astype(np.int32)
    assert np.all(tf.gather(tree.child[:, 0], action, batch_dims=1) == 0)
    again = grown(root, 10, mx.search.descend(tree, action, num_nodes=1), mask)
    new = grown(root, 10, mask=mask)
    for b in range(2):
        assert_same(again, new, b)
