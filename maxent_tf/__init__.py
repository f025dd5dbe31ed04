"""Entropy-regularised reinforcement learning in TensorFlow, exact where it can be.

>>> import maxent_tf as mx
>>> mx.reference.discrete_entropy([0.0, 0.0]).round(4).item()
0.6931
"""

import lazy_loader

# TensorFlow is loaded when the first of the names in `__init__.pyi` is used. So a command can say
# beforehand how much TensorFlow may print, and one that needs no TensorFlow answers at once.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
