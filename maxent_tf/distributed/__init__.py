"""Training in several processes, on one machine or on a cluster, and on several devices.

`train_a3c` and `sweep` need Ray: ``pip install 'maxent_tf[ray]'``. `data_parallel` needs TensorFlow
alone. The package is not a part of `import maxent_tf`; use ``from maxent_tf import distributed``.
"""

from typing import Any

from maxent_tf.distributed.data_parallel import data_parallel

try:
    import ray  # noqa: F401
except ImportError:

    def __getattr__(name: str) -> Any:
        if name in ("sweep", "train_a3c"):
            raise ImportError(
                f"maxent_tf.distributed.{name} needs Ray: pip install 'maxent_tf[ray]'."
            )
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}.")

else:
    from maxent_tf.distributed.a3c import train_a3c
    from maxent_tf.distributed.sweep import sweep

__all__ = ["data_parallel", "sweep", "train_a3c"]
