"""The flags of a command, which are the arguments of a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from maxent_tf.cli.extras import require


def call(command: Callable[..., None], args: Sequence[str]) -> None:
    """Calls a command with what its flags say.

    Args:
      command: A function of the command's name, whose docstring is the help. Its positional
        arguments are those of the command line, its keyword arguments the flags.
      args: The arguments behind the command's name.

    Raises:
      SystemExit: After `--help`, or if the arguments are not understood.
      ImportError: If tyro is missing.
    """
    cli: Any = require("tyro", "cli").cli
    cli(command, args=list(args), prog=f"python -m maxent_tf {command.__name__}")
