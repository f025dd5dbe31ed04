"""How a program is compiled: one named choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

MODES = ("auto", "xla", "graph", "eager")


def compiled(function: Callable[..., Any], mode: str, auto: str) -> Callable[..., Any]:
    """Compiles a function over structures of tensors.

    Args:
      function: the function; Python control flow in it is unrolled when it is traced.
      mode: "xla", "graph", "eager", or "auto": what was measured to be faster for this program.
      auto: what "auto" means here.

    Returns:
      A callable with the same signature.

    Raises:
      ValueError: if the mode is unknown.
    """
    if mode not in MODES:
        raise ValueError(f"compile must be one of {list(MODES)}, not {mode!r}.")
    mode = auto if mode == "auto" else mode
    if mode == "eager":
        return function
    return tf.function(function, autograph=False, jit_compile=mode == "xla")
