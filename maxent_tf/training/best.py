"""The best state of a run, which its evaluations choose for every learner by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf import storage
from maxent_tf.axes import select


class Best:
    """The state with the highest greedy return so far, for each learner of a batch.

    It is kept as a list of arrays, which a history stores with its rows.

    Attributes:
      arrays: The highest returns, [*P], and the leaves of the state; empty before any evaluation.
    """

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []

    def offer(self, state: Any, returns: np.ndarray) -> None:
        """Keeps a state for the learners that have never had a higher return.

        Of several equal returns, the first one counts. What all learners share, such as a count of
        updates, is that of the newest state that was kept for any of them.

        Args:
          state: The state of the learners.
          returns: [*P], float32, the mean returns of the greedy policies.
        """
        before = self.state(state)
        if before is not None:
            better = returns > self.arrays[0]
            if not better.any():
                return
            state = tf.nest.map_structure(
                lambda new, old: _select(tf.constant(better), new, old), state, before
            )
            returns = np.where(better, returns, self.arrays[0])
        leaves = [storage.to_stored(leaf).numpy() for leaf in tf.nest.flatten(state)]
        self.arrays = [np.asarray(returns, np.float32), *leaves]

    def state(self, like: Any) -> Any:
        """Returns the state, of the structure and dtypes of a state `like` it; None if none."""
        if not self.arrays:
            return None
        dtypes = (leaf.dtype for leaf in tf.nest.flatten(like))
        leaves = [
            storage.from_stored(tf.constant(kept), dtype)
            for kept, dtype in zip(self.arrays[1:], dtypes, strict=True)
        ]
        return tf.nest.pack_sequence_as(like, leaves)


def _select(better: tf.Tensor, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
    is_shared = new.shape[: better.shape.rank] != better.shape
    return new if is_shared else select(better, new, old)
