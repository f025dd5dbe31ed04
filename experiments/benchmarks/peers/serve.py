"""The other end of `experiments.benchmarks.child.Child`; runs where only the peer is installed."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib import metadata


def serve(call: Callable[[], object], packages: tuple[str, ...]) -> None:
    """Makes a call once, reports the versions, and times a call for every line that comes in.

    Args:
      call: The call, which does the work once and blocks until the work is done.
      packages: The packages whose versions are reported.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever libraries print is no answer
    call()
    versions = {"python": platform.python_version()}
    print(json.dumps({**versions, **{p: metadata.version(p) for p in packages}}), file=answers)
    answers.flush()
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        times = [time.perf_counter() - wall, time.process_time() - cpu]
        print(json.dumps(times), file=answers, flush=True)
