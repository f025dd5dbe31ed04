"""Replay buffers, the only part of the package's core that owns and mutates storage."""

from maxent_tf.replay.n_step import NStepTransition, n_step_transitions
from maxent_tf.replay.prioritized import Priorities, PrioritizedReplay
from maxent_tf.replay.sample import Sample
from maxent_tf.replay.uniform import UniformReplay

__all__ = [
    "NStepTransition",
    "Priorities",
    "PrioritizedReplay",
    "Sample",
    "UniformReplay",
    "n_step_transitions",
]
