"""Learners that act in every way a policy can, and what they know of themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.exploration import Counts
from maxent_tf.learners import A2C, A2CConfig, Intrinsic, Learner, Normalized
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, MultiDiscrete, action_mask_spec
from tests.contracts.learners import P, batched, random_batch, random_state

MASKED = EnvironmentSpec(
    {"speed": Box.of((2,)), "action_mask": action_mask_spec(MultiDiscrete((3, 2)))},
    MultiDiscrete((3, 2)),
)
COUNTED = EnvironmentSpec(Box.of((4,), 0.0, 1.0), Discrete(3))


def masked() -> Learner:
    """Several discrete actions with a mask, on normalised observations."""
    config = A2CConfig(hidden_sizes=(6,), rollout_length=3)
    return Normalized(A2C(MASKED, config, P), observation=True)


def with_memory() -> Learner:
    """A memory within a bonus and normalised rewards, whose mark is a part of the carry."""
    learner = A2C(COUNTED, A2CConfig(hidden_sizes=(5,), memory_size=4, rollout_length=3), P)
    return Normalized(Intrinsic(learner, Counts(COUNTED)), True, reward=True, num_envs=4)


OWN = {"masked": masked, "with_memory": with_memory}


def trained(name: str) -> tuple[Learner, Any]:
    """Returns a learner of batch shape `P` by name, and a state in which no two are alike."""
    learner = OWN[name]() if name in OWN else batched(name)
    state = random_state(learner)
    if name in OWN:  # both normalise
        # In the place of random moments, which are those of nothing.
        state = learner.around(state.learner)
        fresh = random_batch(learner)
        state = learner.observe(state, legal(fresh))
    return learner, state


def legal(batch: Any) -> Any:
    """Returns a batch in whose observations every element of an action has a legal value."""

    def with_one(observation: Any) -> Any:
        if not isinstance(observation, dict) or "action_mask" not in observation:
            return observation
        mask = observation["action_mask"].numpy()
        mask[..., [0, 3]] = 1
        return {**observation, "action_mask": tf.constant(mask)}

    return batch._replace(
        observation=with_one(batch.observation), next_observation=with_one(batch.next_observation)
    )


def observations(learner: Learner, seed: int = 0) -> Any:
    """Returns observations [B, *O] of one learner, in NumPy."""
    batch = legal(random_batch(learner, seed))
    leading = batch.reward.shape.rank - 1
    return tf.nest.map_structure(lambda x: x.numpy()[(0,) * leading], batch.observation)


def for_all(x: Any, ndims: int = len(P)) -> Any:
    """Gives all learners of the batch what one of them observes: [B, ...] -> [*P, B, ...]."""
    return tf.nest.map_structure(lambda x: tf.constant(np.broadcast_to(x, P + x.shape)), x)
