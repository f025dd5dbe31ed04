"""The edge of the package: loops that own state, talk to Gymnasium, and report."""

from maxent_tf.training.evaluate import Evaluation, evaluate
from maxent_tf.training.result import NonFiniteError, TrainResult
from maxent_tf.training.spaces import gymnasium_spec
from maxent_tf.training.train import train

__all__ = [
    "Evaluation",
    "NonFiniteError",
    "TrainResult",
    "evaluate",
    "gymnasium_spec",
    "train",
]
