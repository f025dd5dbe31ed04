"""Behaviour policies that explore by what they know of each action."""

from maxent_tf.exploration.boltzmann_gumbel import boltzmann_gumbel

__all__ = ["boltzmann_gumbel"]
