"""The lock on a directory of checkpoints, so that two runs never write to it at the same time."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
import warnings
import weakref
from typing import Any

from maxent_tf.training.result import CheckpointError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NAME = "writer.lock"


class WriterLock:
    """The right to write checkpoints to a directory, held until `release`.

    The operating system holds the lock on a file in the directory. It frees the lock when the
    process ends, for whatever reason. A list of processes would not do, because process numbers are
    used again, and because a restarted container has another host name. The file says who holds the
    lock. A file that exists while nobody holds the lock was left by a process that was killed.

    Args:
      directory: The directory, which is made if it does not exist.

    Raises:
      CheckpointError: If another run holds the lock, or if the directory cannot be written to.
    """

    def __init__(self, directory: str):
        path = os.path.join(directory, NAME)
        try:
            os.makedirs(directory, exist_ok=True)
            descriptor = self._acquire(path, directory)
            if descriptor is None:
                self._release: weakref.finalize = weakref.finalize(self, lambda: None)
                return
            _warn_of_the_dead(os.pread(descriptor, 4096, 0), directory)
            with contextlib.suppress(OSError):  # on a full disk the lock holds without a name
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, _this_process(), 0)
        except OSError as error:
            raise CheckpointError(
                f"checkpoint_dir={directory!r} cannot be written to: {error}. Make it writable, or "
                "name another checkpoint_dir; maxent_tf.training.load needs only to read."
            ) from error
        # Also when the object is collected or the interpreter ends.
        self._release = weakref.finalize(self, _release, path, descriptor, os.getpid())
        _held.add(self)
        self._descriptor = descriptor

    @property
    def held(self) -> bool:
        """Whether the lock has not been released."""
        return self._release.alive

    def release(self) -> None:
        """Releases the directory, so that others can write to it."""
        self._release()

    def forget(self) -> None:
        """Closes the file in a forked child, which would keep the lock after the parent's end."""
        if self._release.detach() is not None:
            os.close(self._descriptor)

    def _acquire(self, path: str, directory: str) -> int | None:
        """Returns the locked file, or None, with a warning, where there are no locks."""
        while fcntl is not None:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = _owner(os.pread(descriptor, 4096, 0))
                os.close(descriptor)
                raise CheckpointError(
                    f"checkpoint_dir={directory!r} is being written to by {owner}. Wait for that "
                    "run, end it (close its Trainer), or name another checkpoint_dir; "
                    "maxent_tf.training.load reads checkpoints while they are written."
                ) from None
            except OSError:  # a file system without locks
                os.close(descriptor)
                os.unlink(path)
                break
            # Its owner may have removed the file after it was opened here: then it guards nothing.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return descriptor
            os.close(descriptor)
        warnings.warn(
            f"checkpoint_dir={directory!r} cannot be locked here: make sure that no other run "
            "writes to it.",
            RuntimeWarning,
            stacklevel=6,
        )
        return None


_held: weakref.WeakSet[WriterLock] = weakref.WeakSet()


def _forget_all() -> None:
    for lock in [*_held]:
        lock.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _release(path: str, descriptor: int, process: int) -> None:
    if os.getpid() == process:
        # While the lock is held: afterwards the file may be another's.
        with contextlib.suppress(OSError):
            os.unlink(path)
        os.close(descriptor)


def _this_process() -> bytes:
    since = time.strftime("%Y-%m-%d %H:%M:%S %z")
    return json.dumps(
        {"process": os.getpid(), "host": socket.gethostname(), "since": since}
    ).encode()


def _owner(content: bytes) -> str:
    """Returns a description of the process that wrote a lock file."""
    try:
        owner: Any = json.loads(content)
        name = f"process {owner['process']} on host {owner['host']} since {owner['since']}"
    except (ValueError, KeyError, TypeError):  # it is being written
        return "another process"
    if (owner["process"], owner["host"]) == (os.getpid(), socket.gethostname()):
        return f"another Trainer of this process ({name})"
    return name


def _warn_of_the_dead(content: bytes, directory: str) -> None:
    if content:
        warnings.warn(
            f"{_owner(content)} wrote to checkpoint_dir={directory!r} and ended without closing "
            "it, as a killed run does. This run takes its place.",
            RuntimeWarning,
            stacklevel=6,
        )
