"""Training in several processes, on one machine or on a cluster, by Ray.

This package is the only one that needs Ray: ``pip install 'maxent_tf[ray]'``. It is not a part of
`import maxent_tf`; use ``from maxent_tf import distributed``.
"""

try:
    import ray  # noqa: F401
except ImportError as error:
    raise ImportError("maxent_tf.distributed needs Ray: pip install 'maxent_tf[ray]'.") from error

from maxent_tf.distributed.a3c import train_a3c
from maxent_tf.distributed.sweep import sweep

__all__ = ["sweep", "train_a3c"]
