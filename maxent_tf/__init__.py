"""Entropy-regularised reinforcement learning in TensorFlow, exact where it can be.

>>> import maxent_tf as mx
>>> mx.reference.discrete_entropy([0.0, 0.0]).round(4).item()
0.6931
"""

from maxent_tf import (
    ablation,
    distributions,
    draws,
    environments,
    exploration,
    irl,
    learners,
    losses,
    networks,
    operators,
    optimizers,
    policies,
    presets,
    reference,
    regularizers,
    replay,
    search,
    seeds,
    specs,
    statistics,
    tabular,
    temperature,
    training,
    types,
)
from maxent_tf.ablation import Ablation, ablate, diagnose
from maxent_tf.distributions import (
    divergence,
    divergence_estimate,
    entropy,
    entropy_estimate,
)
from maxent_tf.training import (
    evaluate,
    gymnasium_action,
    gymnasium_observation,
    gymnasium_spec,
    train,
)
from maxent_tf.version import __version__

__all__ = [
    "Ablation",
    "__version__",
    "ablate",
    "ablation",
    "diagnose",
    "distributions",
    "divergence",
    "divergence_estimate",
    "draws",
    "entropy",
    "entropy_estimate",
    "environments",
    "evaluate",
    "exploration",
    "gymnasium_action",
    "gymnasium_observation",
    "gymnasium_spec",
    "irl",
    "learners",
    "losses",
    "networks",
    "operators",
    "optimizers",
    "policies",
    "presets",
    "reference",
    "regularizers",
    "replay",
    "search",
    "seeds",
    "specs",
    "statistics",
    "tabular",
    "temperature",
    "train",
    "training",
    "types",
]
