"""Worlds that hand a recurrent learner's memory back to it; see `learners.memory`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.environments import Environment
from maxent_tf.learners.memory import with_memory
from maxent_tf.types import TimeStep


def remembering(learner: Any, worlds: Any, kind: type[InGraph] | type[OnHost]) -> Any:
    """Returns worlds as the learner is to see them: themselves, if it has no memory.

    Args:
      learner: with a `memory`, the spec of one, or without.
      worlds: an in-graph world, or a `GymnasiumWorlds`.
      kind: which of the two.
    """
    memory = getattr(learner, "memory", None)
    return worlds if memory is None else kind(worlds, memory)


class InGraph:
    """An in-graph world that shows the last memory beside its observation.

    Args:
      env: the world.
      memory: the spec of a memory.
    """

    def __init__(self, env: Environment, memory: Any):
        self.spec = env.spec
        self._env = env
        self._memory = memory

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[Any, TimeStep]:
        """Begins episodes with empty memories."""
        state, timestep = self._env.reset(batch_shape, seed)
        empty = tf.nest.map_structure(
            lambda spec: tf.zeros([*batch_shape, *spec.shape], spec.dtype), self._memory
        )
        return state, _shown(timestep, empty)

    def step(self, state: Any, action: Any, seed: Any) -> tuple[Any, TimeStep]:
        """Acts, and shows the memory that came with the action."""
        state, timestep = self._env.step(state, action["action"], seed)
        return state, _shown(timestep, action["memory"])


class OnHost:
    """Gymnasium worlds that show the last memories beside their observations.

    Args:
      worlds: a `GymnasiumWorlds`.
      memory: the spec of a memory.
    """

    def __init__(self, worlds: Any, memory: Any):
        self._worlds = worlds
        self._memory = memory

    def reset(self, seed: int) -> Any:
        """Begins episodes with empty memories."""
        observation = self._worlds.reset(seed)
        count = len(tf.nest.flatten(observation)[0])
        empty = tf.nest.map_structure(
            lambda spec: np.zeros([count, *spec.shape], np.float32), self._memory
        )
        return with_memory("observation", observation, empty)

    def step(self, action: Any) -> Any:
        """Acts, and shows the memories that came with the actions, or empty ones after an end."""
        step, memory = self._worlds.step(action["action"]), action["memory"]
        # The call that only resets a world is no step of an episode either.
        fresh = step.terminated | step.truncated | ~step.valid
        next_memory = tf.nest.map_structure(lambda x: np.where(fresh[:, None], 0, x), memory)
        return step._replace(
            next_observation=with_memory("observation", step.next_observation, memory),
            observation=with_memory("observation", step.observation, next_memory),
        )

    def close(self) -> None:
        """Closes the worlds if they were made here."""
        self._worlds.close()


def _shown(timestep: TimeStep, memory: Any) -> TimeStep:
    return timestep._replace(observation=with_memory("observation", timestep.observation, memory))
