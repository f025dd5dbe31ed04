"""Reproduces what is exact or vectorised and takes minutes; a table, and a status for machines."""

from __future__ import annotations

import pathlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from experiments import literature, project
from experiments.check import Check, table
from experiments.reproduce import (
    bandits,
    deep_sea,
    entropy_dynamics,
    exploration,
    flow_networks,
    inverse,
    processes,
    regularization,
    search,
)

ROWS: dict[str, Callable[[], Iterator[Check]]] = {
    "R2": bandits.u_shape,
    "R3": bandits.gravity_well,
    "R4": bandits.sublinear_rate,
    "R5": bandits.linear_rate,
    "R6": processes.suboptimality_identity,
    "R7": processes.natural_gradient,
    "R8": processes.soft_bellman,
    "R9": processes.reward_inflation,
    "R10": deep_sea.deep_sea,
    "R11": bandits.over_commitment,
    "R12": bandits.stochastic_bandit,
    "R14": search.regularized_policy,
    "R15": search.synthetic_trees,
    "R16": inverse.icy_grid,
    "R17": exploration.boltzmann,
    "R18": processes.river_swim,
    "R21": flow_networks.hypergrid,
    "R22": entropy_dynamics.covariance_law,
    "R23": regularization.exponential_error,
}


@dataclass(frozen=True)
class Arguments:
    """The rows to reproduce.

    Attributes:
      rows: The rows to reproduce, all of them by default. The flag without a row lists the rows.
      output: The folder for results. The checks of a row and their provenance are stored in a
        folder of its own, such as OUTPUT/reproduce/R2.
    """

    rows: tuple[str, ...] = tuple(ROWS)
    output: pathlib.Path = project.RESULTS

    def __post_init__(self) -> None:
        unknown = [row for row in self.rows if row not in ROWS]
        if unknown:
            raise ValueError(f"rows must be among {list(ROWS)}, not {unknown}.")


def elsewhere() -> dict[str, str]:
    """Returns where the results are that no row here reproduces, by row of the literature."""
    return {
        row.number: " ".join(
            filter(None, [*map("See experiments.{}.".format, row.measured_by), row.missing])
        )
        for row in literature.rows()
        if row.number not in ROWS
    }


def listing() -> str:
    """Returns what each row is, one a line, and where the rows are that are not covered."""
    covered = [(run.__doc__ or "").splitlines()[0] for run in ROWS.values()]
    return "\n".join(
        [*covered, *(f"{row}: not covered. {why}" for row, why in elsewhere().items())]
    )


def measure(row: str, output: pathlib.Path) -> list[Check]:
    """Runs a row, stores its checks and their provenance, and returns the checks."""
    started = time.perf_counter()
    checks = list(ROWS[row]())
    provenance = project.provenance(Arguments((row,), output), time.perf_counter() - started)
    directory = output / "reproduce" / row
    directory.mkdir(parents=True, exist_ok=True)
    summary = {"rows": [check.as_row() for check in checks], "verdict": verdict(checks)}
    project.write_json(directory / "summary.json", summary)
    project.write_json(directory / "provenance.json", provenance)
    return checks


def verdict(checks: Sequence[Check]) -> str:
    """Returns how many checks hold."""
    return f"{sum(check.holds for check in checks)} of {len(checks)} checks hold."


def main(arguments: Arguments) -> int:
    """Runs the rows and prints the table, or lists the rows if there are none to run.

    Returns:
      The exit status: 0 if every check holds, else 1.
    """
    if not arguments.rows:
        print(listing())
        return 0
    started = time.perf_counter()
    checks = [check for row in arguments.rows for check in measure(row, arguments.output)]
    print(table(check.as_row() for check in checks))
    print("\nNot covered:", *(f"  {row}: {why}" for row, why in elsewhere().items()), sep="\n")
    wall_time = time.perf_counter() - started
    print(f"\n{verdict(checks)} {wall_time:.0f} s; wrote {arguments.output / 'reproduce'}")
    return int(not all(check.holds for check in checks))


if __name__ == "__main__":
    # This import is not at the top: only the command line needs it, and beside TF-Agents's old
    # typing-extensions it may not import.
    import tyro

    sys.exit(main(tyro.cli(Arguments, description=__doc__)))
