"""The benchmark of scaling: what it counts, and what it concludes from made-up times."""

import os
import pathlib
import re
import threading

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from experiments.benchmarks.scaling import cases, figure
from experiments.benchmarks.scaling.__main__ import Arguments, main, sizes
from experiments.benchmarks.scaling.analysis import Curve, Limits, rows_of, table, turn
from experiments.benchmarks.scaling.cores import available, on_cores
from experiments.benchmarks.timing import Timing


def times(seconds: float, busy: float) -> Timing:
    return Timing(np.full(3, seconds), np.full(3, seconds * busy))


def affinities() -> list[set[int]]:
    threads = pathlib.Path("/proc/self/task").iterdir()
    return [os.sched_getaffinity(int(thread.name)) for thread in threads]


def test_all_threads_are_restricted_and_released() -> None:
    # Oracle: the kernel's own account of every thread, also of one that existed before.
    before, end = os.sched_getaffinity(0), threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        with on_cores(1):
            assert all(cores == {min(before)} for cores in affinities())
            assert len(affinities()) > 1
        assert all(cores == before for cores in affinities())
    finally:
        end.set()
        thread.join()
    with pytest.raises(ValueError, match=r"count must be in 1 \.\. "), on_cores(available() + 1):
        pass


def test_the_sizes_are_powers() -> None:
    # Oracle: by hand; logarithms of exact powers round down.
    assert sizes(4096, 4) == [1, 4, 16, 64, 256, 1024, 4096]
    assert sizes(5000, 4)[-1] == 4096
    assert sizes(1000, 10) == [1, 10, 100, 1000]


def test_the_amounts_are_the_work_that_was_done() -> None:
    # Oracles: rollouts of five steps, and states by sweeps; each call makes that much at least.
    (several,) = cases.learners([3])
    (many,) = cases.environments([4000])
    assert several.amount == 3 * 5 * 2000
    assert many.amount == 4000 * 5 * 4
    (solved,) = cases.states([100])
    assert solved.amount == 100 * 100 * 100
    m = mx.tabular.TabularMDP([[[1.0]]], [[1.0]], discount=0.9, initial=[1.0])
    solution = mx.tabular.soft_value_iteration(m, 0.1, tolerance=1e-8, max_iterations=100)
    assert int(solution.iterations) == 100


def test_the_operations_are_those_that_tensorflow_counts() -> None:
    # Oracle: the shapes of the matrix products in the gradient graph of the two networks.
    actor, critic = mx.networks.MLP(4, (64, 64), 2), mx.networks.MLP(4, (64, 64), 1)
    seed = tf.constant([0, 1])
    params = actor.init(seed, []), critic.init(seed, [])

    @tf.function(autograph=False)
    def step(params: tuple, x: tf.Tensor, next_x: tf.Tensor) -> tuple:
        with tf.GradientTape() as tape:
            tape.watch(params)
            total = tf.reduce_sum(actor.apply(params[0], x)) + tf.reduce_sum(
                critic.apply(params[1], x)
            )
        return (
            tape.gradient(total, params),
            actor.apply(params[0], next_x),
            critic.apply(params[1], next_x),
        )

    rows = 7  # more than one, which takes another path
    x = tf.zeros([rows, 4])
    graph = step.get_concrete_function(params, x, x).graph
    operations = 0
    for op in graph.get_operations():
        if "MatMul" in op.type:
            transposed = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
            inner = op.inputs[0].shape[-2 if transposed else -1]
            operations += 2 * op.outputs[0].shape.num_elements() * inner
    assert operations / rows == cases.operations_per_step()


def test_rows_turns_and_limits_follow_from_the_times(tmp_path: pathlib.Path) -> None:
    # Oracle: a made-up machine: a call costs 1 s and 1 s for each of its items, which are 6 units
    # of work; two cores take .75 of the wall time and are busy for .9 of it.
    amounts = {1: 6, 9: 54, 99: 594}
    timings = {}
    for size in amounts:
        timings[size, 1] = times(1 + size, 1.0)
        timings[size, 2] = times(0.75 * (1 + size), 1.8)
    rows = rows_of(cases.LEARNERS, amounts, timings)
    assert [row["rate_1"] for row in rows] == pytest.approx([3, 5.4, 5.94])
    assert [row["rate_2"] for row in rows] == pytest.approx([x / 1.35 for x in (3, 5.4, 5.94)])
    assert [row["gain"] for row in rows] == pytest.approx([1 / 0.75] * 3)
    assert turn(rows) == pytest.approx(5.94 / 3)
    operations, traffic = cases.operations_per_step(), cases.bytes_per_step()
    limits = Limits(operations=60 * operations, bytes=10 * traffic)
    assert limits.of(cases.LEARNERS) == pytest.approx(
        {"matrix products": 60, "memory bandwidth": 10}
    )
    assert limits.of(cases.ENVIRONMENTS) == pytest.approx({"matrix products": 60})
    curve = Curve(rows, limits)
    assert "| 59% " in table(curve)
    figure.draw({cases.LEARNERS: curve, cases.STATES: curve}).savefig(tmp_path / "figure.png")


def test_a_folder_keeps_the_axes_of_several_runs(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: the files, and the sizes in what is printed.
    for axis in ("environments", "states"):
        main(Arguments(output=tmp_path, axes=(axis,), rounds=1, largest=4, states=1000))
    assert {path.name for path in tmp_path.iterdir()} == {
        "environments.json",
        "states.json",
        "scaling.png",
    }
    printed = capsys.readouterr().out
    assert re.search(r"\| states +\| 1,024 ", printed)
    assert "The curve of environments turns at" in printed
