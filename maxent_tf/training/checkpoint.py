"""Checkpoints of a training run: written whole or not at all, checked when they are read."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import warnings
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from maxent_tf.training.configuration import Configuration

# The newest, and one to fall back to.
KEPT = 2


class CheckpointError(RuntimeError):
    """A checkpoint could not be written, none could be read, or it belongs to another run."""


class Checkpoints:
    """The checkpoints of one run in a directory, numbered by the steps of each learner.

    TensorFlow's own: `tf.train.CheckpointManager` writes beside what is there and names a
    checkpoint in its list, by one rename, only when all of it is on disk. Checksums guard every
    tensor.

    Args:
      directory: where they live; made if it is not there.
      trackables: what they hold, by name.
      configuration: of the run; a checkpoint of another one is refused.
    """

    def __init__(
        self,
        directory: str | pathlib.Path,
        trackables: Mapping[str, Any],
        configuration: Configuration,
    ):
        self._directory = os.path.abspath(directory)
        self._configuration = configuration
        self._checkpoint = tf.train.Checkpoint(configuration=configuration, **trackables)
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, self._directory, KEPT, checkpoint_name="checkpoint"
        )

    def save(self, step: int) -> str:
        """Writes a checkpoint and deletes the oldest; returns its path.

        Raises:
          CheckpointError: if the disk does not take it; those before stay as they are.
        """
        try:
            return self._manager.save(checkpoint_number=step)
        except (tf.errors.OpError, OSError) as error:
            self._remove_drafts(step)
            raise CheckpointError(
                f"the checkpoint of step {step} could not be written to {self._directory}: "
                f"{_first_line(error)}. The one before is intact"
                f" ({self._manager.latest_checkpoint or 'there is none yet'}); make room, then "
                "call again to go on."
            ) from error

    def restore(self) -> None:
        """Takes in the newest checkpoint that can be read; does nothing if there is none at all.

        Raises:
          CheckpointError: if none can be read, or it is of another configuration.
        """
        self._remove_drafts()
        paths = [*reversed(self._manager.checkpoints)] or self._unlisted()
        failures: list[str] = []
        for path in paths:
            try:
                self._check_configuration(path)
                self._checkpoint.restore(path).assert_consumed()
            except CheckpointError:
                raise
            except Exception as error:  # TensorFlow's readers raise what they like
                failures.append(f"{path} ({_first_line(error)})")
                continue
            if failures:
                warnings.warn(
                    f"unreadable: {'; '.join(failures)}. Training goes on from the one before, "
                    f"{path}.",
                    RuntimeWarning,
                    stacklevel=4,
                )
            return
        if failures:
            raise CheckpointError(
                f"no checkpoint in {self._directory} can be read: {'; '.join(failures)}. Empty the "
                "directory to start anew."
            )

    def _check_configuration(self, path: str) -> None:
        reader = tf.train.load_checkpoint(path)
        stored = reader.get_tensor("configuration/.ATTRIBUTES/py_state")
        differences = self._configuration.differences(stored)
        if differences:
            raise CheckpointError(
                f"{path} is of another run: {'; '.join(differences)}. Restore what differs, or "
                "choose another checkpoint_dir."
            )

    def _unlisted(self) -> list[str]:
        """Checkpoints on disk, newest first, for when TensorFlow's list of them is unreadable."""
        found = pathlib.Path(self._directory).glob("checkpoint-*.index")
        steps = sorted((int(path.stem.split("-")[1]) for path in found), reverse=True)
        return [os.path.join(self._directory, f"checkpoint-{step}") for step in steps]

    def _remove_drafts(self, step: int | None = None) -> None:
        """Removes what was begun and not finished: by a killed run, or just now at `step`."""
        directory = pathlib.Path(self._directory)
        for draft in directory.glob("checkpoint-*_temp"):
            shutil.rmtree(draft, ignore_errors=True)
        if os.path.join(self._directory, f"checkpoint-{step}") not in self._manager.checkpoints:
            for draft in directory.glob(f"checkpoint-{step}.*"):
                draft.unlink()


def _first_line(error: Exception) -> str:
    """What went wrong, without the names of TensorFlow's operations."""
    line = (str(error) or type(error).__name__).splitlines()[0]
    return re.sub(r"\{\{.*?\}\} | \[Op:\w+\]", "", line).removesuffix(".")
