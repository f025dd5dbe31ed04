"""What learners with noisy layers share: checks, and the parameters with which they act."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.networks import NoisyLayers, perturbed


def check_noisy(config: Any) -> None:
    """Raises ValueError if `noisy` is of the wrong type, or does not go with another option."""
    noisy = getattr(config, "noisy", None)
    if not isinstance(noisy, NoisyLayers | None):
        raise ValueError(f"noisy must be NoisyLayers(...) or None, not {noisy!r}.")
    if noisy is None:
        return
    for name in ("exploration", "memory_size"):
        value = getattr(config, name, None)
        if value:
            raise ValueError(f"noisy={noisy} does not go with {name}={value}: leave one out.")
    if config.network == "table":
        raise ValueError(
            f'noisy={noisy} needs dense layers, and network="table" has none: use network="mlp", '
            "which with hidden_sizes=() is a table with biases."
        )


def check_seed(config: Any, seed: Any) -> None:
    """Raises ValueError if an update must draw noise and has no seed to draw it from."""
    if config.noisy is not None and seed is None:
        raise ValueError(
            f"seed must be given, not None: with noisy={config.noisy}, an update draws noise."
        )


def to_act(config: Any, network: Any, params: Any, seed: Any, explore: bool) -> tuple[Any, Any]:
    """Returns the parameters and the seed with which an off-policy learner acts.

    Args:
      config: The configuration of the learner, with `noisy`.
      network: The network that acts.
      params: The parameters of the network.
      seed: The seed of the act, from which noise and action each get a seed of their own.
      explore: Whether to explore. Without exploration, the parameters have no noise.
    """
    if config.noisy is None or not explore:
        return params, seed
    noise_seed, action_seed = tf.unstack(draws.split(seed, 2))
    return perturbed(network, params, noise_seed), action_seed


def to_learn(config: Any, network: Any, params: Any, seed: Any, use: int) -> Any:
    """Returns the parameters with which an off-policy learner learns.

    Args:
      config: The configuration of the learner, with `noisy`.
      network: The network.
      params: The parameters of the network.
      seed: The seed of the update.
      use: The number of this use of the network in the update; every number has noise of its own.
    """
    if config.noisy is None:
        return params
    return perturbed(network, params, draws.fold_in(seed, use))
