"""The learner that a run trains, and the check that a state that was passed in fits it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from maxent_tf.checks import boolean
from maxent_tf.learners import Learner, Normalized, as_trained

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


def normalized(
    learner: Learner, state: Any, observation: bool, reward: bool, num_envs: int
) -> tuple[Learner, Any]:
    """Returns the learner that is to be trained, and its state if one is given.

    Args:
      learner: The learner without what normalises its observations and rewards.
      state: The state of the learner, or of one that was trained with normalisation; or None.
      observation: Whether to normalise observations.
      reward: Whether to normalise rewards.
      num_envs: The number of environments of each learner.

    Raises:
      ValueError: If a flag is not a boolean, or is not as in the run that the state is from.
    """
    boolean("normalize_observation", observation)
    boolean("normalize_reward", reward)
    # Only if need be: some learners cannot be wrapped.
    wrapped = Normalized(learner, observation, reward, num_envs) if observation or reward else None
    trained = learner if wrapped is None else wrapped
    if state is None:
        return trained, None
    if as_trained(learner, state) is learner:  # a state without statistics
        return trained, state if wrapped is None else wrapped.around(state)
    for name, now, before in (
        ("normalize_observation", observation, state.observation),
        ("normalize_reward", reward, state.discounted_return),
    ):
        if now != bool(before):
            raise ValueError(
                f"{name} must be as in the run that `state` is from, which was trained "
                f"with{'out' if now else ''} it."
            )
    assert wrapped is not None  # as the state is
    # The worlds begin new episodes, and may be another number.
    return trained, state._replace(running=wrapped.around(state.learner).running)


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
