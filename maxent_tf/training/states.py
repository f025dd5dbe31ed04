"""The check that a state that was passed in fits a learner."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from maxent_tf.learners import Learner

# What fresh states are made of: to make one takes a large learner a while.
_fresh: weakref.WeakKeyDictionary[Learner, dict[str, str]] = weakref.WeakKeyDictionary()


def check_state(learner: Learner, state: Any) -> None:
    """Raises ValueError unless a state has the parts, shapes and dtypes of the learner's own state.

    A state does not show everything, such as the activation function that its parameters were
    trained with. What it does not show is not compared.

    Args:
      learner: The learner that is to resume from the state.
      state: The state, of the form that `learner.init` returns.
    """
    if learner not in _fresh:
        _fresh[learner] = _described(learner.init(0))
    own, given = _fresh[learner], _described(state)
    for path in {**given, **own}:
        then, now = given.get(path, "missing"), own.get(path, "not there")
        if then != now:
            raise ValueError(
                f"state{path} is {then}, but in a state of this learner it is {now}: the state is "
                "another learner's. Build the learner as the one that the state is from, with the "
                "same specification, configuration and batch_shape, or leave `state` out."
            )


def named_leaves(structure: Any, path: str = "") -> Iterator[tuple[str, tf.Tensor]]:
    """Yields the leaves of a structure by the paths that checkpoints give them."""
    if isinstance(structure, Mapping):
        items: Any = structure.items()
    elif hasattr(structure, "_asdict"):
        items = structure._asdict().items()
    elif isinstance(structure, tuple | list):
        items = enumerate(structure)
    else:
        yield path, structure
        return
    for key, item in items:
        yield from named_leaves(item, f"{path}/{key}")


def _described(state: Any) -> dict[str, str]:
    described = {}
    for path, leaf in named_leaves(state):
        leaf = tf.convert_to_tensor(leaf)
        described[path] = f"{leaf.dtype.name} of shape {leaf.shape.as_list()}"
    return described
