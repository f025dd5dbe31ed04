"""The command line: `python -m maxent_tf`, which needs the extra `cli`."""

from maxent_tf.cli.main import entry, main

__all__ = ["entry", "main"]
