"""The packages that commands need beside those of the package itself."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

# The modules of each extra that a user may miss, by the extra's name in setup.cfg.
EXTRAS: dict[str, tuple[str, ...]] = {
    "cli": ("matplotlib", "tensorboard", "tqdm", "tyro"),
    "video": ("moviepy", "pygame"),
    "experiments": ("jinja2", "matplotlib", "scipy", "tensorboard", "tqdm", "tyro", "yaml"),
    "onnx": ("onnx", "onnxruntime"),
    "litert": ("ai_edge_litert",),
    "ray": ("ray",),
    "box2d": ("Box2D",),
    "mujoco": ("mujoco",),
    "minigrid": ("minigrid",),
    "tf-agents": ("tf_agents",),
}


def require(module: str, extra: str) -> Any:
    """Imports and returns a module of an extra.

    Raises:
      ImportError: If the module is missing; the message has the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"this command needs {module}, which cannot be imported ({error}): "
            f"pip install 'maxent_tf[{extra}]'."
        ) from error


def missing(extra: str) -> list[str]:
    """Returns the modules of an extra that are not installed."""
    return [name for name in EXTRAS[extra] if importlib.util.find_spec(name) is None]
