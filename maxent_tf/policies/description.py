"""The description of a saved policy: what a program does not say of itself, as JSON."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from maxent_tf.policies.stored import MODEL
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, Image, MultiDiscrete
from maxent_tf.version import __version__

NAME = "policy.json"
_FORMAT = "maxent_tf policy"
# Counted up when an older version of the package could not use what this one writes.
_VERSION = 1


def describe(spec: EnvironmentSpec, learner: str) -> dict[str, Any]:
    """Returns the description of a policy for environments of a specification.

    Args:
      spec: The specification of the environment that the learner acts in.
      learner: The name of the learner's class, for people who read the description.
    """
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "written_by": f"maxent_tf {__version__}",
        "learner": learner,
        "observation": _encoded(spec.observation),
        "action": _encoded(spec.action),
    }


def read(path: str | pathlib.Path) -> EnvironmentSpec:
    """Returns the specification of the environments that the policy at a path is for.

    Raises:
      ValueError: If there is no saved policy at the path, or one of another version.
    """
    directory = pathlib.Path(path)
    expected = f"path={str(path)!r} must be a directory that maxent_tf.policies.save has written"
    if not directory.is_dir():
        what = "this is a file" if directory.exists() else "there is nothing"
        raise ValueError(f"{expected}, but {what} ({directory.absolute()}).")
    file = directory / NAME
    if not file.is_file():
        raise ValueError(f"{expected}, but it holds no {NAME}. {_remedy(directory)}")
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError as error:  # no JSON, or no text
        raise ValueError(f"{expected}, but its {NAME} is no JSON: {error}.") from error
    found = content.get("format") if isinstance(content, dict) else content
    if found != _FORMAT:
        raise ValueError(f"{expected}, of format {_FORMAT!r}, but its {NAME} says {found!r}.")
    if content.get("version") != _VERSION:
        raise ValueError(
            f"path={str(path)!r} is a policy in version {content.get('version')!r} of its format, "
            f"written by {content.get('written_by')}, but this is maxent_tf {__version__}, which "
            f"reads version {_VERSION}: use the version of the package that wrote it."
        )
    return EnvironmentSpec(_decoded(content["observation"]), _decoded(content["action"]))


def _remedy(directory: pathlib.Path) -> str:
    if (directory / MODEL).is_file():
        return "It is an exported policy or another SavedModel: tf.saved_model.load reads that."
    if list(directory.glob("checkpoint-*.index")):
        return "It holds checkpoints of a training run: maxent_tf.training.load reads those."
    return "Save the policy first."


_KINDS: dict[str, Any] = {kind.__name__: kind for kind in (Box, Discrete, Image, MultiDiscrete)}


def _encoded(spec: Any) -> dict[str, Any]:
    if isinstance(spec, dict):
        return {"kind": "dict", "parts": {key: _encoded(part) for key, part in spec.items()}}
    return {"kind": type(spec).__name__, **vars(spec)}


def _decoded(content: dict[str, Any]) -> Any:
    fields = dict(content)
    kind = fields.pop("kind")
    if kind == "dict":
        return {key: _decoded(part) for key, part in fields["parts"].items()}
    # Tuples are lists in JSON.
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return _KINDS[kind](**values)
