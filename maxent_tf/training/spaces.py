"""From Gymnasium's spaces to specs.

Gymnasium is imported where it is used: those who stay on in-graph worlds never load it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maxent_tf.specs import (
    Box,
    Discrete,
    EnvironmentSpec,
    Image,
    MultiDiscrete,
    ObservationSpec,
    Spec,
)

if TYPE_CHECKING:
    import gymnasium


def gymnasium_spec(env: str | gymnasium.Env | gymnasium.vector.VectorEnv) -> EnvironmentSpec:
    """Returns the spec of a Gymnasium world, for building a learner.

    Args:
      env: an id such as "Pendulum-v1", an environment, or a vector environment.

    Raises:
      ValueError: if the id is unknown or a space is not supported.

    >>> gymnasium_spec("CartPole-v1").action
    Discrete(num_values=2)
    """
    import gymnasium

    if isinstance(env, str):
        made = make(env)
        try:
            return gymnasium_spec(made)
        finally:
            made.close()
    if isinstance(env, gymnasium.vector.VectorEnv):
        observation, action = env.single_observation_space, env.single_action_space
    else:
        observation, action = env.observation_space, env.action_space
    return EnvironmentSpec(observation_spec(observation), space_spec("action", action))


def make(env_id: str) -> gymnasium.Env:
    """Makes one environment, or raises ValueError with what Gymnasium has against the id."""
    import gymnasium

    try:
        return gymnasium.make(env_id)
    except gymnasium.error.Error as error:
        raise ValueError(f"env={env_id!r} cannot be made by Gymnasium: {error}") from error


def check_fits(learner: EnvironmentSpec, env: EnvironmentSpec) -> None:
    """Raises ValueError unless a learner built for one spec can act in a world of the other.

    The shape of observations and the actions must agree, bounds of actions to float32. The bounds
    of observations are nothing to a learner.
    """
    if _observed(learner.observation) != _observed(env.observation) or not _same_actions(
        learner.action, env.action
    ):
        raise ValueError(
            f"the learner was built for {learner}, but the world is {env}: build it from the "
            "world's own spec (env.spec, or gymnasium_spec(env))."
        )


def _observed(spec: ObservationSpec) -> object:
    if isinstance(spec, dict):
        return {key: _observed(part) for key, part in spec.items()}
    return spec.shape if isinstance(spec, Box) else spec


def _same_actions(first: Spec, second: Spec) -> bool:
    if not (isinstance(first, Box) and isinstance(second, Box)):
        return first == second
    pairs = zip(first.bounds(), second.bounds(), strict=True)
    return all(a.shape == b.shape and bool((a == b).all()) for a, b in pairs)


def observation_spec(space: gymnasium.Space) -> ObservationSpec:
    """Returns the spec of a space of observations, or raises ValueError if it is not supported.

    Arrays of bytes with two axes or more are images; whatever else is a `Box` becomes float32.
    """
    import gymnasium

    if isinstance(space, gymnasium.spaces.Dict):
        return {key: observation_spec(part) for key, part in space.spaces.items()}
    if isinstance(space, gymnasium.spaces.Box) and space.dtype == "uint8" and len(space.shape) > 1:
        return Image(tuple(space.shape))
    return space_spec("observation", space)


def space_spec(role: str, space: gymnasium.Space) -> Spec:
    """Returns the spec of one space, or raises ValueError, naming its role, if there is none."""
    import gymnasium

    if isinstance(space, gymnasium.spaces.Discrete):
        return Discrete(int(space.n))
    if isinstance(space, gymnasium.spaces.Box):
        return Box.of(tuple(space.shape), space.low, space.high)
    if isinstance(space, gymnasium.spaces.MultiDiscrete) and space.nvec.ndim == 1:
        return MultiDiscrete(tuple(int(n) for n in space.nvec))
    raise ValueError(
        f"the {role} space {space} is not supported: Box, Discrete and flat MultiDiscrete are, and "
        "Dict for observations. Wrap the environment, for example with "
        "gymnasium.wrappers.FlattenObservation."
    )
