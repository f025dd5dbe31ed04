"""Entropy-regularised reinforcement learning in TensorFlow, exact where it can be.

>>> import maxent_tf as mx
>>> mx.reference.discrete_entropy([0.0, 0.0]).round(4).item()
0.6931
"""

from maxent_tf import reference, seeds, specs, types
from maxent_tf.version import __version__

__all__ = ["__version__", "reference", "seeds", "specs", "types"]
