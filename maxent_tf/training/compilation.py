"""The compilation of programs, chosen by name."""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from maxent_tf import tracing
from maxent_tf.learners import Learner

MODES = ("auto", "xla", "graph", "eager")


def compiled(function: Callable[..., Any], mode: str, auto: str) -> Callable[..., Any]:
    """Compiles a function over structures of tensors.

    Args:
      function: The function. Python control flow in it is unrolled when it is traced.
      mode: "xla", "graph", "eager", or "auto" for the mode that was measured to be the fastest for
        this program.
      auto: The mode that "auto" means for this program.

    Returns:
      A callable with the same signature.

    Raises:
      ValueError: If the mode is unknown.
    """
    _check(mode)
    mode = auto if mode == "auto" else mode
    if mode == "eager":
        return function
    # TensorFlow counts traces by the source of a function, not by the function: of programs that
    # each training makes anew, and traces once, it would warn as of one that is always traced.
    # A partial has no source, and is counted by itself.
    own = functools.partial(tracing.for_xla(function) if mode == "xla" else function)
    return tf.function(own, autograph=False, jit_compile=mode == "xla")


def mode_for(learner: Learner, mode: str) -> str:
    """Returns the mode in which programs that update a learner are compiled.

    Raises:
      ValueError: If the mode is unknown, or if it is "xla" and an update is divided among replicas.
    """
    _check(mode)
    if learner.strategy is None:
        return mode
    if mode == "xla":
        raise ValueError(
            'compile must not be "xla" for a learner whose updates are divided among replicas: XLA '
            'compiles for one device, on which replicas cannot exchange sums. Pass "graph", or '
            "leave compile out."
        )
    return "graph" if mode == "auto" else mode


def _check(mode: str) -> None:
    if mode not in MODES:
        raise ValueError(f"compile must be one of {list(MODES)}, not {mode!r}.")


# Called with the name of a program when its compilation begins, and with None when it ends.
Listener = Callable[[str | None], None]
_listener: contextvars.ContextVar[Listener] = contextvars.ContextVar(
    "listener", default=lambda name: None
)


@contextlib.contextmanager
def tell_compiled(listener: Listener) -> Iterator[None]:
    """Tells a listener, within this context, which program is being compiled."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def called_alike(program: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Makes calls of a compiled program faster, if the arguments of all calls are alike.

    TensorFlow otherwise looks up, at every call, the trace that fits the arguments. The lookup
    takes a quarter of a millisecond, which is a tenth of what the host loop adds to an update of
    SAC.

    Args:
      program: A program from `compiled`. The arguments of every call have the structure, the shapes
        and the dtypes of the first call's arguments, and all their leaves are tensors.
      name: What the program does, for whoever waits while it is compiled; see `tell_compiled`.

    Returns:
      A callable with the same signature.
    """
    if not isinstance(program, tf.types.experimental.PolymorphicFunction):
        return program
    concrete: Callable[..., Any] | None = None

    def call(*args: Any) -> Any:
        nonlocal concrete
        if concrete is not None:
            return concrete(*args)
        tell = _listener.get()
        tell(name)
        try:
            concrete = program.get_concrete_function(*args)
            # XLA compiles a program when it is first run.
            return concrete(*args)
        finally:
            tell(None)

    return call
