"""Lists the experiments: `python -m experiments`."""

from __future__ import annotations

import importlib
import pathlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import experiments
from experiments import project, tables


@dataclass(frozen=True)
class Arguments:
    """The experiments, each with its claim, its run time and whether its result is stored.

    Attributes:
      output: The folder for results, in which each experiment has a folder of its own name.
    """

    output: pathlib.Path = project.RESULTS


def rows(output: pathlib.Path) -> Iterator[dict[str, Any]]:
    """Yields a row for each experiment, which is a package with a `RUN_TIME`.

    Args:
      output: The folder for results.
    """
    for module in pkgutil.iter_modules(experiments.__path__):
        # Packages alone are light: importing them imports nothing else, least of all TensorFlow.
        if module.ispkg:
            package = importlib.import_module(f"experiments.{module.name}")
            if hasattr(package, "RUN_TIME"):
                stored = (output / module.name / "summary.json").exists()
                yield {
                    "name": module.name,
                    "claim": " ".join((package.__doc__ or "").split()),
                    "run_time": package.RUN_TIME,
                    "stored": "yes" if stored else "no",
                }


def main(arguments: Arguments) -> None:
    """Prints the list."""
    columns: dict[str, tables.Cell] = {
        "experiment": "{name}",
        "claim": "{claim}",
        "run time on two cores": "{run_time}",
        f"stored in {arguments.output}": "{stored}",
    }
    print(tables.table(rows(arguments.output), columns))
    print("\nRun one by `python -m experiments.NAME`; `--help` says what it does and writes.")
    print("`python -m experiments.report` makes a page of all that is stored.")


if __name__ == "__main__":
    # This import is not at the top: TF-Agents pins a typing-extensions too old for it, and only
    # this line needs it.
    import tyro

    main(tyro.cli(Arguments, prog="python -m experiments", description=Arguments.__doc__))
