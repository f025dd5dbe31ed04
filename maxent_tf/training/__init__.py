"""Training, evaluation and checkpoints: the loops that own state and talk to Gymnasium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maxent_tf.training.callback import SetAlpha
from maxent_tf.training.evaluate import Evaluation, evaluate
from maxent_tf.training.gymnasium_numbers import gymnasium_action, gymnasium_observation
from maxent_tf.training.load import Loaded, load
from maxent_tf.training.result import CheckpointError, NonFiniteError, TrainResult
from maxent_tf.training.spaces import gymnasium_spec
from maxent_tf.training.train import train
from maxent_tf.training.trainer import Trainer

if TYPE_CHECKING:
    from maxent_tf.training.action_mask import ActionMask

__all__ = [
    "ActionMask",
    "CheckpointError",
    "Evaluation",
    "Loaded",
    "NonFiniteError",
    "SetAlpha",
    "TrainResult",
    "Trainer",
    "evaluate",
    "gymnasium_action",
    "gymnasium_observation",
    "gymnasium_spec",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    # Of Gymnasium's kind, which is loaded by those alone who use it.
    if name == "ActionMask":
        from maxent_tf.training.action_mask import ActionMask

        return ActionMask
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}.")
