"""The reading of checkpoints, which changes nothing on disk: which exist, and whose they are."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from maxent_tf.training import segments
from maxent_tf.training.configuration import Configuration
from maxent_tf.training.loop import StateVariables
from maxent_tf.training.result import CheckpointError
from maxent_tf.training.states import named_leaves


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
    while untried := (on_disk(directory) | listed(directory)) - failures.keys():
        step = max(untried)
        path = path_of(directory, step)
        try:
            take_in(path)
        except CheckpointError:
            raise
        except Exception as error:  # TensorFlow's readers raise what they like
            if _is_whole(path):
                raise CheckpointError(
                    f"{path} is of another run: its contents have another form "
                    f"({first_line(error)[:200]}). {_REMEDY}"
                ) from error
            failures[step] = f"{path} ({first_line(error)})"
            continue
        unreadable = [failures[x] for x in sorted(failures) if x > step]
        with contextlib.suppress(FileNotFoundError):
            if not re.search(_NAMED, list_of(directory).read_text(errors="replace")):
                unreadable.append(f"{list_of(directory)} (it should list the checkpoints)")
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


_MANIFEST = "segments/.ATTRIBUTES/py_state"
_REMEDY = (
    "Restore the configuration that it was trained with, or name another checkpoint_dir; what is "
    "in this one stays."
)


def stored_manifest(path: str) -> bytes | None:
    """Returns the list of the segments of the replay buffer; None if a checkpoint has none."""
    reader = tf.train.load_checkpoint(path)
    return reader.get_tensor(_MANIFEST) if reader.has_tensor(_MANIFEST) else None


def segments_directory(directory: str) -> str:
    """Returns the directory that holds the segments of replay buffers."""
    return os.path.join(directory, "replay")


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
    """Whether every tensor of a checkpoint, and every segment of its replay buffer, can be read."""
    try:
        reader = tf.train.load_checkpoint(path)
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
        manifest = stored_manifest(path)
        if manifest is not None:
            segments.check(segments_directory(os.path.dirname(path)), manifest)
    except Exception:  # TensorFlow's readers raise what they like
        return False
    return True


_STEP = r"checkpoint-(0|[1-9][0-9]*)"
# What TensorFlow's list names; a directory before the name is where the run once was.
_NAMED = rf'(?m)^(?:all_)?model_checkpoint_paths?: "(?:.*/)?{_STEP}"$'


def on_disk(directory: str) -> set[int]:
    """Returns the steps of the checkpoints on disk, readable or not; ignores other files."""
    if not os.path.isdir(directory):
        return set()
    found = (re.fullmatch(rf"{_STEP}\.index", name) for name in os.listdir(directory))
    return {int(match.group(1)) for match in found if match}


def listed(directory: str) -> set[int]:
    """Returns the steps that TensorFlow's list names, whether their files exist or not."""
    try:
        return {int(step) for step in re.findall(_NAMED, list_of(directory).read_text("utf-8"))}
    except (OSError, UnicodeDecodeError):
        return set()


def list_of(directory: str) -> pathlib.Path:
    """Returns the path of TensorFlow's list of the checkpoints in a directory."""
    return pathlib.Path(directory, "checkpoint")


def path_of(directory: str, step: int) -> str:
    """Returns the path of a checkpoint, without the endings of its files."""
    return os.path.join(directory, f"checkpoint-{step}")


def first_line(error: Exception) -> str:
    """Returns the first line of an error, without the names of TensorFlow's operations."""
    line = (str(error) or type(error).__name__).splitlines()[0]
    return re.sub(r"\{\{.*?\}\} | \[Op:\w+\]", "", line).removesuffix(".")
