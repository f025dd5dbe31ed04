"""Reproduces what is exact or vectorised and takes seconds; a table, and a status for machines."""

from __future__ import annotations

import pathlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from experiments import project
from experiments.check import Check, table
from experiments.reproduce import bandits, deep_sea, exploration, inverse, processes, search

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
}

NOT_COVERED = {
    "R1": "see experiments.premature_convergence",
    "R9, learners": "see experiments.bonus_or_reward",
    "R13": "see experiments.multigoal",
    "R15, large trees": "see experiments.search_trees",
    "R19": "soft actor-critic at published levels",
    "R20": "PPO and A2C at published levels",
}


@dataclass(frozen=True)
class Arguments:
    """What to reproduce.

    Attributes:
      rows: The rows to reproduce, all of them by default. The flag without a row lists the rows.
      output: A JSON file for the checks and their provenance, or None.
    """

    rows: tuple[str, ...] = tuple(ROWS)
    output: pathlib.Path | None = None

    def __post_init__(self) -> None:
        unknown = [row for row in self.rows if row not in ROWS]
        if unknown:
            raise ValueError(f"rows must be among {list(ROWS)}, not {unknown}.")


def listing() -> str:
    """Returns what each row is, a line each, and where those are that are not covered."""
    covered = [(run.__doc__ or "").splitlines()[0] for run in ROWS.values()]
    return "\n".join(
        [*covered, *(f"{row}: not covered; {why}." for row, why in NOT_COVERED.items())]
    )


def main(arguments: Arguments) -> int:
    """Runs the rows and prints the table, or lists the rows if there are none to run.

    Returns:
      The exit status: 0 if every check holds, else 1.
    """
    if not arguments.rows:
        print(listing())
        return 0
    started = time.perf_counter()
    checks = [check for row in arguments.rows for check in ROWS[row]()]
    wall_time = time.perf_counter() - started
    print(table(check.as_row() for check in checks))
    print("\nNot covered: " + "; ".join(f"{row} ({why})" for row, why in NOT_COVERED.items()))
    short = [check for check in checks if not check.holds]
    print(f"\n{len(checks) - len(short)} of {len(checks)} checks hold; {wall_time:.0f} s")
    if arguments.output is not None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "checks": [check.as_row() for check in checks],
            "not_covered": NOT_COVERED,
            "provenance": project.provenance(arguments, wall_time),
        }
        project.write_json(arguments.output, content)
    return int(bool(short))


if __name__ == "__main__":
    # Only the command line needs it; beside TF-Agents's old typing-extensions it may not import.
    import tyro

    sys.exit(main(tyro.cli(Arguments, description=__doc__)))
