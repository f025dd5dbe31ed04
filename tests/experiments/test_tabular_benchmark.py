"""The benchmark times things that are equal."""

import numpy as np
import pytest
import scipy.sparse

from experiments.benchmarks import tabular
from experiments.benchmarks.tabular import ALPHA, DENSE, HARD, PLAIN, SPARSE, TOOLBOX


def test_the_worlds_moves_are_those_of_a_plain_loop() -> None:
    # Oracle: one move at a time, with 0.8 as chosen and 0.1 to either side.
    world = tabular.torus(4)
    moves = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    dense = np.zeros((16, 4, 16))
    for s in range(16):
        for a in range(4):
            for turn, chance in ((0, 0.8), (1, 0.1), (-1, 0.1)):
                down, right = moves[(a + turn) % 4]
                dense[s, a, (s // 4 + down) % 4 * 4 + (s % 4 + right) % 4] += chance
    np.testing.assert_allclose(world.successors.dense(), dense, atol=1e-15)
    matrices = [x.toarray() for x in world.matrices()]
    np.testing.assert_allclose(np.stack(matrices, 1), dense, atol=1e-15)


def test_the_plain_peer_and_both_forms_agree() -> None:
    # Oracle: each other: SciPy's matrices, gathers, and dense products.
    results = [
        call().v for call in tabular.cases(tabular.torus(8), [SPARSE, DENSE, PLAIN]).values()
    ]
    for v in results[1:]:
        np.testing.assert_allclose(v, results[0], atol=2.1e-8)


def test_the_toolbox_and_ours_agree_without_entropy() -> None:
    # Oracle: each other; the toolbox's rule is 1e-8 for the span, at a horizon of 10.
    pytest.importorskip("mdptoolbox", reason="pymdptoolbox is of the extra `benchmarks`")
    hard, toolbox = tabular.cases(tabular.torus(8), [HARD, TOOLBOX]).values()
    np.testing.assert_allclose(toolbox().v, hard().v, atol=1e-5)


def test_the_toolbox_loop_is_what_the_shipped_constructor_would_run() -> None:
    # Oracle: pymdptoolbox itself, its constructor included.
    mdp = pytest.importorskip("mdptoolbox.mdp", reason="pymdptoolbox is of the extra `benchmarks`")
    world = tabular.torus(5)
    matrices = [scipy.sparse.csr_matrix(x) for x in world.matrices()]
    shipped = mdp.ValueIteration(matrices, world.reward, tabular.DISCOUNT, tabular.TOLERANCE)
    shipped.run()
    loop = tabular.toolbox(world)()
    assert loop.sweeps == shipped.iter
    np.testing.assert_allclose(loop.v, shipped.V, rtol=1e-14)


def test_a_sweep_reads_what_the_arrays_hold() -> None:
    # Oracle: the arrays' own sizes, with the values read and written.
    world = tabular.torus(6)
    m = tabular.process(world)
    held = [*(x.numpy().nbytes for x in m.transition), m.reward.numpy().nbytes, 2 * 8 * 36]
    assert tabular.traffic(36, dense=False) == sum(held)
    m = tabular.process(world, dense=True)
    held = [m.transition.numpy().nbytes, m.reward.numpy().nbytes, 2 * 8 * 36]
    assert tabular.traffic(36, dense=True) == sum(held)


def test_the_peers_bound_holds() -> None:
    # Oracle: our solution to 1e-12.
    world = tabular.torus(8)
    truth = tabular.ours(tabular.process(world), ALPHA, 1e-12).v
    (plain,) = tabular.cases(world, [PLAIN]).values()
    assert np.abs(plain().v - truth).max() <= 1e-8


@pytest.mark.slow
def test_a_million_states_take_less_than_four_gibibytes() -> None:
    # Limit: 4 GiB; measured by the operating system in a process of its own.
    assert tabular.peak_memory(1000, SPARSE) < 4
