"""The finite environments side by side, as one environment, so that one program trains on all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.environments import Bandit, Chain, DeepSea, FiniteWorld, RiverSwim
from maxent_tf.environments.finite import FiniteState
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import TimeStep

# bsuite's seed of the labels of DeepSea's actions.
MAPPING_SEED = 42
CHAIN_LENGTH = 20
# The task of RiverSwim has no end.
RIVER_STEPS = 100
ARMS, NOISE = (0.5, 0.7), 0.3


def finite_worlds(sizes: Sequence[int]) -> dict[str, FiniteWorld]:
    """Returns the finite environments by name: DeepSea of each size, then the others."""
    deep = {f"deep_sea{n}": DeepSea(n, mapping_seed=MAPPING_SEED) for n in sizes}
    return {
        **deep,
        "chain": Chain(CHAIN_LENGTH),
        "river_swim": RiverSwim(max_episode_steps=RIVER_STEPS),
        "bandit": Bandit(ARMS, noise_stddev=NOISE),
    }


def episode_length(world: FiniteWorld) -> int:
    """Returns the number of steps of every episode, if all have the same."""
    if world.max_episode_steps is not None:
        return world.max_episode_steps
    state, length = int(world.initial.argmax()), 0
    while not world.terminal[state]:
        state, length = int(world.next_state[state, 0, 0]), length + 1
    return length


def best_return(world: FiniteWorld) -> float:
    """Returns the largest expected return of an episode, by backward induction."""
    value = np.zeros(world.num_states)
    for _ in range(episode_length(world)):
        value = (world.probability * (world.reward + value[world.next_state])).sum(-1).max(-1)
    return float(world.initial @ value)


def soft_optimal_find(size: int, alpha: float) -> float:
    """Returns how likely an episode of DeepSea finds the treasure that the agent does not know of.

    The policy that is soft-optimal without the treasure moves right in every step with the
    probability c / (1 + c), where c = exp(-0.01 / (N alpha)) is the weight of a move that costs.

    Args:
      size: N.
      alpha: The temperature, in reward per nat, positive.
    """
    weight = math.exp(-0.01 / (size * alpha))
    return (weight / (1 + weight)) ** size


class SideBySide:
    """Finite environments of equally many actions as one, whose states are those of all of them.

    The first axis of a batch says in which of the environments an episode begins, so that learners
    of batch shape [environments, ...] learn each in an environment of their own.

    Args:
      worlds: The environments, each with one start.

    Raises:
      ValueError: If an environment has several starts.
    """

    def __init__(self, worlds: Sequence[FiniteWorld]) -> None:
        first = np.cumsum([0, *(world.num_states for world in worlds)])
        outcomes = max(world.next_state.shape[-1] for world in worlds)

        def padded(table: np.ndarray) -> np.ndarray:
            return np.pad(table, [(0, 0), (0, 0), (0, outcomes - table.shape[-1])])

        for world in worlds:
            if np.count_nonzero(world.initial) > 1:
                raise ValueError(f"worlds must have one start each, not {world.initial}.")
        self._world = FiniteWorld(
            next_state=np.concatenate(
                [padded(world.next_state) + i for world, i in zip(worlds, first, strict=False)]
            ),
            probability=np.concatenate([padded(world.probability) for world in worlds]),
            reward=np.concatenate([padded(world.reward) for world in worlds]),
            terminal=np.concatenate([world.terminal for world in worlds]),
            initial=np.concatenate([world.initial for world in worlds]) / len(worlds),
            reward_noise=np.concatenate([world.reward_noise for world in worlds]),
        )
        self.num_states = self._world.num_states
        self._starts = np.flatnonzero(self._world.initial).astype(np.int32)
        self._limits = np.concatenate(
            [np.full(w.num_states, w.max_episode_steps or np.iinfo(np.int32).max) for w in worlds]
        ).astype(np.int32)

    @property
    def spec(self) -> EnvironmentSpec:
        """Observations are one-hot vectors over the states of all environments."""
        return self._world.spec

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[FiniteState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`.

        Raises:
          ValueError: If the first axis of the batch does not count the environments.
        """
        shape = tuple(batch_shape)
        if shape[:1] != (len(self._starts),):
            raise ValueError(
                f"batch_shape must begin with {len(self._starts)}, the number of environments, "
                f"not be {shape}."
            )
        state, timestep = self._world.reset(shape, seed)
        starts = self._starts.reshape([-1, *[1] * (len(shape) - 1)])
        state = state._replace(index=tf.broadcast_to(starts, shape))
        return state, timestep._replace(observation=tf.one_hot(state.index, self.num_states))

    def step(
        self, state: FiniteState, action: tf.Tensor, seed: Any
    ) -> tuple[FiniteState, TimeStep]:
        """Acts once in every environment: see `Environment.step`."""
        state, timestep = self._world.step(state, action, seed)
        late = state.elapsed >= tf.gather(self._limits, state.index)
        return state, timestep._replace(truncated=late & ~timestep.terminated)
