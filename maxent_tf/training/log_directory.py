"""The directory of a run's records, which belongs to this run alone."""

from __future__ import annotations

import importlib.metadata
import json
import os
import pathlib
import platform

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from maxent_tf.training.configuration import Configuration
from maxent_tf.version import __version__

RECORDS = "metrics.csv"
_CONFIGURATION = "config.json"


def claim(
    log_dir: str | pathlib.Path,
    configuration: Configuration,
    checkpoint_dir: str | pathlib.Path | None,
) -> None:
    """Makes the directory of a run's records, and describes the run in its `config.json`.

    A run may go on in a directory with its own earlier records. These are its own if they were made
    under the same configuration, by a run with the same `checkpoint_dir`, from which it resumes.

    Args:
      log_dir: The directory.
      configuration: The configuration of the run.
      checkpoint_dir: The directory of the run's checkpoints, if it has any.

    Raises:
      ValueError: If the directory holds the records of another run.
    """
    directory = pathlib.Path(log_dir)
    checkpoints = None if checkpoint_dir is None else os.path.realpath(checkpoint_dir)
    records = directory / RECORDS
    # A run that ended before its first record has left nothing that could be lost.
    if records.exists() and records.stat().st_size:
        reason = _why_another(directory / _CONFIGURATION, configuration, checkpoints)
        if reason:
            raise ValueError(
                f"log_dir={str(log_dir)!r} holds the records of an earlier run, and this one would "
                f"overwrite them: {reason}. Name another log_dir, or delete this one. To go on "
                "with a run, give both calls the same checkpoint_dir."
            )
    directory.mkdir(parents=True, exist_ok=True)
    description = {
        "configuration": json.loads(configuration.serialize()),
        "checkpoint_dir": checkpoints,
        "versions": {
            "maxent_tf": __version__,
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "tensorflow_probability": tfp.__version__,
            "numpy": np.__version__,
            # Asked without an import: in-graph environments do without it.
            "gymnasium": importlib.metadata.version("gymnasium"),
        },
    }
    (directory / _CONFIGURATION).write_text(json.dumps(description, indent=2) + "\n")


def _why_another(path: pathlib.Path, configuration: Configuration, checkpoints: str | None) -> str:
    """Returns what tells a run from the one that is described at a path; "" if it is the same."""
    try:
        stored = json.loads(path.read_text())
        differences = configuration.differences(json.dumps(stored["configuration"]).encode())
        then = stored["checkpoint_dir"]
    except FileNotFoundError:
        return f"it has no {_CONFIGURATION} to compare"
    except (ValueError, KeyError, TypeError):
        return f"its {_CONFIGURATION} cannot be read"
    if differences:
        return "; ".join(differences)
    if then is None or checkpoints is None:
        return "the configuration is the same, but without a checkpoint_dir no run is resumed"
    return "" if then == checkpoints else f"checkpoint_dir was {then!r} and is {checkpoints!r}"
