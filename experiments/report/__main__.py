"""Writes the page."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

import jinja2

from experiments import project
from experiments.report.contents import Contents, contents


@dataclass(frozen=True)
class Arguments:
    """One static page of what is stored: OUTPUT/report.html.

    Attributes:
      output: The folder for results, in which each experiment has a folder of its own name. The
        page shows the figures that lie there, and moves with the folder.
    """

    output: pathlib.Path = project.RESULTS

    def __post_init__(self) -> None:
        if not self.output.is_dir():
            raise ValueError(
                f"--output {self.output} is no folder: run an experiment first, which stores its "
                "results, or name the folder in which some are stored."
            )


def render(page: Contents) -> str:
    """Returns the page as HTML; all texts of results are escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(page=page)


def main(arguments: Arguments) -> pathlib.Path:
    """Writes the page, prints what is in it, and returns its path."""
    page = contents(arguments.output)
    path = arguments.output / "report.html"
    path.write_text(render(page), encoding="utf-8")
    stored = sum(x.stored is not None for x in page.experiments)
    measured = sum(bool(x.checks) for x in page.literature)
    print(
        f"{stored} of {len(page.experiments)} experiments are stored, and {measured} of "
        f"{len(page.literature)} results of the literature are measured, with {page.held} of "
        f"{page.checked} checks that hold. Wrote {path}."
    )
    return path


if __name__ == "__main__":
    # This import is not at the top: only the command line needs it, and beside TF-Agents's old
    # typing-extensions it may not import.
    import tyro

    main(tyro.cli(Arguments, prog="python -m experiments.report", description=Arguments.__doc__))
