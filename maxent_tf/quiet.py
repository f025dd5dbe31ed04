"""Loads TensorFlow without the lines that it prints about itself and that need no action.

TensorFlow reads `TF_CPP_MIN_LOG_LEVEL` once, when it is loaded. Some of its libraries print before
they have read it. So both the variable is set and the error stream is filtered, around the first
import.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

LEVEL = "TF_CPP_MIN_LOG_LEVEL"

# The lines of information (I0000 ...), and the lines that TensorFlow 2.16 to 2.20 report as errors
# on every machine.
HARMLESS = re.compile(
    r"I\d{4} \d\d:\d\d:"
    r"|WARNING: All log messages before absl::InitializeLog\(\)"
    r"|[EW]\d{4} .*(already been registered|already registered)"
)
# Warnings from Python, by the logger that they come from. A command compares many environments or
# learners and compiles a program for each of them, as it should, and takes no gradients of the
# policies that it exports.
_EXPECTED = {
    "tensorflow": "triggered tf.function retracing",
    "absl": "with ops with unsaved custom gradients",
}
# A process of its own reads the stream. If this process dies in the import, as TensorFlow does on a
# processor that it was not compiled for, its last words are still shown.
_FILTER = """
import re, sys
for line in sys.stdin:
    if not re.match(sys.argv[1], line):
        print(line, end="", file=sys.stderr, flush=True)
"""


def load_tensorflow() -> None:
    """Imports TensorFlow and drops the harmless lines that it prints from C++.

    Errors stay visible where they matter: exceptions everywhere, and on a machine with a GPU what
    TensorFlow logs as an error, such as the reason why it cannot use the GPU. Without a GPU, the
    error that TensorFlow logs says only that there is none.

    TensorFlow's warnings from Python stay, except for two that say what a command means to do: that
    it traces many programs, and that gradients of an exported policy are not stored.

    A value of `TF_CPP_MIN_LOG_LEVEL` that the user has set is respected: 0 shows every line. Where
    TensorFlow is loaded already, nothing happens.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault(LEVEL, "2" if _has_gpu() else "3")
    with contextlib.nullcontext() if os.environ[LEVEL] == "0" else _without_harmless_lines():
        import tensorflow  # noqa: F401
    for name, text in _EXPECTED.items():
        logging.getLogger(name).addFilter(functools.partial(_lacks, text))


def _lacks(text: str, record: logging.LogRecord) -> bool:
    return text not in record.getMessage()


def _has_gpu() -> bool:
    # The devices of NVIDIA's driver for Linux, and of Windows' subsystem for Linux.
    devices = pathlib.Path("/dev")
    return any(devices.glob("nvidia[0-9]*")) or (devices / "dxg").exists()


@contextlib.contextmanager
def _without_harmless_lines() -> Iterator[None]:
    sys.stderr.flush()
    stream = os.dup(2)
    command = [sys.executable, "-S", "-E", "-c", _FILTER, HARMLESS.pattern]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        assert reader.stdin is not None
        os.dup2(reader.stdin.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stream, 2)
            os.close(stream)
