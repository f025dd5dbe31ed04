"""How a program is compiled: one named choice."""

from __future__ import annotations

import functools
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
    # TensorFlow counts traces by the source of a function, not by the function: of programs that
    # each training makes anew, and traces once, it would warn as of one that is always traced.
    # A partial has no source, and is counted by itself.
    own = functools.partial(function)
    return tf.function(own, autograph=False, jit_compile=mode == "xla")


def called_alike(program: Callable[..., Any]) -> Callable[..., Any]:
    """Spares a compiled program's calls the lookup of the trace that fits their arguments.

    It takes a quarter of a millisecond, a tenth of what the host loop adds to SAC's update.

    Args:
      program: from `compiled`; every call's arguments have the structure, the shapes and the
        dtypes of the first call's, and all their leaves are tensors.

    Returns:
      A callable with the same signature.
    """
    if not isinstance(program, tf.types.experimental.PolymorphicFunction):
        return program
    concrete: Callable[..., Any] | None = None

    def call(*args: Any) -> Any:
        nonlocal concrete
        if concrete is None:
            concrete = program.get_concrete_function(*args)
        return concrete(*args)

    return call
