"""Environments by their names on the command line."""

from __future__ import annotations

from typing import Any, NamedTuple

from maxent_tf import environments
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.training import gymnasium_spec

# Those that need no argument and have one player. Where Gymnasium has the same environment, it can
# be rendered there.
IN_GRAPH: dict[str, str | None] = {
    "Acrobot": "Acrobot-v1",
    "CartPole": "CartPole-v1",
    "ContinuousTrap": None,
    "FourRooms": None,
    "IcyGrid": None,
    "MountainCar": "MountainCar-v0",
    "MountainCarContinuous": "MountainCarContinuous-v0",
    "MultiGoal": None,
    "Pendulum": "Pendulum-v1",
    "RiverSwim": None,
    "TwoGoalGrid": None,
}


class Named(NamedTuple):
    """An environment by its name.

    Attributes:
      env: What `train` and `evaluate` take: an environment in the graph, or a Gymnasium id.
      spec: Its specification.
    """

    env: Any
    spec: EnvironmentSpec


def by_name(name: str) -> Named:
    """Returns an environment of the package, or one of Gymnasium.

    Raises:
      ValueError: If there is no environment of that name.
    """
    if name in IN_GRAPH:
        world = getattr(environments, name)()
        return Named(world, world.spec)
    try:
        return Named(name, gymnasium_spec(name))
    except ValueError as error:
        raise ValueError(
            f"ENV={name!r} is neither a Gymnasium id that can be made ({error}) nor one of this "
            f"package's environments, {', '.join(IN_GRAPH)}."
        ) from error


def rendered_id(name: str) -> str:
    """Returns the Gymnasium id of an environment that can be rendered.

    Raises:
      ValueError: If the environment cannot be.
    """
    if name not in IN_GRAPH:
        return name
    counterpart = IN_GRAPH[name]
    if counterpart is None:
        there = [known for known, other in IN_GRAPH.items() if other is not None]
        raise ValueError(
            f"ENV={name!r} draws no pictures, and Gymnasium has no environment like it: of this "
            f"package's environments, {', '.join(there)} can be filmed in Gymnasium's."
        )
    return counterpart
