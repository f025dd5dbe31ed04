"""The results on disk: named by their parameters, identified by a hash, with their provenance."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import math
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

import numpy as np
import tensorflow as tf

# The default folder for results, in which each experiment has a folder of its own name.
RESULTS = pathlib.Path("results")

_ROOT = pathlib.Path(__file__).resolve().parent.parent


def canonical(config: Any) -> Any:
    """Returns a dataclass of plain values and paths in JSON's form: tuples become lists."""
    return json.loads(json.dumps(dataclasses.asdict(config), default=os.fspath))


def identity(config: Any) -> str:
    """Returns 12 hexadecimal digits that identify a whole configuration, type name included."""
    content = {"type": type(config).__name__, **canonical(config)}
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def target(directory: pathlib.Path, name: str, config: Any) -> pathlib.Path:
    """Returns the folder that holds, or will hold, the result of a configuration."""
    return directory / f"{name}-{identity(config)}"


def produce_or_load(
    directory: pathlib.Path,
    name: str,
    config: Any,
    produce: Callable[[], Mapping[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Returns the arrays that `produce` gives for `config`, from disk if they are there.

    A result is a folder `directory/name-identity` with `arrays.npz` and `provenance.json`. It
    appears by one rename, so that an interrupted run leaves nothing that loads.

    Args:
      directory: The folder for the results of one experiment.
      name: The name of the result, for people to read.
      config: A dataclass of plain values, which holds everything that determines the result.
      produce: The function that makes the arrays.

    Returns:
      The arrays by name.
    """
    path = target(directory, name, config)
    if not path.exists():
        store(directory, name, config, *produced(config, produce))
    with np.load(path / "arrays.npz") as stored:
        return {key: stored[key] for key in stored.files}


def produced(
    config: Any, produce: Callable[[], Mapping[str, np.ndarray]]
) -> tuple[Mapping[str, np.ndarray], dict[str, Any]]:
    """Returns the arrays that `produce` gives for `config`, and their provenance."""
    started = time.perf_counter()
    arrays = produce()
    return arrays, provenance(config, wall_time=time.perf_counter() - started)


def store(
    directory: pathlib.Path,
    name: str,
    config: Any,
    arrays: Mapping[str, np.ndarray],
    written: Mapping[str, Any],
) -> None:
    """Stores arrays and their provenance, where `produce_or_load` finds them."""
    directory.mkdir(parents=True, exist_ok=True)
    draft = pathlib.Path(tempfile.mkdtemp(prefix=".draft-", dir=directory))
    try:
        np.savez_compressed(draft / "arrays.npz", **arrays)
        write_json(draft / "provenance.json", written)
        draft.chmod(0o755)
        os.replace(draft, target(directory, name, config))
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_json(path: pathlib.Path, content: Any) -> None:
    """Writes strict JSON by one rename; NaN and infinity, which JSON lacks, become null."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(_finite(content), indent=2, allow_nan=False) + "\n")
    os.replace(draft, path)


def provenance(config: Any, wall_time: float) -> dict[str, Any]:
    """Returns what someone who repeats a result has to know.

    Args:
      config: The configuration of the result.
      wall_time: The seconds that the result took.
    """
    packages = ("maxent_tf", "tensorflow", "tensorflow-probability", "gymnasium", "mujoco", "numpy")
    status = _git("status", "--porcelain")
    return {
        "config": canonical(config),
        "commit": _git("rev-parse", "HEAD"),
        "dirty": None if status is None else bool(status),
        "versions": {"python": platform.python_version(), **{p: _version(p) for p in packages}},
        "devices": [device.name for device in tf.config.list_logical_devices()],
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "wall_time_seconds": round(wall_time, 2),
        "finished": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }


def _git(*arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None  # not a checkout, or no git: the versions still tell
    return result.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _finite(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
