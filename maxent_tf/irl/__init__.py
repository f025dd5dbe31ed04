"""Maximum-entropy inverse reinforcement learning: from demonstrations to a reward, exactly.

A *model* describes how behaviour follows from a reward. `Causal` is a soft-optimal agent;
`PathDistribution` is the older model, over whole paths. `maxent` finds the linear reward under
which the model's expected features are those of the demonstrations. `maxent_neural` fits a network.
"""

from maxent_tf.irl.causal import Causal
from maxent_tf.irl.demonstrations import empirical_policy, log_likelihood, sample_occupancy
from maxent_tf.irl.maxent import MaxEntSolution, maxent
from maxent_tf.irl.neural import NeuralSolution, maxent_neural
from maxent_tf.irl.paths import PathDistribution
from maxent_tf.irl.visitation import Model, Visitation

__all__ = [
    "Causal",
    "MaxEntSolution",
    "Model",
    "NeuralSolution",
    "PathDistribution",
    "Visitation",
    "empirical_policy",
    "log_likelihood",
    "maxent",
    "maxent_neural",
    "sample_occupancy",
]
