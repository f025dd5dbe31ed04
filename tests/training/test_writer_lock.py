"""The lock on a directory of checkpoints, held by processes that live, die and fork."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import pytest

from maxent_tf.training import CheckpointError
from maxent_tf.training.writer_lock import NAME, WriterLock

HOLD = """
import sys, time
from maxent_tf.training.writer_lock import WriterLock
lock = WriterLock(sys.argv[1])
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def other(tmp_path: pathlib.Path) -> subprocess.Popen:
    """A process that holds the lock of `tmp_path`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        env={"PYTHONPATH": str(pathlib.Path(__file__).parents[2]), "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_until_the_first_is_killed(
    tmp_path: pathlib.Path, other: subprocess.Popen
) -> None:
    # Oracle: the number that the operating system gave the other process.
    owner = rf"process {other.pid} on host {socket.gethostname()} since \d{{4}}-\d\d-\d\d"
    with pytest.raises(CheckpointError, match=rf"being written to by {owner}.*Wait.*load"):
        WriterLock(str(tmp_path))
    assert json.loads((tmp_path / NAME).read_text())["process"] == other.pid
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    with pytest.warns(RuntimeWarning, match=rf"^{owner}.*without closing.*takes its place"):
        lock = WriterLock(str(tmp_path))
    assert json.loads((tmp_path / NAME).read_text())["process"] == os.getpid()
    lock.release()


@pytest.mark.filterwarnings("error")
def test_one_process_holds_it_once_and_leaves_nothing_behind(tmp_path: pathlib.Path) -> None:
    # Oracle: reading the file, as a copy of the directory does, must not free the lock either.
    directory = tmp_path / "new" / "run"
    first = WriterLock(str(directory))
    for _ in range(2):
        with pytest.raises(CheckpointError, match=rf"another Trainer of this .*{os.getpid()}"):
            WriterLock(str(directory / ".." / "run"))
        (directory / NAME).read_bytes()
    assert first.held
    first.release()
    first.release()
    assert not first.held
    assert [*directory.iterdir()] == []
    WriterLock(str(directory)).release()


@pytest.mark.filterwarnings("error")
def test_a_lock_that_nobody_refers_to_is_free(tmp_path: pathlib.Path) -> None:
    WriterLock(str(tmp_path))
    WriterLock(str(tmp_path)).release()


def test_a_forked_child_neither_keeps_the_lock_nor_frees_it(tmp_path: pathlib.Path) -> None:
    # Oracle: the parent's lock alone decides, while the child lives and after it has ended.
    lock = WriterLock(str(tmp_path))
    ended, end = os.pipe()
    child = os.fork()
    if child == 0:
        lock.release()
        os.close(end)
        os.read(ended, 1)  # until the parent closes its end
        os._exit(0)
    os.close(ended)
    time.sleep(0.05)
    with pytest.raises(CheckpointError, match="another Trainer of this process"):
        WriterLock(str(tmp_path))
    lock.release()
    WriterLock(str(tmp_path)).release()
    os.close(end)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_lock_file_that_says_nothing_guards_nothing(
    tmp_path: pathlib.Path, content: bytes
) -> None:
    (tmp_path / NAME).write_bytes(content)
    if content:
        with pytest.warns(RuntimeWarning, match="^another process wrote"):
            WriterLock(str(tmp_path)).release()
    else:
        WriterLock(str(tmp_path)).release()


def test_a_directory_that_cannot_be_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"file' cannot be written to: .*exists"):
        WriterLock(str(tmp_path / "file"))


def test_without_locks_it_is_said(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Oracle: what a file system without locks answers.
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(RuntimeWarning, match="cannot be locked here"):
        lock = WriterLock(str(tmp_path))
    assert lock.held
    lock.release()
    assert not lock.held
