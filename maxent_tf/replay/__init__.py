"""Replay buffers: the one place inside the package that owns and mutates storage."""

from maxent_tf.replay.n_step import NStepTransition, n_step_transitions
from maxent_tf.replay.prioritized import Priorities, PrioritizedReplay, PrioritizedSample
from maxent_tf.replay.uniform import UniformReplay

__all__ = [
    "NStepTransition",
    "Priorities",
    "PrioritizedReplay",
    "PrioritizedSample",
    "UniformReplay",
    "n_step_transitions",
]
