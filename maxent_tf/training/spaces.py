"""Conversion of Gymnasium's spaces to specifications.

Gymnasium is imported inside the functions that use it: whoever uses only in-graph environments
never loads it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from maxent_tf.specs import (
    ACTION_MASK,
    Box,
    Discrete,
    EnvironmentSpec,
    Image,
    MultiDiscrete,
    ObservationSpec,
    Spec,
    abbreviated,
)
from maxent_tf.training.making import check_no_arguments, is_vector, maker

if TYPE_CHECKING:
    import gymnasium


def gymnasium_spec(env: Any, env_kwargs: Mapping[str, Any] | None = None) -> EnvironmentSpec:
    """Returns the specification of a Gymnasium environment, from which to build a learner.

    Observations may be any `Box`, `Discrete`, `MultiDiscrete` or `MultiBinary` space, or a `Dict`
    or `Tuple` of such. Actions may be `Discrete`, `MultiDiscrete`, `MultiBinary`, or a `Box` of
    floats. `MultiDiscrete` and `MultiBinary` spaces of any shape become vectors, in row-major
    order. A `Tuple` becomes a dict by position: the keys are "0", "1", ..., with as many digits as
    the last key needs.

    Args:
      env: A Gymnasium id such as "Pendulum-v1", an environment, a vector environment, or a function
        that makes an environment.
      env_kwargs: The arguments with which an id or a function makes the environment.

    Raises:
      TypeError: If `env` is none of these.
      ValueError: If the id is unknown or a space is not supported. The message names the space, its
        part if it is a `Dict` or a `Tuple`, and the wrapper that would help.

    >>> gymnasium_spec("CartPole-v1").action
    Discrete(num_values=2)
    """
    import gymnasium

    if is_vector(env):
        check_no_arguments(env, env_kwargs)
        observation, action = env.single_observation_space, env.single_action_space
    elif isinstance(env, gymnasium.Env):
        check_no_arguments(env, env_kwargs)
        observation, action = env.observation_space, env.action_space
    else:
        made = maker(env, env_kwargs)()
        try:
            return gymnasium_spec(made)
        finally:
            made.close()
    return EnvironmentSpec(observation_spec(observation), action_spec(action))


def check_fits(learner: EnvironmentSpec, env: EnvironmentSpec) -> None:
    """Raises ValueError unless a learner built for one spec can act in an environment of the other.

    The shapes of observations must agree, and so must the actions, their bounds to the precision of
    float32. The bounds of observations do not matter to a learner.
    """
    differences = [
        *_other_observations("observation", learner.observation, env.observation),
        *_other_actions(learner.action, env.action),
    ]
    if differences:
        name, built_for, found = differences[0]
        raise ValueError(
            f"the learner was built for an environment with {name} {abbreviated(built_for)}, but "
            f"the environment is one with {name} {abbreviated(found)}: build the learner from the "
            "environment's own spec (env.spec, or gymnasium_spec(env))."
        )


# What differs between two specs: a name, and how it is in the one and the other.
_Difference = tuple[str, Any, Any]


def _other_observations(name: str, learner: Any, env: Any) -> Iterator[_Difference]:
    if isinstance(learner, dict) and isinstance(env, dict):
        if learner.keys() != env.keys():
            yield f"{name} keys", sorted(learner), sorted(env)
            return
        for key, part in learner.items():
            yield from _other_observations(f"{name}[{key!r}]", part, env[key])
    elif _observed(learner) != _observed(env):
        yield name, learner, env


def _observed(spec: object) -> object:
    """Returns what a learner needs of the spec of an observation: of a box only the shape."""
    return spec.shape if isinstance(spec, Box) else spec


def _other_actions(learner: Spec, env: Spec) -> Iterator[_Difference]:
    if not (isinstance(learner, Box) and isinstance(env, Box) and learner.shape == env.shape):
        if learner != env:
            yield "action", learner, env
        return
    bounds = [np.stack(box.bounds(), axis=-1).reshape(-1, 2) for box in (learner, env)]
    for i in np.flatnonzero(np.any(bounds[0] != bounds[1], axis=-1))[:1]:
        yield f"bounds of action element {i}", bounds[0][i].tolist(), bounds[1][i].tolist()


def observation_spec(space: gymnasium.Space, name: str = "observation") -> ObservationSpec:
    """Returns the spec of a space of observations, or raises ValueError if it is not supported.

    Arrays of bytes with two axes or more are images; every other `Box` becomes one of float32.

    Args:
      space: The space of one observation.
      name: The name of the observation, or of the part of it that the space describes, for errors.
    """
    from gymnasium import spaces

    parts = parts_of(space)
    if parts:
        return {key: observation_spec(part, f"{name}[{key!r}]") for key, part in parts.items()}
    if isinstance(space, spaces.Box):
        shape = tuple(int(n) for n in space.shape)
        return Image(shape) if is_image(space) else Box.of(shape, space.low, space.high)
    spec = _integers(space)
    if spec is None:
        raise ValueError(
            f"the {name} space {abbreviated(space)} is not supported: Box, Discrete, "
            "MultiDiscrete, MultiBinary, and Dict and Tuple of these are. "
            + _observation_remedy(space, name)
        )
    return spec


def parts_of(space: gymnasium.Space) -> dict[str, gymnasium.Space] | None:
    """Returns the parts of a `Dict` or a `Tuple` by the keys of their spec; None of other spaces.

    The keys of a `Tuple` are the positions, with zeros in front if these are needed to keep the
    keys in order when they are sorted: "00" to "10" for eleven parts. A mask of actions that is a
    `Box` from 0 to 1, as many are, becomes a part of flags.
    """
    from gymnasium import spaces

    if isinstance(space, spaces.Dict):
        parts = dict(space.spaces)
        mask = parts.get(ACTION_MASK)
        if isinstance(mask, spaces.Box) and not np.any(mask.low) and np.all(mask.high == 1):
            parts[ACTION_MASK] = spaces.MultiBinary(mask.shape)
        return parts
    if isinstance(space, spaces.Tuple):
        digits = len(str(len(space.spaces) - 1))
        return {f"{i:0{digits}}": part for i, part in enumerate(space.spaces)}
    return None


def is_image(space: gymnasium.Space) -> bool:
    """Returns whether a space of observations holds images: bytes with two axes or more."""
    import gymnasium

    return (
        isinstance(space, gymnasium.spaces.Box) and space.dtype == np.uint8 and len(space.shape) > 1
    )


def action_spec(space: gymnasium.Space) -> Spec:
    """Returns the spec of a space of actions, or raises ValueError if it is not supported."""
    from gymnasium import spaces

    if isinstance(space, spaces.Box) and np.issubdtype(space.dtype, np.floating):
        return Box.of(tuple(space.shape), space.low, space.high)
    spec = _integers(space)
    if spec is None:
        raise ValueError(
            f"the action space {abbreviated(space)} is not supported: Discrete, "
            "MultiDiscrete, MultiBinary and Box of floats are. " + _action_remedy(space)
        )
    return spec


def _integers(space: gymnasium.Space) -> Discrete | MultiDiscrete | None:
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return Discrete(int(space.n))
    if isinstance(space, spaces.MultiDiscrete):
        return MultiDiscrete(tuple(int(n) for n in space.nvec.ravel()))
    if isinstance(space, spaces.MultiBinary):
        return MultiDiscrete((2,) * math.prod(space.shape))
    return None


# Of one element of an action, for a remedy that makes them discrete.
_MOST_VALUES = 10_000


def _observation_remedy(space: gymnasium.Space, name: str) -> str:
    if parts_of(space) is not None:
        return (
            "It has no parts, and so nothing to observe: leave it out, or put an array in its "
            "place, with gymnasium.wrappers.TransformObservation."
        )
    if _holds_text(space) and name != "observation":
        return (
            "Networks take no text: leave it out with gymnasium.wrappers.FilterObservation, or "
            f"make the {name} an array with gymnasium.wrappers.TransformObservation. To keep "
            "only the image of a MiniGrid environment, use minigrid.wrappers.ImgObsWrapper."
        )
    if not _can_flatten(space):
        return (
            "Gymnasium cannot flatten it to an array of a fixed size: wrap the environment with "
            f"gymnasium.wrappers.TransformObservation, so that the {name} is an array of one shape."
        )
    if name == "observation":
        return "Wrap the environment with gymnasium.wrappers.FlattenObservation."
    return (
        "Wrap the environment with gymnasium.wrappers.FlattenObservation, which flattens the whole "
        f"observation, or with TransformObservation, which may flatten the {name} alone by "
        "gymnasium.spaces.flatten."
    )


def _holds_text(space: gymnasium.Space) -> bool:
    # Gymnasium's Text is not the only space of strings: MiniGrid has one of its own.
    return space.dtype is not None and space.dtype.kind == "U"


def _can_flatten(space: gymnasium.Space) -> bool:
    try:
        return space.is_np_flattenable
    except NotImplementedError:  # The class of the space is not one of Gymnasium's.
        return False


def _action_remedy(space: gymnasium.Space) -> str:
    from gymnasium import spaces

    wrap = "Wrap the environment with gymnasium.wrappers.TransformAction"
    bounds = [
        np.ravel(bound).astype(float)
        for bound in ((space.high, space.low) if isinstance(space, spaces.Box) else ())
    ]
    if bounds and np.all(np.subtract(*bounds) < _MOST_VALUES):
        high, low = (bound.astype(int) for bound in bounds)
        counts, start = (abbreviated(x.tolist()) for x in (high - low + 1, low))
        return (
            "Rounded to integers, actions would be others than those that the learner chose. "
            f"{wrap} to take MultiDiscrete({counts}, start={start}) instead, which learners treat "
            "as discrete."
        )
    return (
        f"{wrap} to take a Discrete, a MultiDiscrete or a Box of floats, and make the action of it."
    )
