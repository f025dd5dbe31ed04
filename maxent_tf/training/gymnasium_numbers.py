"""Conversion of Gymnasium's numbers to those of a learner, and back.

A learner counts discrete values from 0 and uses float32 and uint8. A Gymnasium environment counts
from the `start` of its spaces and may use any dtype. Shape letters: `N` environments; `O` and `A`
are the shapes of one observation and of one action.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from maxent_tf.specs import Box, abbreviated
from maxent_tf.training.spaces import action_spec, is_image, observation_spec, parts_of

if TYPE_CHECKING:
    import gymnasium

# How far beyond a bound, in its own size, rounding may carry an action.
_ROUNDING = 1e-5


def gymnasium_observation(env: gymnasium.Env | gymnasium.vector.VectorEnv, observation: Any) -> Any:
    """Converts an environment's observation to a learner's, for code that acts without `train`.

    Discrete values are counted from 0, whatever the `start` of their space. Numbers become float32,
    images uint8, discrete values int32.

    Args:
      env: The environment that returned the observation, a single one or a vector environment of N.
      observation: The observation from `reset` or `step`: [*O], or [N, *O] of a vector environment;
        a dict or a tuple of such if the space is a `Dict` or a `Tuple`.

    Returns:
      The observation for `learner.policy`, [1, *O] or [N, *O]. If the space is a `Dict` or a
      `Tuple`, a dict of such, with the keys that `gymnasium_spec` gives.

    Raises:
      TypeError: If `env` is neither an environment nor a vector environment.
      ValueError: If the space is not supported, or if the observation has another shape, is not
        finite, or holds a discrete value outside of its space.

    >>> import gymnasium
    >>> env = gymnasium.make("FrozenLake-v1")
    >>> gymnasium_observation(env, 3)
    array([3], dtype=int32)
    """
    space, _, count = spaces_and_count(env)
    observation_spec(space)  # which refuses the spaces that learners do not know
    return observed(space, observation, count)


def gymnasium_action(env: gymnasium.Env | gymnasium.vector.VectorEnv, action: Any) -> Any:
    """Converts a learner's action to an environment's, for code that acts without `train`.

    Args:
      env: The environment to act in, a single one or a vector environment of N.
      action: [1, *A], or [N, *A] for a vector environment: a draw from `learner.policy`, or
        `learner.greedy` of it.

    Returns:
      The action for the environment's `step`, [*A] or [N, *A], in the numbers, the shape and the
      dtype of the environment's space.

    Raises:
      TypeError: If `env` is neither an environment nor a vector environment.
      ValueError: If the space is not supported, or if the action has another shape or lies outside
        of the space by more than rounding.

    >>> import gymnasium
    >>> env = gymnasium.make("CartPole-v1")
    >>> env.action_space.contains(gymnasium_action(env, np.int32([1])))
    True
    """
    _, space, count = spaces_and_count(env)
    spec = action_spec(space)  # which refuses the spaces that learners do not know
    action = np.asarray(action)
    shape = (1 if count is None else count, *spec.shape)
    if action.shape != shape:
        raise ValueError(
            f"the action has shape {action.shape}, but {shape} is what {abbreviated(space)} takes: "
            "pass the learner's action with its axis of environments, of a learner with batch "
            "shape []."
        )
    if isinstance(spec, Box):
        low, high = spec.bounds()
        slack = _ROUNDING * np.maximum(np.abs(low), np.abs(high))
        _check_inside("action", action, _within(action, low - slack, high + slack), space, "")
    taken = acted(space, action)
    return taken[0] if count is None else taken


def spaces_and_count(env: Any) -> tuple[Any, Any, int | None]:
    """Returns the spaces of one observation and one action, and N of a vector environment.

    Raises:
      TypeError: If `env` is neither a Gymnasium environment nor a vector environment.
    """
    import gymnasium

    if isinstance(env, gymnasium.vector.VectorEnv):
        return env.single_observation_space, env.single_action_space, env.num_envs
    if isinstance(env, gymnasium.Env):
        return env.observation_space, env.action_space, None
    raise TypeError(f"env must be a Gymnasium environment or vector environment, not {env!r}.")


def observed(
    space: Any,
    observation: Any,
    count: int | None,
    where: str = "",
    name: str = "observation",
) -> Any:
    """Returns observations in the form that specs describe, in newly allocated memory.

    Args:
      space: The space of one observation.
      observation: [N, *O], or a dict or a tuple of such.
      count: N. With None, the observation has no such axis, and the result is [1, *O].
      where: The place to name in errors, such as " at step 3".
      name: The name of the observation, or of its part, to use in errors.

    Raises:
      ValueError: If the observation is not finite, if its shape is not that of the space, or if the
        space holds integers and the observation lies outside of it.
    """
    from gymnasium import spaces

    parts = parts_of(space)
    if parts is not None:
        values = _values_of_parts(space, parts, observation, where, name)
        return {
            key: observed(part, values[key], count, where, f"{name}[{key!r}]")
            for key, part in parts.items()
        }
    array = np.asarray(observation)
    array = array[None] if count is None else array
    shape = (1 if count is None else count, *space.shape)
    if array.shape != shape or array.dtype.kind not in "biuf":
        raise ValueError(
            f"the {name}{where} is an array of {array.dtype} of shape {array.shape}, but "
            f"{abbreviated(space)} says numbers of shape {shape}: mend or wrap the environment."
        )
    if isinstance(space, spaces.Discrete):
        return counted(space, array, where, name)
    if isinstance(space, spaces.MultiDiscrete | spaces.MultiBinary):
        return counted(space, array, where, name).reshape(len(array), -1)
    if is_image(space):
        if array.dtype != np.uint8:
            inside = (array == np.round(array)) & _within(array, 0, 255)
            _check_inside(name, array, inside, space, where)
        return array.astype(np.uint8)
    array = array.astype(np.float32)
    check_finite(name, array, where)
    return array


def count_of(space: Any, observation: Any) -> int | None:
    """Returns the number of observations; None of a single one, without an axis of environments.

    An observation of a shape that the space does not know counts as a single one, which `observed`
    then refuses.

    Args:
      space: The space of one observation.
      observation: [*O] or [N, *O], or a dict or a tuple of such.

    Raises:
      ValueError: If parts of the observation are missing.
    """
    parts = parts_of(space)
    if parts is not None:
        key, part = next(iter(parts.items()))
        values = _values_of_parts(space, parts, observation, "", "observation")
        return count_of(part, values[key])
    shape = np.shape(observation)
    return shape[0] if len(shape) == len(space.shape) + 1 else None


def _values_of_parts(
    space: Any, parts: Mapping[str, Any], observation: Any, where: str, name: str
) -> Mapping[str, Any]:
    """Returns the parts of an observation of a `Dict` or a `Tuple`, by the keys of their spec."""
    from gymnasium import spaces

    if isinstance(space, spaces.Tuple):
        # Gymnasium, too, lets a list or an array stand for a tuple.
        is_sequence = isinstance(observation, tuple | list) or np.ndim(observation) > 0
        if not is_sequence or len(observation) != len(parts):
            raise ValueError(
                f"the {name}{where} must be a tuple of {len(parts)} parts as its space, not "
                f"{abbreviated(observation)}: mend or wrap the environment."
            )
        return dict(zip(parts, observation, strict=True))
    keys = list(observation) if isinstance(observation, Mapping) else observation
    if not isinstance(observation, Mapping) or not set(keys) >= set(parts):
        raise ValueError(
            f"the {name}{where} must be a dict with the keys {abbreviated(list(parts))} of its "
            f"space, not {abbreviated(keys)}: mend or wrap the environment."
        )
    return observation


def counted(space: Any, values: np.ndarray, where: str = "", name: str = "observation") -> Any:
    """Returns discrete values, [N, *O], counted from 0 instead of the space's start, as int32.

    Raises:
      ValueError: If a value is not an integer or lies outside of `space`, a `Discrete`, a
        `MultiDiscrete` or a `MultiBinary`.
    """
    sizes, start = _sizes_and_start(space)
    with np.errstate(invalid="ignore"):  # NaN, which is no integer
        # Not in a dtype of the environment's, which may wrap around.
        whole = values.astype(np.int64)
    from_zero = whole - start
    inside = (whole == values) & _within(from_zero, 0, sizes - 1)
    _check_inside(name, values, inside, space, where)
    return from_zero.astype(np.int32)


def _sizes_and_start(space: Any) -> tuple[Any, Any]:
    """Returns the number of values of each element of a discrete space, and the first values."""
    from gymnasium import spaces

    if isinstance(space, spaces.MultiBinary):
        return np.full(space.shape, 2), 0
    return space.n if isinstance(space, spaces.Discrete) else space.nvec, space.start


def acted(space: gymnasium.Space, action: np.ndarray, where: str = "") -> np.ndarray:
    """Returns a learner's actions in the form that an environment takes, with its shape and dtype.

    Args:
      space: The space of one action.
      action: [N, *A]; for a `MultiDiscrete` or a `MultiBinary`, in the shape of the space or as a
        vector.
      where: The place to name in errors, such as " at step 3".

    Raises:
      ValueError: If the space is discrete and an action lies outside of it.
    """
    from gymnasium import spaces

    if isinstance(space, spaces.Box):
        # Rounding may have carried an action a hair over its bound, where some environments raise.
        return np.clip(action, space.low, space.high).astype(space.dtype)
    sizes, start = _sizes_and_start(space)
    action = action.reshape(len(action), *np.shape(sizes))
    own = action + start
    inside = _within(action, 0, sizes - 1) & (action == np.round(action))
    _check_inside("action", action, inside, f"the numbers 0 to {sizes - 1}", where)
    return own.astype(space.dtype)


def one_each(name: str, value: Any, count: int, dtype: type, where: str = "") -> np.ndarray:
    """Returns a reward or a flag of every environment, [N]; axes of size 1 are removed.

    Raises:
      ValueError: Unless there is one number for each of `count` environments, 0 or 1 if `dtype` is
        bool.
    """
    try:
        array = np.asarray(value)
        # Arrays of objects may hold numbers, and arrays of one.
        array = np.array(array.tolist()) if array.dtype == object else array
    except ValueError:  # parts of several shapes
        array = np.empty(0, object)
    if array.size == count and array.dtype.kind in "biuf":
        array = array.reshape(count)
        if dtype is not bool or np.all((array == 0) | (array == 1)):
            return array.astype(dtype)
    raise ValueError(
        f"{name}{where} must be one {'flag' if dtype is bool else 'number'} for each of {count} "
        f"environments, not {abbreviated(value)} of shape {np.shape(array)}: mend or wrap the "
        "environment."
    )


def check_finite(name: str, value: np.ndarray, where: str) -> None:
    """Raises ValueError if a number of [N, ...] is NaN or infinite, naming the environments."""
    finite = np.isfinite(value)
    if not finite.all():
        raise ValueError(
            f"NaN or infinity in the {name} of environments {_rows(finite)[:5]}{where}: mend "
            "or wrap the environment; nothing of this step was learned from."
        )


def _within(values: Any, low: Any, high: Any) -> Any:
    return (values >= low) & (values <= high)


def _rows(fine: np.ndarray) -> list[int]:
    """Returns the indices on the first axis at which at least one element is not fine."""
    return np.flatnonzero(~fine.reshape(len(fine), -1).all(axis=1)).tolist()


def _check_inside(
    name: str, values: np.ndarray, inside: np.ndarray, space: Any, where: str
) -> None:
    if not inside.all():
        rows = _rows(inside)
        first = abbreviated(values[rows[0]].tolist())
        raise ValueError(
            f"the {name} of environment {rows[0]}{where} is {first}, outside of "
            f"{abbreviated(space)} (environments {rows[:5]}): mend or wrap the environment."
        )
