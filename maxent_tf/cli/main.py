"""The choice of a command, and what its errors look like."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from maxent_tf.cli.choice import choose
from maxent_tf.quiet import load_tensorflow

COMMANDS = {
    "train": "Train a learner, or several with different seeds, into a run folder.",
    "evaluate": "Measure the returns of a run's greedy and sampled policies.",
    "record": "Film the policy of a run.",
    "plot": "Draw the learning curves of one or more runs.",
    "compare": "Compare the returns of two runs.",
    "ablate": "Train learners at several temperatures, and show what the temperature does.",
    "export": "Export the policy of a run as a SavedModel, to TensorFlow Lite or to ONNX.",
    "info": "Show versions, devices and installed extras.",
}
PROGRAM = "python -m maxent_tf"


def main(args: Sequence[str] | None = None) -> None:
    """Runs a command.

    Args:
      args: The arguments, such as `["train", "sac", "Pendulum-v1"]`; None for those of the process.

    Raises:
      SystemExit: After `--help` (code 0), or if the arguments are not understood (code 2).
      ValueError: If an argument is out of range, or a folder is not what the command needs.
      ImportError: If a package is missing that the command needs; the message has the remedy.
    """
    args = sys.argv[1:] if args is None else args
    command, rest = choose(PROGRAM, _ABOUT, "command", COMMANDS, args)
    load_tensorflow()  # before the command does, so that it prints none of TensorFlow's lines
    importlib.import_module(f"maxent_tf.cli.{command}").main(rest)


_ABOUT = "Entropy-regularised reinforcement learning in TensorFlow. Commands:"


def entry() -> None:
    """Runs the command of the process, and shows its errors as one message, without a traceback."""
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(f"{PROGRAM}: interrupted. `train` goes on from its last checkpoint by --resume.")
    except Exception as error:
        # Only now: this loads TensorFlow, which a help text does without.
        from maxent_tf.training import CheckpointError, NonFiniteError

        if isinstance(error, CheckpointError | ImportError | NonFiniteError | ValueError):
            sys.exit(f"{PROGRAM}: {error}")
        raise
