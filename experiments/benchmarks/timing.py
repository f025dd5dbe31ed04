"""Timing that can be trusted on a noisy machine: interleaved rounds, medians, CPU beside wall."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

import numpy as np

_Name = TypeVar("_Name")


class Sample(NamedTuple):
    """The time of one call.

    Attributes:
      wall: The wall time, in seconds.
      cpu: The CPU time over all cores, in seconds.
    """

    wall: float
    cpu: float


class Timing(NamedTuple):
    """The times of a call in all rounds.

    Attributes:
      wall: [rounds], the wall times, in seconds.
      cpu: [rounds], the CPU times over all cores, in seconds.
    """

    wall: np.ndarray
    cpu: np.ndarray

    @property
    def median(self) -> float:
        """The median wall time, in seconds."""
        return float(np.median(self.wall))

    @property
    def cpu_per_wall(self) -> float:
        """The median number of cores that were busy."""
        return float(np.median(self.cpu / self.wall))


def timed(call: Callable[[], object]) -> Callable[[], Sample]:
    """Returns a function that makes the call, which blocks until its work is done, and times it."""

    def sample() -> Sample:
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        return Sample(time.perf_counter() - wall, time.process_time() - cpu)

    return sample


def in_turn(samplers: Mapping[_Name, Callable[[], Sample]], rounds: int) -> dict[_Name, Timing]:
    """Takes samples in turn, so that a slow spell of the machine affects all of them.

    Args:
      samplers: The samplers by name; each does some work and returns how long the work took. Every
        sampler is called once before the rounds, and this sample is dropped.
      rounds: The number of samples of each sampler.

    Returns:
      The timings by name.
    """
    for sampler in samplers.values():
        sampler()
    samples: dict[_Name, list[Sample]] = {name: [] for name in samplers}
    for _ in range(rounds):
        for name, sampler in samplers.items():
            samples[name].append(sampler())
    return {name: Timing(*np.array(pairs).T) for name, pairs in samples.items()}


def interleaved(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Times calls of this process `in_turn`.

    Args:
      calls: The calls by name; each blocks until its work is done.
      rounds: The number of times that each call is timed.

    Returns:
      The timings by name.
    """
    return in_turn({name: timed(call) for name, call in calls.items()}, rounds)
