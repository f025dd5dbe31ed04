"""Policies as TFP distributions, with their entropies exact.

`SquashedGaussian` is the policy of soft actor-critic with its entropy, moments and density to
rounding error; `boltzmann` is the soft-greedy policy of discrete actions; `entropy` is exact for
any TFP distribution or raises.
"""

from maxent_tf.distributions.boltzmann import boltzmann
from maxent_tf.distributions.bounds import Bounds
from maxent_tf.distributions.entropy import entropy
from maxent_tf.distributions.squashed_gaussian import (
    SquashedGaussian,
    SquashedSample,
    squashed_log_prob,
)
from maxent_tf.distributions.tanh import Tanh, log_sech_squared

__all__ = [
    "Bounds",
    "SquashedGaussian",
    "SquashedSample",
    "Tanh",
    "boltzmann",
    "entropy",
    "log_sech_squared",
    "squashed_log_prob",
]
