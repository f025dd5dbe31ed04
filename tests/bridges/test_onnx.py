"""Policies of ONNX, run by onnxruntime. Oracle: the learners, in the whole batch."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest

from tests.bridges.exported import INDEX, case
from tests.contracts.learners import LEARNERS, PLANNING
from tests.policies.policies import OWN, trained

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

from maxent_tf.bridges.onnx import export_onnx

CORE = (*OWN, "sac_by_the_state", "soft_dqn_parts", "bootstrapped_dqn")
SPARSE = "soft_dqn"
PROGRAM = pathlib.Path(__file__).with_name("onnx_models.py")


def check(names: tuple[str, ...], folder: pathlib.Path) -> None:
    """Holds policies, run in a process with onnxruntime alone, to their learners."""
    expected = {}
    for name in names:
        learner, state = trained(name)
        export_onnx(learner, state, folder / f"{name}.onnx", index=INDEX)
        inputs, outputs = case(learner, state)
        np.savez(folder / f"{name}.npz", **inputs)
        expected[name] = {
            "action": outputs.pop("deterministic/action"),
            **{
                key.removeprefix("parameters/"): value
                for key, value in outputs.items()
                if key.startswith("parameters/")
            },
        }
        if "deterministic/memory" in outputs:
            expected[name]["next_memory"] = outputs["deterministic/memory"]
    done = subprocess.run(
        [sys.executable, PROGRAM, folder], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for name, outputs in expected.items():
        found = dict(np.load(folder / f"{name}.out.npz"))
        assert outputs.keys() == found.keys(), name
        for key, value in outputs.items():
            np.testing.assert_allclose(
                found[key], value, rtol=1e-6, atol=1e-6, err_msg=f"{name} {key}"
            )
            assert found[key].dtype == value.dtype, (name, key)


def test_policies_act_as_their_learners_in_onnxruntime(tmp_path: pathlib.Path) -> None:
    # Oracle: the learners themselves, on the same observations.
    check(CORE, tmp_path)


@pytest.mark.slow
def test_the_policies_of_all_learners_do(tmp_path: pathlib.Path) -> None:
    check(tuple(name for name in LEARNERS if name not in (*CORE, *PLANNING, SPARSE)), tmp_path)


def test_an_operation_that_is_not_known_is_named(tmp_path: pathlib.Path) -> None:
    # Oracle: a sparse policy searches its support in a loop. Nothing is written.
    learner, state = trained(SPARSE)
    with pytest.raises(ValueError, match=r"computes StatelessWhile .*does not know"):
        export_onnx(learner, state, tmp_path / "policy.onnx", index=INDEX)
    assert not list(tmp_path.iterdir())
