"""What the commands of the package and of the experiments print on the error stream.

Oracle: the stream itself, of a process of its own that starts as a user's does.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

from maxent_tf import quiet

ROOT = pathlib.Path(__file__).parents[1]
# How TensorFlow begins a line: a severity with a date, or a time stamp, or its logger's name.
FROM_TENSORFLOW = re.compile(
    r"^([IWEF]\d{4} |\d{4}-\d\d-\d\d |WARNING:)|absl|oneDNN|cuInit|tensorflow:", re.MULTILINE
)


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != quiet.LEVEL}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
    )


def test_a_command_prints_no_line_of_tensorflow(tmp_path: pathlib.Path) -> None:
    # The command looks for devices, compiles with XLA, and traces one program for each of several
    # worlds: without precautions it prints lines of each kind.
    done = run(
        *("-m", "experiments.deep_sea_exact", "--sizes", "2", "3", "4", "5", "6", "7", "8"),
        *("--count", "3", "--output", str(tmp_path)),
    )
    assert done.returncode == 0, done.stderr
    assert not FROM_TENSORFLOW.search(done.stderr + done.stdout), done.stderr


def test_the_command_line_prints_no_line_of_tensorflow(tmp_path: pathlib.Path) -> None:
    # Training looks for devices, traces programs and compiles them with XLA.
    sizes = ("--hidden-sizes", "8", "--learning-starts", "64")
    for arguments in (
        ("train", "sac", "Pendulum-v1", "--steps", "80", *sizes, "--run", str(tmp_path)),
        ("evaluate", str(tmp_path), "--episodes", "1"),
        ("export", str(tmp_path), "--format", "tflite"),
        ("info",),
    ):
        done = run("-m", "maxent_tf", *arguments)
        assert done.returncode == 0, done.stderr
        assert not FROM_TENSORFLOW.search(done.stderr + done.stdout), done.stderr


def test_a_warning_from_python_is_shown() -> None:
    # Oracle: the text of the warning itself, which is not the one of retracing.
    done = run("-c", "import experiments, tensorflow as tf; tf.get_logger().warning('Beware.')")
    assert "Beware." in done.stderr


def test_the_user_may_ask_for_every_line() -> None:
    # Oracle: TensorFlow, which logs to whoever sets 0 what its CPU kernels are compiled for.
    done = run("-c", "import experiments", **{quiet.LEVEL: "0"})
    assert "TensorFlow binary is optimized" in done.stderr


def test_a_failed_import_is_shown(tmp_path: pathlib.Path) -> None:
    # A stand-in for TensorFlow that says why it dies, as the real one does on an old processor.
    (tmp_path / "tensorflow.py").write_text(
        "import os\n"
        "os.write(2, b'I0000 00:00:1.0 7 stub.cc:31] Could not find cuda drivers.\\n')\n"
        "os.write(2, b'F0000 00:00:1.0 7 guard.cc:9] This processor has no AVX.\\n')\n"
        "os.abort()\n"
    )
    done = run("-c", "import experiments", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert done.returncode != 0
    assert done.stderr.splitlines() == ["F0000 00:00:1.0 7 guard.cc:9] This processor has no AVX."]


@pytest.mark.parametrize(
    ("line", "harmless"),
    [
        ("I0000 00:00:1795925442.75 19553 cudart_stub.cc:31] Could not find cuda drivers", True),
        ("WARNING: All log messages before absl::InitializeLog() is called are written", True),
        ("E0000 00:00:1.5 9 cuda_fft.cc:477] Unable to register cuFFT factory: one has already "
         "been registered", True),
        ("E0000 00:00:1.5 9 cuda_platform.cc:52] failed call to cuInit: OUT_OF_MEMORY", False),
        ("ImportError: libcudart.so.12: cannot open shared object file", False),
        ("In the text: I0000 00:00:1.5", False),
    ],
)  # fmt: skip
def test_only_what_is_harmless_is_dropped(line: str, harmless: bool) -> None:
    # Oracle: by hand, from the logs of TensorFlow 2.18 and 2.21.
    assert bool(quiet.HARMLESS.match(line)) == harmless
