"""The edge of the package: loops that own state, talk to Gymnasium, and report."""

from maxent_tf.training.evaluate import Evaluation, evaluate
from maxent_tf.training.gymnasium_numbers import gymnasium_action, gymnasium_observation
from maxent_tf.training.load import Loaded, load
from maxent_tf.training.result import CheckpointError, NonFiniteError, TrainResult
from maxent_tf.training.spaces import gymnasium_spec
from maxent_tf.training.train import train
from maxent_tf.training.trainer import Trainer

__all__ = [
    "CheckpointError",
    "Evaluation",
    "Loaded",
    "NonFiniteError",
    "TrainResult",
    "Trainer",
    "evaluate",
    "gymnasium_action",
    "gymnasium_observation",
    "gymnasium_spec",
    "load",
    "train",
]
