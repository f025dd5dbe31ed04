"""Replay buffers: the one place inside the package that owns and mutates storage."""

from maxent_tf.replay.uniform import UniformReplay

__all__ = ["UniformReplay"]
