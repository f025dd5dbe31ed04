"""Policies of TensorFlow Lite. Oracle: the learners, in the whole batch."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest

from maxent_tf.bridges.tflite import export_tflite
from tests.bridges.exported import INDEX, case
from tests.contracts.learners import LEARNERS, PLANNING
from tests.policies.policies import trained

# Images of a batch of learners have six axes, more than LiteRT slices.
CORE = ("sac", "a2c_memory", "ppo_several", "soft_dqn_parts")
PROGRAM = pathlib.Path(__file__).with_name("tflite_models.py")


def check(names: tuple[str, ...], folder: pathlib.Path) -> None:
    """Holds policies, run by LiteRT in a process of its own, to their learners."""
    expected = {}
    for name in names:
        learner, state = trained(name)
        export_tflite(learner, state, folder / f"{name}.tflite", index=INDEX)
        inputs, outputs = case(learner, state)
        np.savez(folder / f"{name}.npz", **inputs)
        expected[name] = {
            # TensorFlow's converter writes minus infinity as the lowest number.
            key: np.nan_to_num(value, neginf=np.finfo(np.float32).min)
            for key, value in outputs.items()
            if key.split("/")[0] in ("deterministic", "parameters", "initial_memory")
        }
    done = subprocess.run(
        [sys.executable, PROGRAM, folder], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    for name, outputs in expected.items():
        found = dict(np.load(folder / f"{name}.out.npz"))
        assert outputs.keys() == found.keys(), name
        for key, value in outputs.items():
            np.testing.assert_allclose(
                found[key], value, rtol=1e-6, atol=1e-6, err_msg=f"{name} {key}"
            )


def test_policies_act_as_their_learners_in_litert(tmp_path: pathlib.Path) -> None:
    # Oracle: the learners themselves, on the same observations.
    check(CORE, tmp_path)


@pytest.mark.slow
def test_the_policies_of_all_learners_do(tmp_path: pathlib.Path) -> None:
    check(tuple(name for name in LEARNERS if name not in (*CORE, *PLANNING)), tmp_path)


def test_double_precision_is_refused(tmp_path: pathlib.Path) -> None:
    # Oracle: a learner that normalises. Nothing is written.
    learner, state = trained("masked")
    with pytest.raises(ValueError, match="normalises observations in float64"):
        export_tflite(learner, state, tmp_path / "masked.tflite", index=INDEX)
    assert not list(tmp_path.iterdir())
