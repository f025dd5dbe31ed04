"""Policies as TFP distributions, with exact entropies.

`SquashedGaussian` is the policy of soft actor-critic; its entropy, moments and density are accurate
to rounding error. There are also a squashed Gaussian with a full covariance, a mixture, and
state-dependent exploration. `boltzmann` is the soft-greedy policy of discrete actions. `entropy`
and `divergence` are exact for every TFP distribution with a closed form, and raise an error for
others; `entropy_estimate` and `divergence_estimate` estimate from samples and give a standard
error.
"""

from maxent_tf.distributions.boltzmann import boltzmann
from maxent_tf.distributions.bounds import Bounds
from maxent_tf.distributions.divergence import divergence
from maxent_tf.distributions.entropy import entropy, renyi_entropy, tsallis_entropy
from maxent_tf.distributions.estimates import (
    Estimate,
    divergence_estimate,
    entropy_estimate,
)
from maxent_tf.distributions.greedy import greedy_action
from maxent_tf.distributions.likelihood import log_likelihood
from maxent_tf.distributions.pushforward import Pushforward
from maxent_tf.distributions.squashed_density import SquashedSample, squashed_log_prob
from maxent_tf.distributions.squashed_gaussian import SquashedGaussian
from maxent_tf.distributions.squashed_mixture import EntropyBounds, SquashedGaussianMixture
from maxent_tf.distributions.squashed_multivariate import SquashedMultivariateGaussian
from maxent_tf.distributions.state_dependent import (
    draw_noise_matrix,
    noise_action,
    state_dependent_gaussian,
)
from maxent_tf.distributions.tanh import log_sech_squared
from maxent_tf.distributions.tanh_bijector import Tanh

__all__ = [
    "Bounds",
    "EntropyBounds",
    "Estimate",
    "Pushforward",
    "SquashedGaussian",
    "SquashedGaussianMixture",
    "SquashedMultivariateGaussian",
    "SquashedSample",
    "Tanh",
    "boltzmann",
    "divergence",
    "divergence_estimate",
    "draw_noise_matrix",
    "entropy",
    "entropy_estimate",
    "greedy_action",
    "log_likelihood",
    "log_sech_squared",
    "noise_action",
    "renyi_entropy",
    "squashed_log_prob",
    "state_dependent_gaussian",
    "tsallis_entropy",
]
