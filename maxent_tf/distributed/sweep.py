"""Independent jobs, such as the settings of an experiment, in several processes of Ray."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ray

from maxent_tf.distributed.cluster import ONE_THREAD, connected

# Of a job whose process dies, for example for want of memory. Then the job itself is the reason.
_RETRIES = 3


def sweep(
    jobs: Sequence[Callable[[], Any]], *, address: str | None = None
) -> Iterator[tuple[int, Any]]:
    """Runs jobs in processes of Ray, each with one thread, and yields their results as they come.

    A job whose process dies is run again, up to three times.

    Args:
      jobs: Functions without arguments, which can be pickled, and whose results can be pickled.
        `functools.partial` binds arguments.
      address: The address of a Ray cluster, as `ray.init` takes it. None runs a process for each
        core of this machine, unless the caller is already connected to Ray.

    Yields:
      The index of a job and its result, in the order in which the jobs end.

    Raises:
      Exception: The error that a job raised. The results of other jobs that were yielded before are
        not lost.
      ray.exceptions.WorkerCrashedError: If the process of a job died four times.
    """
    with connected(address, os.cpu_count() or 1):
        running = {_run.remote(job): index for index, job in enumerate(jobs)}
        try:
            while running:
                (ref,), _ = ray.wait(list(running))
                yield running.pop(ref), ray.get(ref)
        finally:
            for ref in running:
                ray.cancel(ref, force=True)


@ray.remote(num_cpus=1, max_retries=_RETRIES, runtime_env=ONE_THREAD)
def _run(job: Callable[[], Any]) -> Any:
    return job()
