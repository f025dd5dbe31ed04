"""Exported policies in a process without this package. Oracle: the learners, in the whole batch."""

import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from maxent_tf.bridges.saved_model import export
from maxent_tf.learners import SAC, SACConfig
from tests.bridges.exported import INDEX, case
from tests.contracts.learners import CONTINUOUS, LEARNERS, PLANNING, single
from tests.policies.policies import OWN, trained

CORE = (*OWN, "sac", "sql", "munchausen_dqn", "bootstrapped_dqn")
PROGRAM = pathlib.Path(__file__).with_name("saved_models.py")


def export_all(names: tuple[str, ...], folder: pathlib.Path) -> dict[str, Any]:
    """Exports learners and returns what their policies must give; see `exported.case`."""
    expected = {}
    for name in names:
        learner, state = trained(name)
        export(learner, state, folder / name, index=INDEX)
        inputs, expected[name] = case(learner, state)
        np.savez(folder / f"{name}.npz", **inputs)
    return expected


def check(names: tuple[str, ...], folder: pathlib.Path) -> None:
    """Holds exported policies, run in one process of their own, to their learners."""
    expected = export_all(names, folder)
    done = subprocess.run(
        [sys.executable, "-I", PROGRAM, folder], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for name, outputs in expected.items():
        found = dict(np.load(folder / f"{name}.out.npz"))
        # What has no density is drawn from alone: its draws are compared below.
        assert outputs.keys() | {"sample/action"} == found.keys(), name
        for key, value in outputs.items():
            # Relative: the density of an action on a bound can be hundreds of nats.
            np.testing.assert_allclose(
                found[key], value, rtol=1e-6, atol=1e-6, err_msg=f"{name} {key}"
            )
            assert found[key].dtype == value.dtype, (name, key)


def test_policies_act_as_their_learners_where_there_is_only_tensorflow(
    tmp_path: pathlib.Path,
) -> None:
    check(CORE, tmp_path)


@pytest.mark.slow
def test_the_policies_of_all_learners_do(tmp_path: pathlib.Path) -> None:
    check(tuple(name for name in LEARNERS if name not in (*CORE, *PLANNING)), tmp_path)


def test_a_density_that_is_unknown_has_no_signature(tmp_path: pathlib.Path) -> None:
    # Oracle: the learner alone, of batch shape [], draws the same for the same seed.
    learner, state = trained("sql")
    export(learner, state, tmp_path / "sql", index=INDEX)
    signatures = tf.saved_model.load(str(tmp_path / "sql")).signatures
    assert set(signatures) == {"deterministic", "sample"}
    own = tf.nest.map_structure(
        lambda x: x[INDEX] if x.shape[:2] == learner.batch_shape else x, state
    )
    seen = tf.random.stateless_normal([5, 3], [0, 1])
    drawn = signatures["sample"](observation=seen, seed=tf.constant([2, 3]))["action"]
    expected = single("sql", INDEX).policy(own, seen).sample(seed=[2, 3])
    np.testing.assert_allclose(drawn, expected, atol=1e-6)


def test_what_is_stored_is_small_and_plain(tmp_path: pathlib.Path) -> None:
    # Oracle: the sizes of the actor's layers, and the names of TensorFlow's operations.
    learner = SAC(CONTINUOUS, SACConfig(hidden_sizes=(16, 8)))
    export(learner, learner.init(0), tmp_path / "sac")
    variables = tf.train.list_variables(str(tmp_path / "sac" / "variables" / "variables"))
    stored = sum(int(np.prod(shape)) for name, shape in variables if name.startswith("parameters"))
    assert stored == (3 + 1) * 16 + (16 + 1) * 8 + (8 + 1) * 4
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((tmp_path / "sac" / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    ops = {
        node.op
        for part in (graph, *graph.library.function)
        for node in (part.node if hasattr(part, "node") else part.node_def)
    }
    assert not [op for op in ops if "PyFunc" in op or "ReadFile" in op or "WriteFile" in op]
    assert b"maxent_tf" not in model.SerializeToString()
