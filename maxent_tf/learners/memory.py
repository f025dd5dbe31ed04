"""What a recurrent learner carries from step to step, and how the loops see it.

A memory is a part of what the learner observes, and what it makes of it a part of its action: the
world hands it back with the next observation, or an empty one where an episode begins. Trajectories
thus hold all that learning from them needs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.specs import Box, EnvironmentSpec, ObservationSpec


class Seen(NamedTuple):
    """The specs of what a learner is shown and of what it answers; see `EnvironmentSpec`."""

    observation: ObservationSpec
    action: Any


class Recalling(NamedTuple):
    """An action distribution of a recurrent policy, and the memory that goes with the action.

    Attributes:
      distribution: of the action, of batch shape [*P, B].
      memory: [*P, B, ...], after the observation.
    """

    distribution: Any
    memory: Any

    @property
    def batch_shape(self) -> tf.TensorShape:
        """[*P, B]."""
        return self.distribution.batch_shape

    def sample(self, seed: Any) -> dict[str, Any]:
        """Draws actions, and returns them with the memory."""
        return with_memory("action", self.distribution.sample(seed=seed), self.memory)


def memory_spec(units: int) -> dict[str, Box]:
    """Returns the spec of the memories of an actor and a critic with so many units each."""
    return {"actor": Box.of((units,)), "critic": Box.of((units,))}


def seen(spec: EnvironmentSpec, memory: Any) -> Seen:
    """Returns the specs of what a learner is shown and answers; `memory` is None if it has none."""
    if memory is None:
        return Seen(spec.observation, spec.action)
    return Seen(
        with_memory("observation", spec.observation, memory),
        with_memory("action", spec.action, memory),
    )


def with_memory(name: str, value: Any, memory: Any) -> dict[str, Any]:
    """Puts a memory beside an observation or an action."""
    return {name: value, "memory": memory}
