"""Checkpoints of a training run, written completely or not at all, and checked on reading."""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from maxent_tf.training.checkpoint_reading import (
    check_same_run,
    first_line,
    list_of,
    on_disk,
    path_of,
    read_newest,
    segments_directory,
    stored_manifest,
    warn_of_uncompared,
)
from maxent_tf.training.configuration import Configuration
from maxent_tf.training.result import CheckpointError
from maxent_tf.training.segments import Segments
from maxent_tf.training.updates import Replay
from maxent_tf.training.writer_lock import WriterLock

__all__ = ["CheckpointError", "Checkpoints"]

_DRAFT = "draft"


class Checkpoints:
    """The checkpoints of one run in a directory, numbered by the steps of each learner.

    The checkpoints are TensorFlow's own. A new checkpoint is first written under a draft name, and
    its index appears only when all of its data is on disk. Checksums guard every tensor. The newest
    checkpoint is kept, and the one before it as a reserve. TensorFlow's list of checkpoints is not
    relied upon: that list may be lost, out of date, or copied from another place.

    The contents of replay buffers are in files of their own, which checkpoints share, see
    `Segments`. A checkpoint holds the list of its files.

    Args:
      directory: The directory of the checkpoints. It is made if it does not exist, and locked
        against other writers.
      trackables: The objects that a checkpoint holds, by name.
      configuration: The configuration of the run. A checkpoint of another configuration is refused.

    Raises:
      CheckpointError: If another run writes to the directory, or if it cannot be written to.
    """

    def __init__(
        self,
        directory: str | pathlib.Path,
        trackables: Mapping[str, Any],
        configuration: Configuration,
    ):
        self._directory = os.path.abspath(directory)
        self._configuration = configuration
        self._trackables = trackables
        buffers = {name: x for name, x in trackables.items() if isinstance(x, Replay)}
        self._segments = Segments(segments_directory(self._directory), [*buffers.values()])
        self._manifest = _Manifest()
        held = {name: x for name, x in trackables.items() if name not in buffers}
        self._checkpoint = _restorable(configuration, {**held, "segments": self._manifest})
        self._newest: int | None = None
        self._lock = WriterLock(self._directory)

    def close(self) -> None:
        """Releases the directory, so that other runs can write to it."""
        self._lock.release()

    def save(self, step: int) -> str:
        """Writes a checkpoint, deletes the oldest, and returns the path of the new checkpoint.

        Raises:
          CheckpointError: If the checkpoint cannot be written; earlier checkpoints stay as they
            are.
        """
        if not self._lock.held:
            raise CheckpointError(
                f"{self._directory} was released when the trainer was closed: make a new Trainer "
                "to go on."
            )
        path, before = path_of(self._directory, step), self._newest
        try:
            self._write(step)
            self._write_list([step] if before is None else [before, step])
        except (tf.errors.OpError, OSError) as error:
            self._remove(step)
            self._delete_unused_segments()
            last = "there is none yet" if before is None else path_of(self._directory, before)
            raise CheckpointError(
                f"the checkpoint of step {step} could not be written to {self._directory}: "
                f"{first_line(error)}. The last checkpoint is intact ({last}); make room, "
                "then call again to go on."
            ) from error
        self._newest = step
        for old in on_disk(self._directory):
            if before is not None and old < before:
                self._remove(old)
        self._delete_unused_segments()
        return path

    def restore(self) -> None:
        """Restores the newest checkpoint that can be read; does nothing if there is no checkpoint.

        Raises:
          CheckpointError: If no checkpoint can be read, or if it is of another configuration.
        """
        self._newest = read_newest(self._directory, self._take_in)
        if self._newest is not None:
            warn_of_uncompared(path_of(self._directory, self._newest), self._configuration)
        # What a killed run had begun and not finished. Nobody else writes here.
        self._remove_drafts()
        self._delete_unused_segments()

    def _take_in(self, path: str) -> None:
        check_same_run(path, self._configuration, self._trackables)
        manifest = stored_manifest(path)
        if manifest is None:  # of a version that stored replay buffers like everything else
            _restorable(self._configuration, self._trackables).restore(path).assert_consumed()
        else:
            self._checkpoint.restore(path).assert_consumed()
            self._segments.read(manifest)

    def _write(self, step: int) -> None:
        """Writes a checkpoint under another name first: TensorFlow writes its index in place."""
        self._manifest.content = self._segments.write()
        draft, path = os.path.join(self._directory, _DRAFT), path_of(self._directory, step)
        self._checkpoint.write(draft)
        data = [x.suffix for x in pathlib.Path(self._directory).glob(f"{_DRAFT}.data-*")]
        # The index last: with it, a checkpoint is there.
        for suffix in (*data, ".index"):
            os.replace(draft + suffix, path + suffix)

    def _remove_drafts(self) -> None:
        directory = pathlib.Path(self._directory)
        shutil.rmtree(directory / f"{_DRAFT}_temp", ignore_errors=True)
        for draft in directory.glob(f"{_DRAFT}.*"):
            draft.unlink()

    def _delete_unused_segments(self) -> None:
        """Deletes the segments that no checkpoint lists."""
        paths = [path_of(self._directory, step) for step in on_disk(self._directory)]
        try:
            manifests = [stored_manifest(path) for path in paths]
        except Exception:  # TensorFlow's readers raise what they like
            return  # a damaged checkpoint may be mended, and is removed when it is old enough
        self._segments.delete_all_but(x for x in manifests if x is not None)

    def _write_list(self, steps: list[int]) -> None:
        """Writes the file that `tf.train.latest_checkpoint` reads, by one rename."""
        lines = [f'model_checkpoint_path: "checkpoint-{steps[-1]}"']
        lines += [f'all_model_checkpoint_paths: "checkpoint-{step}"' for step in steps]
        path = list_of(self._directory)
        draft = path.with_name(f"{_DRAFT}.list")
        draft.write_text("\n".join([*lines, ""]))
        draft.replace(path)

    def _remove(self, step: int) -> None:
        """Removes a checkpoint, or the part of it that has been written."""
        directory = pathlib.Path(self._directory)
        self._remove_drafts()
        # The index first: without it, nothing counts as a checkpoint.
        for pattern in (f"checkpoint-{step}.index", f"checkpoint-{step}.data-*"):
            for path in directory.glob(pattern):
                path.unlink()


class _Manifest(tf.train.experimental.PythonState):
    """The list of the segments of a checkpoint, which the checkpoint holds."""

    def __init__(self) -> None:
        self.content = b""

    def serialize(self) -> bytes:
        return self.content

    def deserialize(self, string_value: bytes) -> None:
        self.content = string_value


def _restorable(configuration: Configuration, held: Mapping[str, Any]) -> tf.train.Checkpoint:
    checkpoint = tf.train.Checkpoint(configuration=configuration, **held)
    # TensorFlow's manager has always stored this counter: with it, restoring is complete.
    _ = checkpoint.save_counter
    return checkpoint
