"""The cost of a checkpoint of SAC with a large replay buffer, in bytes on disk and in seconds.

Run `python -m experiments.benchmarks.checkpoints` (half a minute; it needs a gigabyte in the
directory for temporary files). The replay buffer is full, at the sizes of HalfCheetah. Before every
checkpoint, 10,000 new transitions take the place of the oldest. *Segments* is the package's own
checkpoint, which writes what changed. *Whole* is the same content in one checkpoint of TensorFlow.
Both are written in turn.
"""

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.benchmarks.throughput import ACTIONS, OBSERVATIONS, WIDTH
from experiments.benchmarks.timing import Timing, in_turn, timed
from maxent_tf.replay import UniformReplay
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.training.checkpoint import Checkpoints
from maxent_tf.training.configuration import Configuration
from maxent_tf.training.loop import StateVariables
from maxent_tf.types import Transition


@dataclass(frozen=True)
class Arguments:
    """The sizes of the benchmark.

    Attributes:
      capacity: The number of transitions in the replay buffer.
      added: The number of transitions between two checkpoints.
      rounds: The number of checkpoints of each kind that are timed.
    """

    capacity: int = 1_000_000
    added: int = 10_000
    rounds: int = 5


def run(
    arguments: Arguments, directory: pathlib.Path
) -> tuple[dict[str, Timing], dict[str, list[int]]]:
    """Writes the checkpoints.

    Returns:
      By kind of checkpoint: the times; and the bytes that each of the rounds wrote, after the bytes
      of the first checkpoint.
    """
    spec = EnvironmentSpec(Box.of((OBSERVATIONS,)), Box.of((ACTIONS,), -1.0, 1.0))
    learner = mx.learners.SAC(spec, mx.learners.SACConfig(hidden_sizes=(WIDTH, WIDTH)))
    replay, kept = UniformReplay(spec, arguments.capacity), StateVariables(learner.init(0))
    seeds = iter(range(10**9))
    for _ in range(-(-arguments.capacity // arguments.added)):
        replay.add(_transitions(arguments.added, next(seeds)))
    trackables: dict[str, Any] = {"learner": kept, "replay": replay}
    own = Checkpoints(directory / "segments", trackables, Configuration({}))
    whole = tf.train.CheckpointManager(
        tf.train.Checkpoint(**trackables), str(directory / "whole"), max_to_keep=2
    )
    step = iter(range(10**9))
    saves: dict[str, Callable[[], object]] = {
        "whole": whole.save,
        "segments": lambda: own.save(next(step)),
    }
    written: dict[str, list[int]] = {name: [] for name in saves}

    def sampler(name: str, save: Callable[[], object]) -> Any:
        take = timed(save)

        def sample() -> Any:
            # Half of the rounds count: since the last checkpoint of a kind, one of the other kind
            # was written.
            replay.add(_transitions(arguments.added // 2, next(seeds)))
            before = dict(_files(directory))
            taken = take()
            new = (x for x in _files(directory) if x[0] not in before)
            written[name].append(sum(size for _, size in new))
            return taken

        return sample

    timings = in_turn({name: sampler(name, save) for name, save in saves.items()}, arguments.rounds)
    own.close()
    return timings, written


def _transitions(count: int, seed: int) -> Transition:
    normal = tf.random.stateless_normal([2, count, OBSERVATIONS], [seed, 0])
    action = tf.random.stateless_uniform([count, ACTIONS], [seed, 1], -1, 1)
    flag = tf.zeros([count], tf.bool)
    return Transition(normal[0], action, normal[0, :, 0], normal[1], flag, flag, ~flag)


def _files(directory: pathlib.Path) -> Iterator[tuple[tuple[str, int], int]]:
    """Yields every file with its size. Its path and its inode tell the file from others."""
    for path in directory.rglob("*"):
        if path.is_file():
            status = path.stat()
            yield (str(path), status.st_ino), status.st_size


def main(arguments: Arguments) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as directory:
        timings, written = run(arguments, pathlib.Path(directory))
    print(
        f"TensorFlow {tf.__version__}, {arguments.capacity:,} transitions, {arguments.added:,} of "
        f"them new at each checkpoint; medians of {arguments.rounds} interleaved rounds\n"
    )
    print("| checkpoint | first, MB | later, MB | seconds | CPU/wall | time, over segments |")
    print("|---|---|---|---|---|---|")
    for name, timing in timings.items():
        first, *later = written[name]
        ratio = np.median(timing.wall / timings["segments"].wall)
        print(
            f"| {name} | {first / 1e6:.1f} | {np.median(later) / 1e6:.1f} | {timing.median:.2f} "
            f"| {timing.cpu_per_wall:.2f} | {ratio:.1f} |"
        )


if __name__ == "__main__":
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
