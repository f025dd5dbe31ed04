"""The folder of an ablation: what it is, and an array file for each chunk of seeds that is done."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from maxent_tf.training.configuration import Configuration

_ABOUT = "ablation.json"
_DRAFT = ".draft-"
# Raised when files of an earlier form can no longer be read.
_FORMAT = 1

Arrays = dict[str, np.ndarray]


class Folder:
    """A folder in which an ablation keeps its chunks.

    Args:
      path: The folder.
    """

    def __init__(self, path: pathlib.Path):
        self._path = path

    def chunk(self, index: int, run: Callable[[int], Arrays]) -> Arrays:
        """Returns the arrays of a chunk, which is run and kept if it is not there yet."""
        path = self._path / _name(index)
        if not path.exists():
            arrays: dict[str, Any] = {**run(index)}
            _write(path, lambda file: np.savez_compressed(file, **arrays))
        return _read_arrays(path)


def opened(
    folder: str | pathlib.Path, about: Mapping[str, Any], configuration: Configuration
) -> Folder:
    """Returns the folder of an ablation; a new one is made, and that of another is refused.

    Raises:
      ValueError: If the folder holds something else, or an ablation of another configuration.
    """
    path = pathlib.Path(folder)
    if not (path / _ABOUT).exists():
        begin(path, about)
        return Folder(path)
    stored = read_about(path)["configuration"].encode()
    differences = configuration.differences(stored)
    if differences:
        raise ValueError(
            f"folder={str(folder)!r} holds another ablation: {'; '.join(differences)}. Name "
            "another folder, or call with the same arguments."
        )
    uncompared = configuration.uncompared(stored)
    if uncompared:
        warnings.warn(
            f"not compared with the ablation in {str(folder)!r}: {'; '.join(uncompared)}.",
            RuntimeWarning,
            stacklevel=3,
        )
    return Folder(path)


def begin(path: pathlib.Path, about: Mapping[str, Any]) -> None:
    """Makes a folder that says what its ablation is, and holds no chunk.

    Raises:
      ValueError: If there is anything at `path`.
    """
    # The draft of a file may be left of a process that was killed.
    if path.exists() and (
        not path.is_dir() or any(not x.name.startswith(_DRAFT) for x in path.iterdir())
    ):
        raise ValueError(
            f"folder={str(path)!r} holds something else than this ablation, and is left as it is: "
            "name a folder that does not exist."
        )
    path.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": _FORMAT, **about}, indent=2) + "\n"
    _write(path / _ABOUT, lambda file: file.write(text.encode()))


def read_about(path: pathlib.Path) -> dict[str, Any]:
    """Returns what the ablation in a folder is.

    Raises:
      ValueError: If the folder holds no ablation, or one of another form.
    """
    if not (path / _ABOUT).is_file():
        raise ValueError(
            f"folder={str(path)!r} holds no ablation: it has no file {_ABOUT}. Name the folder "
            "that mx.ablate or Ablation.save was given."
        )
    about = json.loads((path / _ABOUT).read_text())
    if about.pop("format") != _FORMAT:
        raise ValueError(
            f"folder={str(path)!r} was written by another version of maxent_tf, in a form that "
            "this version does not read: run the ablation again in another folder."
        )
    return about


def read_chunks(path: pathlib.Path, count: int) -> list[Arrays]:
    """Returns the arrays of all chunks.

    Raises:
      ValueError: If a chunk is missing.
    """
    missing = [i for i in range(count) if not (path / _name(i)).is_file()]
    if missing:
        raise ValueError(
            f"folder={str(path)!r} holds {count - len(missing)} of {count} chunks: the ablation "
            "was interrupted. Call mx.ablate again with the same arguments, and it goes on."
        )
    return [_read_arrays(path / _name(i)) for i in range(count)]


def _name(index: int) -> str:
    return f"chunk-{index:03d}.npz"


def _read_arrays(path: pathlib.Path) -> Arrays:
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def _write(path: pathlib.Path, write: Callable[[Any], Any]) -> None:
    """Writes a file that appears by one rename, so that a killed process leaves no half of it."""
    handle, draft = tempfile.mkstemp(prefix=_DRAFT, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
