"""The growth of speed with learners, environments, states and cores, in one run.

Run `python -m experiments.benchmarks.scaling --output FOLDER` (five minutes and six gigabytes, on
Linux). The folder gets a file for each axis, and a figure of all axes that have a file; `--axes`
times only some of the axes. For every size, all threads of the process are restricted to one core
and then to two, in interleaved rounds. Rates are by CPU time, which a machine that is shared
disturbs less. A curve turns where the fixed cost of a call is as large as the cost of its work. The
limits of an axis come from the same run: matrix products of 256^3, and a triad in memory.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import tensorflow as tf

from experiments.benchmarks.scaling import cases, figure
from experiments.benchmarks.scaling.analysis import Curve, Limits, rows_of, table, turn
from experiments.benchmarks.scaling.cases import Case
from experiments.benchmarks.scaling.cores import available, on_cores
from experiments.benchmarks.timing import Sample, Timing, in_turn, timed

Axis = Literal["learners", "environments", "states"]


@dataclass(frozen=True)
class Arguments:
    """The sizes of the benchmark.

    Attributes:
      output: The folder for the rows of each axis and the figure; None writes nothing.
      axes: The axes to time, each of which is a quantity that grows.
      rounds: The number of times that each case is timed.
      largest: The largest number of learners, and of environments; sizes are powers of 4.
      states: The largest number of states; sizes are squares near powers of 10.
    """

    output: pathlib.Path | None = None
    axes: tuple[Axis, ...] = (cases.LEARNERS, cases.ENVIRONMENTS, cases.STATES)
    rounds: int = 5
    largest: int = 4096
    states: int = 10**7


# The work in one call, by size; and the timings, by size and number of cores.
Times = tuple[dict[int, int], dict[tuple[int, int], Timing]]


def time_together(found: Iterable[Case], rounds: int) -> Times:
    """Times all cases, with one core and with two, in turn."""
    each = {case.size: case for case in found}
    samplers = {(size, n): _on(n, case) for size, case in each.items() for n in _cores()}
    return {size: case.amount for size, case in each.items()}, in_turn(samplers, rounds)


def time_apart(found: Iterator[Case], rounds: int) -> Times:
    """Times all cases like `time_together`, but with only one size in memory at a time."""
    amounts: dict[int, int] = {}
    timings: dict[tuple[int, int], Timing] = {}
    for case in found:
        amounts[case.size] = case.amount
        timings |= in_turn({(case.size, n): _on(n, case) for n in _cores()}, rounds)
    return amounts, timings


def limits(rounds: int) -> Limits:
    """Measures the work that one core can do in a second of CPU time."""
    found = [cases.product_limit(), cases.memory_limit()]
    timings = in_turn({case.axis: _on(1, case) for case in found}, rounds)
    return Limits(*(case.amount / float(np.median(timings[case.axis].cpu)) for case in found))


def _cores() -> list[int]:
    return sorted({1, min(2, available())})


def _on(count: int, case: Case) -> Callable[[], Sample]:
    take = timed(case.call)

    def sample() -> Sample:
        with on_cores(count):
            return take()

    return sample


def sizes(largest: int, base: int) -> list[int]:
    """Returns the powers of a base, from 1 to the largest."""
    return [base**k for k in range(int(np.log(largest) / np.log(base) + 1e-9) + 1)]


def measured(axis: str, arguments: Arguments) -> Curve:
    """Times one axis, and the limits of the machine before this axis."""
    counts = sizes(arguments.largest, 4)
    machine = limits(arguments.rounds)
    if axis == cases.LEARNERS:
        times = time_together(cases.learners(counts), arguments.rounds)
    elif axis == cases.ENVIRONMENTS:
        times = time_together(cases.environments(counts), arguments.rounds)
    else:
        sides = [round(size**0.5) for size in sizes(arguments.states, 10)[2:]]
        times = time_apart(cases.states(sides), arguments.rounds)
    return Curve(rows_of(axis, *times), machine)


def stored(folder: pathlib.Path) -> dict[str, Curve]:
    """Returns the curves of all axes for which the folder has a file."""
    found = {}
    for axis in get_args(Axis):
        path = folder / f"{axis}.json"
        if path.exists():
            content = json.loads(path.read_text())
            found[axis] = Curve(content["rows"], Limits(**content["limits"]))
    return found


def main(arguments: Arguments) -> None:
    """Prints tables and where each curve turns, and draws the figure."""
    print(f"TensorFlow {tf.__version__}; medians of {arguments.rounds} interleaved rounds.")
    for axis in arguments.axes:
        rows, machine = curve = measured(axis, arguments)
        print(f"\n{table(curve)}\n")
        print(
            f"The curve of {axis} turns at {turn(rows):,.0f}. A core makes "
            f"{machine.operations / 1e9:.0f} GFLOP/s in matrix products and moves "
            f"{machine.bytes / 1e9:.1f} GB/s.",
            flush=True,
        )
        if arguments.output is not None:
            arguments.output.mkdir(parents=True, exist_ok=True)
            content = json.dumps({"rows": rows, "limits": machine._asdict()}, indent=2)
            (arguments.output / f"{axis}.json").write_text(content + "\n")
    if arguments.output is not None:
        drawn = figure.draw(stored(arguments.output))
        drawn.savefig(arguments.output / "scaling.png", dpi=160)


if __name__ == "__main__":
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
