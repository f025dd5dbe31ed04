"""Networks of observations that are dicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.networks.interface import Network


@dataclass(frozen=True)
class PerKey:
    """Networks for some of the parts of an observation; the features follow each other.

    Attributes:
      networks: The networks, by the keys of the observation. Parts without a network are flattened.
    """

    networks: Mapping[str, Network]

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> dict[str, Any]:
        """Draws parameters, [N, ...], for `batch_shape` (N,); see `Network`."""
        seeds = tf.unstack(draws.split(seed, len(self.networks)))
        pairs = zip(sorted(self.networks), seeds, strict=True)
        return {key: self.networks[key].init(each, batch_shape) for key, each in pairs}

    def apply(self, params: dict[str, Any], x: Any) -> tf.Tensor:
        """Returns the features, [N, B, F], in the order of sorted keys; see `Network`.

        Raises:
          ValueError: If the observation does not have the keys of the networks.
        """
        if not isinstance(x, Mapping) or not set(self.networks) <= set(x):
            raise ValueError(
                f"there are networks for {sorted(self.networks)}, but the observation is "
                f"{f'a dict of {sorted(x)}' if isinstance(x, Mapping) else 'no dict'}."
            )
        parts = [
            self.networks[key].apply(params[key], x[key])
            if key in self.networks
            else _flattened(x[key])
            for key in sorted(x)
        ]
        return tf.concat(parts, axis=-1)


def _flattened(x: Any) -> tf.Tensor:
    """Flattens observations, or a dict of such: [N, B, *O] -> [N, B, F]."""
    leaves = [
        tf.reshape(leaf, [leaf.shape[0], -1, math.prod(leaf.shape[2:])])
        for leaf in tf.nest.flatten(x)
    ]
    return tf.concat(leaves, axis=-1)
