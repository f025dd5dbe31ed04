"""What importing the package does, in a process of its own."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PROGRAM = """
import json, logging, os, sys, tempfile
import tensorflow as tf
import tensorflow_probability as tfp
tfp.distributions.Normal  # Loaded at its first use.
def settings():
    names = [None, "absl", "tensorflow"]  # None: the root logger
    loggers = [(logging.getLogger(name).level, logging.getLogger(name).filters) for name in names]
    return [dict(os.environ), str(loggers), str(logging.root.handlers)]
had = settings()
before = set(sys.modules)
with tempfile.TemporaryFile() as printed:
    streams = [os.dup(1), os.dup(2)]
    os.dup2(printed.fileno(), 1), os.dup2(printed.fileno(), 2)
    import maxent_tf
    for name in maxent_tf.__all__:
        getattr(maxent_tf, name)
    sys.stdout.flush(), sys.stderr.flush()
    os.dup2(streams[0], 1), os.dup2(streams[1], 2)
    printed.seek(0)
    text = printed.read().decode()
try:  # Refused once TensorFlow has looked at its devices.
    tf.config.threading.set_inter_op_parallelism_threads(1)
    untouched = True
except RuntimeError:
    untouched = False
loaded = sorted({name.split(".")[0] for name in set(sys.modules) - before})
print("REPORT" + json.dumps({"text": text, "loaded": loaded, "untouched": untouched,
                            "unset": had == settings()}))
"""


@pytest.fixture(scope="module")
def report() -> dict:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.split("REPORT")[1])


def test_import_is_quiet(report: dict) -> None:
    assert report["text"] == ""


def test_import_loads_nothing_that_is_not_needed(report: dict) -> None:
    # Beyond what TensorFlow and TFP have loaded themselves.
    assert "maxent_tf" in report["loaded"]
    heavy = {"keras", "tf_keras", "gymnasium", "matplotlib", "tf_agents", "ray", "scipy", "tqdm"}
    heavy |= {"tyro"}
    assert heavy.isdisjoint(report["loaded"])


def test_tensorflow_is_loaded_when_it_is_needed() -> None:
    # Oracle: the modules that Python has loaded, before and after the first use of a name.
    program = "import sys, maxent_tf as mx; print('tensorflow' in sys.modules); "
    program += "mx.learners; print('tensorflow' in sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_import_leaves_the_devices_alone(report: dict) -> None:
    # A user may still choose devices and threads, which TensorFlow allows before its first tensor.
    assert report["untouched"]


def test_import_changes_no_logging_and_no_environment_variable(report: dict) -> None:
    # Oracle: the variables and loggers as they were once TensorFlow was loaded.
    assert report["unset"]
