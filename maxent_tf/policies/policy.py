"""A trained policy that acts: one call takes an observation and returns an action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from maxent_tf.policies.named import named
from maxent_tf.policies.spaces import space_of
from maxent_tf.seeds import as_seed
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.training.gymnasium_numbers import acted, count_of, observed

if TYPE_CHECKING:
    import gymnasium


class Policy:
    """A trained policy, which takes observations and returns actions; `load` makes it.

    Without a seed, a call returns the greedy action; with a seed, it draws an action. A policy with
    a recurrent memory carries the memory from call to call, for each environment of a batch. Call
    `reset` where an episode begins.

    Args:
      spec: The specification of the environments that the policy is for.
      signatures: The functions of the policy, by name: see `Program.functions`.
      spaces: The spaces of one observation and of one action in whose numbers the policy acts; None
        for the numbers of the specification.

    Attributes:
      spec: The specification of the environments that the policy is for.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        signatures: Any,
        spaces: tuple[gymnasium.Space, gymnasium.Space] | None = None,
    ):
        self.spec = spec
        self._signatures = signatures
        self._spaces = (space_of(spec.observation), None) if spaces is None else spaces
        self._memory: dict[str, tf.Tensor] = {}

    def __call__(self, observation: Any, *, seed: Any = None) -> Any:
        """Returns the action for an observation, or the actions for a batch of observations.

        Args:
          observation: The observation of one environment, [*O], or those of B environments,
            [B, *O]; a dict or a tuple of such if the environment observes several parts. Any dtype
            will do that the environment's space holds.
          seed: An integer, or a seed of shape [2], int32, from which actions are drawn. Equal seeds
            draw equal actions: give each step a seed of its own. Without a seed, the policy is
            greedy: it takes the action that it prefers, as `evaluate` does.

        Returns:
          The action, [*A], or the actions, [B, *A], as a NumPy array or number. They are in the
          numbers, the shape and the dtype of the environment that the policy was loaded for.

        Raises:
          ValueError: If an observation has another shape, is not finite, or holds a discrete value
            outside of its space; or if the number of environments is not that of the call before
            although the policy has a memory.
        """
        observation_space, action_space = self._spaces
        count = count_of(observation_space, observation)
        seen = observed(observation_space, observation, count)
        inputs = {
            name: tf.constant(part) for name, part in named(self.spec.observation, seen).items()
        }
        inputs.update(self._memory_for(1 if count is None else count))
        if seed is None:
            outputs = self._signatures["deterministic"](**inputs)
        else:
            outputs = self._signatures["sample"](**inputs, seed=as_seed(seed))
        self._memory = {name: outputs[name] for name in self._memory}
        action = outputs["action"].numpy()
        if action_space is not None:
            action = acted(action_space, action)
        return action[0] if count is None else action

    def reset(self, ended: Any = None) -> None:
        """Lets the policy forget, where an episode begins; does nothing without a memory.

        Args:
          ended: [B], bool, the environments that begin a new episode; None for all. With None, the
            next call may be for another number of environments.

        Raises:
          ValueError: If there is not one flag for each environment of the call before.
        """
        if ended is None:
            self._memory = {}
            return
        flags = np.atleast_1d(np.asarray(ended, bool))
        for name, memory in self._memory.items():
            if flags.shape != (memory.shape[0],):
                raise ValueError(
                    f"ended must hold one flag for each of the {memory.shape[0]} environments of "
                    f"the call before, not the shape {flags.shape}."
                )
            fresh = self._initial_memory(memory.shape[0])[name]
            where = flags.reshape([-1] + [1] * (memory.shape.rank - 1))
            self._memory[name] = tf.where(where, fresh, memory)

    def _memory_for(self, count: int) -> dict[str, tf.Tensor]:
        if not self._memory and "initial_memory" in self._signatures:
            self._memory = self._initial_memory(count)
        for memory in self._memory.values():
            if memory.shape[0] != count:
                raise ValueError(
                    f"the observations are of {count} environments, but the policy remembers "
                    f"{memory.shape[0]}: call reset() before it acts in others."
                )
        return self._memory

    def _initial_memory(self, count: int) -> dict[str, tf.Tensor]:
        return self._signatures["initial_memory"](batch_size=tf.constant(count))
