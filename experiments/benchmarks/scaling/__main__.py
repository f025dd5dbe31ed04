"""How speed grows with learners, environments, states and cores, in one run.

Run `python -m experiments.benchmarks.scaling --figure PATH.png` (about ten minutes and six
gigabytes, on Linux). For every size, all threads of the process are restricted to one core and then
to all that are asked for, in interleaved rounds. Rates are by CPU time, which a machine that is
shared disturbs less. A curve turns where the fixed cost of a call has become as large as the cost
of its work. The limits come from the same run: matrix products of 256^3, and a triad in memory.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from experiments.benchmarks.scaling import cases, figure
from experiments.benchmarks.scaling.analysis import Limits, Row, rows_of, table, turn
from experiments.benchmarks.scaling.cases import Case
from experiments.benchmarks.scaling.cores import available, on_cores
from experiments.benchmarks.timing import Sample, Timing, in_turn, timed


@dataclass(frozen=True)
class Arguments:
    """The sizes.

    Attributes:
      figure: Where to write the figure; None draws none.
      rounds: How many times each case is timed.
      largest: The largest number of learners, and of environments; sizes are powers of 4.
      states: The largest number of states; sizes are squares near powers of 10.
    """

    figure: pathlib.Path | None = None
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
    """The same, but only one size is in memory at a time."""
    amounts: dict[int, int] = {}
    timings: dict[tuple[int, int], Timing] = {}
    for case in found:
        amounts[case.size] = case.amount
        timings |= in_turn({(case.size, n): _on(n, case) for n in _cores()}, rounds)
    return amounts, timings


def limits(rounds: int) -> Limits:
    """Measures what one core can do in a second of CPU time."""
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


def main(arguments: Arguments) -> None:
    """Prints the table and where each curve turns, and draws the figure."""
    counts = sizes(arguments.largest, 4)
    sides = [round(size**0.5) for size in sizes(arguments.states, 10)[2:]]
    machine = limits(arguments.rounds)
    rows: dict[str, list[Row]] = {}
    for axis, (amounts, timings) in (
        (cases.LEARNERS, time_together(cases.learners(counts), arguments.rounds)),
        (cases.ENVIRONMENTS, time_together(cases.environments(counts), arguments.rounds)),
        (cases.STATES, time_apart(cases.states(sides), arguments.rounds)),
    ):
        rows[axis] = rows_of(axis, amounts, timings)
    print(
        f"TensorFlow {tf.__version__}; medians of {arguments.rounds} interleaved rounds. A core "
        f"makes {machine.operations / 1e9:.0f} GFLOP/s in matrix products and moves "
        f"{machine.bytes / 1e9:.1f} GB/s.\n"
    )
    print(table([row for found in rows.values() for row in found], machine))
    for axis, found in rows.items():
        print(f"The curve of {axis} turns at {turn(found):,.0f}.")
    if arguments.figure is not None:
        figure.draw(rows, machine).savefig(arguments.figure, dpi=160)


if __name__ == "__main__":
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
