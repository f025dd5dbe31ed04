"""What someone who repeats a run has to know."""

from __future__ import annotations

import datetime
import os
import platform
import shlex
from importlib import metadata
from typing import Any

import tensorflow as tf

from maxent_tf.version import __version__

_PACKAGES = ("tensorflow", "tensorflow-probability", "gymnasium", "numpy")


def versions() -> dict[str, str]:
    """Returns the versions of this package, of Python and of what everything depends on."""
    others = {name: metadata.version(name) for name in _PACKAGES}
    return {"maxent_tf": __version__, "python": platform.python_version(), **others}


def devices() -> list[str]:
    """Returns the devices that TensorFlow sees, such as "CPU:0"."""
    return [
        device.name.split("physical_device:")[-1] for device in tf.config.list_physical_devices()
    ]


def session(args: list[str]) -> dict[str, Any]:
    """Returns the description of a session that begins now.

    Args:
      args: The arguments of the command, without the program.
    """
    return {
        "command": shlex.join(["python", "-m", "maxent_tf", "train", *args]),
        "directory": os.getcwd(),
        "started": _now(),
        "versions": versions(),
        "devices": devices(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
    }


def ended(begun: dict[str, Any], env_steps: int, wall_time: float) -> dict[str, Any]:
    """Returns the description of a session that ends now.

    Args:
      begun: Its description when it began.
      env_steps: The number of steps that each learner has taken, earlier sessions included.
      wall_time: The duration of its training, in seconds.
    """
    return {
        **begun,
        "finished": _now(),
        "env_steps": env_steps,
        "wall_time_seconds": round(wall_time, 2),
    }


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
