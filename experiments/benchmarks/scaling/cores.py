"""The restriction of this process to some of its cores, for a while."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator

# There is one entry for each thread: a restriction holds for one thread, and XLA's threads exist
# already.
_THREADS = pathlib.Path("/proc/self/task")


def available() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


@contextlib.contextmanager
def on_cores(count: int) -> Iterator[None]:
    """Restricts all threads of this process to `count` of its cores, within this context.

    So one process can be timed with one core and with several in turn, without a new start or a new
    compilation. The restriction needs Linux.

    Raises:
      ValueError: If the process may not use that many cores.
    """
    before = os.sched_getaffinity(0)
    if not 1 <= count <= len(before):
        raise ValueError(f"count must be in 1 .. {len(before)}, the cores at hand, not {count}.")
    try:
        _restrict(set(sorted(before)[:count]))
        yield
    finally:
        _restrict(before)


def _restrict(cores: set[int]) -> None:
    for thread in _THREADS.iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread.name), cores)
