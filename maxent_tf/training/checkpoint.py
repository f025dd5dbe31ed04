"""Checkpoints of a training run, written completely or not at all, and checked on reading."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from maxent_tf.training.configuration import Configuration
from maxent_tf.training.loop import StateVariables
from maxent_tf.training.result import CheckpointError
from maxent_tf.training.states import named_leaves
from maxent_tf.training.writer_lock import WriterLock

__all__ = [
    "CheckpointError",
    "Checkpoints",
    "check_same_run",
    "read_newest",
    "stored_configuration",
    "warn_of_uncompared",
]


class Checkpoints:
    """The checkpoints of one run in a directory, numbered by the steps of each learner.

    The checkpoints are TensorFlow's own. A new checkpoint is first written under a draft name, and
    its index appears only when all of its data is on disk. Checksums guard every tensor. The newest
    checkpoint is kept, and the one before it as a reserve. TensorFlow's list of checkpoints is not
    relied upon: that list may be lost, out of date, or copied from another place.

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
        self._checkpoint = tf.train.Checkpoint(configuration=configuration, **trackables)
        # TensorFlow's manager has always stored this counter: with it, restoring is complete.
        self._save_counter = self._checkpoint.save_counter
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
        path, before = _path(self._directory, step), self._newest
        try:
            self._write(step)
            self._write_list([step] if before is None else [before, step])
        except (tf.errors.OpError, OSError) as error:
            self._remove(step)
            last = "there is none yet" if before is None else _path(self._directory, before)
            raise CheckpointError(
                f"the checkpoint of step {step} could not be written to {self._directory}: "
                f"{_first_line(error)}. The last checkpoint is intact ({last}); make room, "
                "then call again to go on."
            ) from error
        self._newest = step
        for old in _on_disk(self._directory):
            if before is not None and old < before:
                self._remove(old)
        return path

    def restore(self) -> None:
        """Restores the newest checkpoint that can be read; does nothing if there is no checkpoint.

        Raises:
          CheckpointError: If no checkpoint can be read, or if it is of another configuration.
        """
        self._newest = read_newest(self._directory, self._take_in)
        if self._newest is not None:
            warn_of_uncompared(_path(self._directory, self._newest), self._configuration)
        # What a killed run had begun and not finished. Nobody else writes here.
        self._remove_drafts()

    def _take_in(self, path: str) -> None:
        check_same_run(path, self._configuration, self._trackables)
        self._checkpoint.restore(path).assert_consumed()

    def _write(self, step: int) -> None:
        """Writes a checkpoint under another name first: TensorFlow writes its index in place."""
        draft, path = os.path.join(self._directory, _DRAFT), _path(self._directory, step)
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

    def _write_list(self, steps: list[int]) -> None:
        """Writes the file that `tf.train.latest_checkpoint` reads, by one rename."""
        lines = [f'model_checkpoint_path: "checkpoint-{steps[-1]}"']
        lines += [f'all_model_checkpoint_paths: "checkpoint-{step}"' for step in steps]
        path = _list(self._directory)
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


def read_newest(directory: str, take_in: Callable[[str], Any]) -> int | None:
    """Restores the newest checkpoint of a directory that can be read; writes nothing.

    Args:
      directory: The directory of the checkpoints.
      take_in: A function that restores the checkpoint at a path. It raises CheckpointError if the
        checkpoint is of another run, and any other error if the checkpoint cannot be read.

    Returns:
      The step of the checkpoint, or None if there is no checkpoint.

    Raises:
      CheckpointError: If no checkpoint can be read, or if it is of another run.
    """
    failures: dict[int, str] = {}
    # Looked up anew each time: a run may write another and delete this one meanwhile.
    while untried := (_on_disk(directory) | _listed(directory)) - failures.keys():
        step = max(untried)
        path = _path(directory, step)
        try:
            take_in(path)
        except CheckpointError:
            raise
        except Exception as error:  # TensorFlow's readers raise what they like
            if _is_whole(path):
                raise CheckpointError(
                    f"{path} is of another run: its contents have another form "
                    f"({_first_line(error)[:200]}). {_REMEDY}"
                ) from error
            failures[step] = f"{path} ({_first_line(error)})"
            continue
        unreadable = [failures[x] for x in sorted(failures) if x > step]
        with contextlib.suppress(FileNotFoundError):
            if not re.search(_NAMED, _list(directory).read_text(errors="replace")):
                unreadable.append(f"{_list(directory)} (it should list the checkpoints)")
        if unreadable:
            warnings.warn(
                f"unreadable: {'; '.join(unreadable)}. Going on from the newest that can be read, "
                f"{path}.",
                RuntimeWarning,
                stacklevel=5,
            )
        return step
    if failures:
        raise CheckpointError(
            f"no checkpoint in {directory} can be read: {'; '.join(failures.values())}. Name "
            "another checkpoint_dir to start anew; what is in this one stays."
        )
    return None


def stored_configuration(path: str) -> bytes:
    """Returns the serialised configuration in the checkpoint at a path."""
    return tf.train.load_checkpoint(path).get_tensor("configuration/.ATTRIBUTES/py_state")


_REMEDY = (
    "Restore the configuration that it was trained with, or name another checkpoint_dir; what is "
    "in this one stays."
)


def check_same_run(path: str, configuration: Configuration, trackables: Mapping[str, Any]) -> None:
    """Raises CheckpointError if a checkpoint is of another run.

    Args:
      path: The path of the checkpoint.
      configuration: The configuration that the checkpoint must have been written with. Only the
        parts that this configuration describes are compared.
      trackables: The objects to restore, by name, whose shapes are compared.
    """
    differences = configuration.differences(stored_configuration(path))
    if not differences:
        stored = tf.train.load_checkpoint(path).get_variable_to_shape_map()
        for name, trackable in trackables.items():
            if isinstance(trackable, StateVariables):
                for leaf, tensor in named_leaves(trackable.read()):
                    shape = tensor.shape.as_list()
                    then = stored.get(f"{name}/_variables{leaf}/.ATTRIBUTES/VARIABLE_VALUE", shape)
                    if then != shape:
                        differences.append(f"the shape of {name}{leaf} was {then} and is {shape}")
    if differences:
        raise CheckpointError(f"{path} is of another run: {'; '.join(differences)}. {_REMEDY}")


def warn_of_uncompared(path: str, configuration: Configuration) -> None:
    """Warns of differences that a comparison of a checkpoint's configuration cannot show."""
    lines = configuration.uncompared(stored_configuration(path))
    if lines:
        warnings.warn(
            f"not compared with what {path} was trained with: {'; '.join(lines)}.",
            RuntimeWarning,
            stacklevel=5,
        )


def _is_whole(path: str) -> bool:
    """Whether every tensor of a checkpoint can be read."""
    try:
        reader = tf.train.load_checkpoint(path)
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    except Exception:  # TensorFlow's readers raise what they like
        return False
    return True


_DRAFT = "draft"
_STEP = r"checkpoint-(0|[1-9][0-9]*)"
# What TensorFlow's list names; a directory before the name is where the run once was.
_NAMED = rf'(?m)^(?:all_)?model_checkpoint_paths?: "(?:.*/)?{_STEP}"$'


def _on_disk(directory: str) -> set[int]:
    """Returns the steps of the checkpoints on disk, readable or not; ignores other files."""
    if not os.path.isdir(directory):
        return set()
    found = (re.fullmatch(rf"{_STEP}\.index", name) for name in os.listdir(directory))
    return {int(match.group(1)) for match in found if match}


def _listed(directory: str) -> set[int]:
    """Returns the steps that TensorFlow's list names, whether their files exist or not."""
    try:
        return {int(step) for step in re.findall(_NAMED, _list(directory).read_text("utf-8"))}
    except (OSError, UnicodeDecodeError):
        return set()


def _list(directory: str) -> pathlib.Path:
    return pathlib.Path(directory, "checkpoint")


def _path(directory: str, step: int) -> str:
    return os.path.join(directory, f"checkpoint-{step}")


def _first_line(error: Exception) -> str:
    """Returns the first line of an error, without the names of TensorFlow's operations."""
    line = (str(error) or type(error).__name__).splitlines()[0]
    return re.sub(r"\{\{.*?\}\} | \[Op:\w+\]", "", line).removesuffix(".")
