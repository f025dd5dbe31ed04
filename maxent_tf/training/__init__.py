"""The edge of the package: loops that own state, talk to Gymnasium, and report."""

from maxent_tf.training.checkpoint import CheckpointError
from maxent_tf.training.evaluate import Evaluation, evaluate
from maxent_tf.training.gymnasium_numbers import gymnasium_action, gymnasium_observation
from maxent_tf.training.normalized import Normalized, NormalizedState
from maxent_tf.training.result import NonFiniteError, TrainResult
from maxent_tf.training.spaces import gymnasium_spec
from maxent_tf.training.train import train
from maxent_tf.training.trainer import Trainer

__all__ = [
    "CheckpointError",
    "Evaluation",
    "NonFiniteError",
    "Normalized",
    "NormalizedState",
    "TrainResult",
    "Trainer",
    "evaluate",
    "gymnasium_action",
    "gymnasium_observation",
    "gymnasium_spec",
    "train",
]
