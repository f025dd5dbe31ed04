"""Timing that can be trusted on a noisy machine: interleaved rounds, medians, CPU beside wall."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np


class Timing(NamedTuple):
    """How long one call takes.

    Attributes:
      wall: [rounds], seconds of wall time.
      cpu: [rounds], seconds of CPU time over all cores.
    """

    wall: np.ndarray
    cpu: np.ndarray

    @property
    def median(self) -> float:
        """The median wall time, in seconds."""
        return float(np.median(self.wall))

    @property
    def cpu_per_wall(self) -> float:
        """How many cores were busy, in the median."""
        return float(np.median(self.cpu / self.wall))


def interleaved(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Times calls in turn, so that a slow spell of the machine meets all of them.

    Args:
      calls: by name; each blocks until its work is done. Every one is called once before, untimed.
      rounds: how many times each is timed.

    Returns:
      The timings by name.
    """
    for call in calls.values():
        call()
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            wall, cpu = time.perf_counter(), time.process_time()
            call()
            samples[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: Timing(*np.array(pairs).T) for name, pairs in samples.items()}
