"""The choice of one word among several, which decides what the other arguments mean."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping, Sequence


def choose(
    program: str, about: str, what: str, choices: Mapping[str, str], args: Sequence[str]
) -> tuple[str, list[str]]:
    """Returns the first argument, which is one of the choices, and the arguments behind it.

    Args:
      program: What the user typed before the arguments, for the help.
      about: What the program does, for the help.
      what: What is chosen, such as "command".
      choices: The choices, with a sentence about each.
      args: The arguments.

    Raises:
      SystemExit: After `--help`, or if the first argument is none of the choices.
    """
    width = max(map(len, choices)) + 2
    lines = [f"  {name:{width}}{text}" for name, text in choices.items()]
    parser = argparse.ArgumentParser(
        prog=program,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="\n".join([*textwrap.wrap(about, 80), *lines]),
        epilog=f"`{program} {what.upper()} --help` shows the options.",
        allow_abbrev=False,
    )
    parser.add_argument(what, choices=list(choices), metavar=what.upper(), help="see above")
    chosen = getattr(parser.parse_args(args[:1]), what)
    return chosen, list(args[1:])
