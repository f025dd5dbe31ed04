"""The speed of SAC, PPO and A2C beside that of other libraries, in one run.

Run `python -m experiments.benchmarks.learners --peers PYTHON --tf-agents PYTHON` (four minutes; it
needs the `mujoco` extra). Each peer works in a child process with its own interpreter. On request,
the child makes a given number of updates or steps and times itself, so that rounds interleave.
Either interpreter may be left out.

Every library chooses its own number of threads; `taskset -c 0` before the command leaves one core
to all. A ratio is the median, over rounds, of the rate of the first line of a workload over the
rate of this line. There are rates by wall time, and by CPU time, which a machine that is shared
disturbs less.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from experiments.benchmarks.learners import contenders
from experiments.benchmarks.learners.contenders import Contender
from experiments.benchmarks.timing import Timing, in_turn


@dataclass(frozen=True)
class Arguments:
    """The speed of our learners beside that of other libraries.

    Attributes:
      peers: The Python interpreter that has Stable-Baselines3, SBX and rejax; None leaves them out.
      tf_agents: The Python interpreter that has TF-Agents; None leaves it out.
      rounds: The number of times that each contender is timed.
    """

    peers: pathlib.Path | None = None
    tf_agents: pathlib.Path | None = None
    rounds: int = 9


def table(found: Sequence[Contender], timings: Mapping[tuple[str, str], Timing]) -> str:
    """Returns a Markdown table with a line for each contender, workload by workload.

    Args:
      found: The contenders; the first of each workload is compared with the others.
      timings: The timings, by workload and name.
    """
    lines = [
        "| workload | who | rate | CPU/wall | first over this | by CPU time |",
        "|---|---|---|---|---|---|",
    ]
    for workload in dict.fromkeys(contender.workload for contender in found):
        first, *others = (contender for contender in found if contender.workload == workload)
        reference = timings[workload, first.name]
        for contender in (first, *others):
            timing = timings[workload, contender.name]
            rate = contender.amount / timing.median
            work = first.amount / contender.amount
            ratios = (
                f"{np.median(work * theirs / ours):.2f}" if contender is not first else ""
                for ours, theirs in ((reference.wall, timing.wall), (reference.cpu, timing.cpu))
            )
            cells = (workload, contender.name, f"{rate:,.0f} {contender.unit}/s")
            cells = (*cells, f"{timing.cpu_per_wall:.2f}", *ratios)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Arguments) -> None:
    """Times all contenders and prints the table."""
    with contextlib.ExitStack() as stack:
        found = list(contenders.ours())
        versions = {"tensorflow (ours)": tf.__version__}
        for contender, child in contenders.theirs(arguments.peers, arguments.tf_agents):
            found.append(contender)
            # A contender is warm before the next one starts: threads that wait for each other would
            # take minutes.
            versions |= stack.enter_context(child).versions()
        timings = in_turn({(c.workload, c.name): c.sample for c in found}, arguments.rounds)
    print(f"Median of {arguments.rounds} interleaved rounds,", os.cpu_count(), "CPUs;", end=" ")
    print(*(f"{package} {version}" for package, version in versions.items()), sep=", ")
    print(table(found, timings))


if __name__ == "__main__":
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
