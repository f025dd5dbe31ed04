"""The benchmark of search: equal work, and its table. Oracles: NumPy, mctx, numbers by hand."""

from __future__ import annotations

import importlib
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from experiments.benchmarks import search
from experiments.benchmarks.peers import search_model
from experiments.benchmarks.search import GAME, NETWORK, OURS, PEER, Shape
from experiments.benchmarks.timing import Timing

SHAPE = Shape(roots=3, actions=4, simulations=6)


def timing(wall: list[float], cpu: list[float]) -> Timing:
    return Timing(np.array(wall), np.array(cpu))


def test_the_game_has_values_of_its_own_in_every_state() -> None:
    # Oracle: the numbers of one state and action, by hand in whole numbers.
    step, state = search.game(4)(None, tf.constant([7, 9]), tf.constant([2, 0]), None)
    assert state.numpy().tolist() == [7 * 31 + 2, 9 * 31]
    expected = [(219 * 75 + i * 7919) % 65537 / 65537 for i in range(6)]
    np.testing.assert_allclose([step.reward[0], step.value[0]], expected[:2], rtol=1e-6)
    np.testing.assert_allclose(step.prior_logits[0], expected[2:], rtol=1e-6)
    assert np.all(step.prior_logits[0] != step.prior_logits[1])


def test_the_network_is_its_layers() -> None:
    # Oracle: the layers in NumPy.
    model, kernels, root = search.work(NETWORK, SHAPE)
    action = np.array([3, 0, 1])
    step, embedding = model(kernels, root.embedding, tf.constant(action), None)
    x = np.concatenate([search_model.embeddings(3), np.eye(4)[action]], -1)
    first, second, last = search_model.weights(4)
    x = np.maximum(np.maximum(x @ first, 0) @ second, 0) @ last
    np.testing.assert_allclose(step.reward, x[:, 0], atol=1e-5)
    np.testing.assert_allclose(step.value, x[:, 1], atol=1e-5)
    np.testing.assert_allclose(step.prior_logits, x[:, 2:6], atol=1e-5)
    np.testing.assert_allclose(embedding, np.tanh(x[:, 6:]), atol=1e-5)


def test_the_network_alone_is_evaluated_once_for_each_simulation() -> None:
    # Oracle: a plain loop over the model.
    model, kernels, root = search.work(NETWORK, SHAPE)
    embedding, total = root.embedding, tf.zeros([3])
    for i in range(SHAPE.simulations):
        step, embedding = model(kernels, embedding, tf.fill([3], i % 4), None)
        total += step.reward + step.value + tf.reduce_max(step.prior_logits, -1)
    found = search.evaluations(NETWORK, SHAPE)(tf.constant([0, 1]))
    np.testing.assert_allclose(found, total, rtol=1e-4)


@pytest.mark.parametrize("model", [GAME, NETWORK])
def test_mctx_finds_the_same_without_noise(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Oracle: mctx itself, from the same roots, which have no ties to break by lot.
    jax = pytest.importorskip("jax", reason="jax and mctx are peers of the benchmark")
    pytest.importorskip("mctx", reason="jax and mctx are peers of the benchmark")
    monkeypatch.syspath_prepend(str(pathlib.Path(search_model.__file__).parent))
    cases = importlib.import_module("mctx_cases")
    shape = Shape(roots=16, actions=8, simulations=32)
    for name, option in (("PUCT", "dirichlet_fraction"), ("Gumbel", "gumbel_scale")):
        ours = search.search(search.RULES[name].without_noise(), model, shape)(tf.constant([0, 0]))
        theirs = cases.search(name, model, *shape, **{option: 0.0})(jax.random.PRNGKey(0))
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_row_compares_round_by_round() -> None:
    # Oracle: by hand. Theirs over ours by wall 2, 3, 8: 3; by CPU 1, 3, 2: 2. The quotient of
    # medians would be 4.
    timings = {
        (OURS, "PUCT"): timing([1.0, 2.0, 1.0], [2.0, 2.0, 4.0]),
        (OURS, None): timing([1.0, 1.0, 1.0], [1.0, 1.0, 1.0]),
        (PEER, "PUCT"): timing([2.0, 6.0, 8.0], [2.0, 6.0, 8.0]),
        (PEER, None): timing([1.0, 1.0, 1.0], [2.0, 2.0, 2.0]),
    }
    row = search.row(SHAPE, NETWORK, "PUCT", timings)
    assert (row["by_wall"], row["by_cpu"]) == (3, 2)
    assert (row["maxent_tf_overhead"], row["mctx_overhead"]) == (1, 2)
    amount = 3 * 6 * SHAPE.calls
    assert (row["maxent_tf_rate"], row["mctx_rate"]) == (amount, amount / 6)
    assert SHAPE.calls == 16_384 // 18


def test_without_peers_the_table_has_our_half_alone() -> None:
    # Oracle: the cells that are empty.
    versions: dict[str, str] = {}
    shape = Shape(roots=512, actions=4, simulations=8)
    rows = list(search.measured(shape, NETWORK, search.Arguments(rounds=1), versions))
    assert [row["rule"] for row in rows] == ["PUCT", "Gumbel"]
    assert versions == {}
    cells = [cell.strip() for cell in search.table(rows).splitlines()[-1].split("|")[1:-1]]
    assert cells[:3] == ["512, 4, 8", "network", "Gumbel"]
    assert [bool(cell) for cell in cells[3:]] == [True, True, *[False] * 4, True, False]
