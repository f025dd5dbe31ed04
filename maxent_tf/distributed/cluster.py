"""Ray: a connection to a cluster, or a cluster of this machine's cores for the time of a call."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

# Before a process of Ray does anything: each would otherwise start a thread for every core of the
# machine, and the processes would wait for one another.
ONE_THREAD: dict[str, Any] = {
    "env_vars": {
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
}


@contextlib.contextmanager
def connected(address: str | None, num_processes: int) -> Iterator[None]:
    """Connects to Ray for the time of a `with` block, unless the caller is connected already.

    Args:
      address: The address of a cluster, as `ray.init` takes it; None starts a cluster of this
        machine alone, without a dashboard and without usage statistics, and stops it at the end.
      num_processes: The number of processes that a cluster of this machine runs at once.
    """
    import ray

    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray counts cores; here, a process that waits for others needs none of its own.
    local: dict[str, Any] = {"num_cpus": num_processes, "include_dashboard": False}
    ray.init(
        address=address,
        log_to_driver=False,
        logging_level=logging.ERROR,
        **(local if address is None else {}),
    )
    try:
        yield
    finally:
        ray.shutdown()
