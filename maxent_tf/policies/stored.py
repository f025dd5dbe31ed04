"""Policies on disk: a SavedModel, with a description beside it."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
from typing import Any

import tensorflow as tf

from maxent_tf.policies.program import Program

MODEL = "saved_model.pb"


def write(program: Program, path: str | pathlib.Path, files: dict[str, Any]) -> None:
    """Writes a program as a SavedModel, completely or not at all.

    Args:
      program: The program.
      path: The directory. One that holds a SavedModel is replaced.
      files: Further files in the directory, by name: what they hold as JSON.

    Raises:
      ValueError: If there is anything else at `path`.
    """
    target = pathlib.Path(path).absolute()
    if target.exists() and not (target / MODEL).is_file() and not _is_empty(target):
        raise ValueError(
            f"path={str(path)!r} holds something else than a stored policy, and is left as it is: "
            "name a directory that does not exist, or one whose stored policy is to be replaced."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as beside:
        draft = pathlib.Path(beside, "draft")
        write_model(program, draft)
        for name, content in files.items():
            (draft / name).write_text(json.dumps(content, indent=2) + "\n")
        if target.exists():
            os.replace(target, pathlib.Path(beside, "old"))
        os.replace(draft, target)


def write_model(program: Program, path: str | pathlib.Path) -> None:
    """Writes a program as a SavedModel with its functions as signatures, where there is nothing."""
    module = tf.Module()
    module.parameters = program.variables
    # Without the gradient functions of a policy, which only acts.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, os.fspath(path), program.functions, options)


def _is_empty(path: pathlib.Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
