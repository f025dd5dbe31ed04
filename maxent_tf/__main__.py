"""The command line: `python -m maxent_tf`."""

from maxent_tf.cli import entry

if __name__ == "__main__":
    entry()
