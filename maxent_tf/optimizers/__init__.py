"""Gradient descent as pure functions: `init(params)`, `update(grads, state, params)`.

Parameters are any `tf.nest` structure of tensors. Every leaf may have the batch shape `P` of a
learner in front. Learning rates and norms may then differ between learners, and no learner's update
depends on the gradient of another.
"""

from maxent_tf.optimizers.adam import Adam, AdamState
from maxent_tf.optimizers.clip import clip_by_global_norm, global_norm
from maxent_tf.optimizers.descent import Descent, gradient_step
from maxent_tf.optimizers.interface import Optimizer
from maxent_tf.optimizers.learning_rate import LearningRate
from maxent_tf.optimizers.rmsprop import RMSProp, RMSPropState
from maxent_tf.optimizers.sgd import SGD, SGDState

__all__ = [
    "SGD",
    "Adam",
    "AdamState",
    "Descent",
    "LearningRate",
    "Optimizer",
    "RMSProp",
    "RMSPropState",
    "SGDState",
    "clip_by_global_norm",
    "global_norm",
    "gradient_step",
]
