"""Which compiler a program is traced for, where the fastest form of an operation depends on it."""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable
from typing import Any

__all__ = ["for_xla", "is_for_xla"]

_is_for_xla = contextvars.ContextVar("is_for_xla", default=False)


def for_xla(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that is traced as one that XLA compiles.

    >>> for_xla(is_for_xla)(), is_for_xla()
    (True, False)
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        token = _is_for_xla.set(True)
        try:
            return function(*args, **kwargs)
        finally:
            _is_for_xla.reset(token)

    return call


def is_for_xla() -> bool:
    """Returns whether what is being traced will be compiled by XLA, as far as this is known."""
    return _is_for_xla.get()
