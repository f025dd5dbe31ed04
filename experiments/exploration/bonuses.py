"""Counts of groups of similar observations, for environments that are not finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import tensorflow as tf

from maxent_tf.exploration import SimHash
from maxent_tf.networks import features
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Transition

# Two numbers fall into at most 529 groups, and DoorKey's observations of 5 x 5 cells into a few
# thousand.
TABLE_SIZE = 2**13


class CountsOfPlaces:
    """`SimHash` of observations that have a constant 1 beside their features.

    SimHash groups observations by their direction from the origin, which is all that matters among
    many features. Of the two numbers of the mountain car, the direction says how far a swing is
    through, but not how wide it is. With the constant, the planes that divide the groups no longer
    all go through the origin, so that groups are places.

    Args:
      spec: The specification of the environment.
    """

    metric_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, spec: EnvironmentSpec) -> None:
        self._observation = spec.observation
        size = features.num_features(spec.observation) + 1
        self._hash = SimHash(EnvironmentSpec(Box.of((size,)), spec.action), table_size=TABLE_SIZE)

    def init(self, seed: Any, batch_shape: Sequence[int]) -> Any:
        """Returns random planes, and counts of 0."""
        return self._hash.init(seed, batch_shape)

    def observe(self, state: Any, fresh: Transition) -> Any:
        """Counts the states that fresh transitions reached: see `IntrinsicReward.observe`."""
        return self._hash.observe(state, self._placed(fresh))

    def reward(self, state: Any, transition: Transition) -> tf.Tensor:
        """Returns the bonuses of transitions, [*P, B], float32, in (0, 1]."""
        return self._hash.reward(state, self._placed(transition))

    def update(self, state: Any, batch: Transition, seed: Any) -> tuple[Any, Any]:
        """Returns the state unchanged, because there is no network to train."""
        return self._hash.update(state, batch, seed)

    def _placed(self, transition: Transition) -> Transition:
        """Returns transitions whose next observations are features and the constant."""
        reached = features.flatten(self._observation, transition.next_observation)
        placed = tf.concat([reached, tf.ones_like(reached[..., :1])], axis=-1)
        return transition._replace(next_observation=placed)
