"""Batched networks as pure functions over NamedTuples of parameters.

A network has a batch shape `P`, as every learner has: its parameters have `P` in front, its inputs
are [*P, B, in], and one batched matrix product serves all learners at once.
"""

from maxent_tf.networks.convolution import Convolution
from maxent_tf.networks.dense import DenseParams
from maxent_tf.networks.embedding import Embedding
from maxent_tf.networks.encoded import Encoded, EncodedParams
from maxent_tf.networks.ensemble import Ensemble
from maxent_tf.networks.gru import GRU, GRUParams
from maxent_tf.networks.heads import (
    CategoricalHead,
    MultiCategoricalHead,
    SquashedGaussianHead,
    make_head,
)
from maxent_tf.networks.interface import Network
from maxent_tf.networks.keras_model import Keras
from maxent_tf.networks.mixture import SquashedMixtureHead
from maxent_tf.networks.mlp import MLP
from maxent_tf.networks.noisy import NoisyDenseParams, NoisyLayers, NoisyMLP, perturbed
from maxent_tf.networks.per_key import PerKey
from maxent_tf.networks.per_learner import PerLearner
from maxent_tf.networks.state_dependent import (
    StateDependentHead,
    StateDependentNetwork,
    StateDependentOutputs,
    StateDependentParams,
)
from maxent_tf.networks.table import Table

__all__ = [
    "GRU",
    "MLP",
    "CategoricalHead",
    "Convolution",
    "DenseParams",
    "Embedding",
    "Encoded",
    "EncodedParams",
    "Ensemble",
    "GRUParams",
    "Keras",
    "MultiCategoricalHead",
    "Network",
    "NoisyDenseParams",
    "NoisyLayers",
    "NoisyMLP",
    "PerKey",
    "PerLearner",
    "SquashedGaussianHead",
    "SquashedMixtureHead",
    "StateDependentHead",
    "StateDependentNetwork",
    "StateDependentOutputs",
    "StateDependentParams",
    "Table",
    "make_head",
    "perturbed",
]
