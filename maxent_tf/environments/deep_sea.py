"""DeepSea: one treasure, at the end of a path on which every step costs."""

from __future__ import annotations

import numpy as np

from maxent_tf.checks import is_integer
from maxent_tf.environments.finite import FiniteWorld


class DeepSea(FiniteWorld):
    """A dive of `size` steps through a `size` x `size` grid.

    Every step leads one row down and one column left (action 0) or right (action 1), but not beyond
    the border. Moving right costs 0.01 / size. Moving right in the last column pays 1; the last
    column can be reached only in the last row. The episode terminates after `size` steps. Always
    moving right therefore returns 0.99, and the uniform policy does so with probability 2^-size.

    Cell (row, column) is state `row * size + column`; the end is state `size * size`.

    Args:
      size: The number of rows, of columns and of steps.

    Raises:
      ValueError: If `size` is not a positive integer.

    References:
      I. Osband et al. (2020), "Behaviour suite for reinforcement learning",
      https://arxiv.org/abs/1908.03568; here without the random relabelling of actions.

    >>> DeepSea(10).num_states
    101
    """

    def __init__(self, size: int) -> None:
        if not is_integer(size):
            raise ValueError(f"size must be a positive integer, not {size!r}.")
        end = size * size
        row, column = np.divmod(np.arange(end), size)
        left, right = np.maximum(column - 1, 0), np.minimum(column + 1, size - 1)
        below = (row + 1)[:, None] * size + np.stack([left, right], -1)
        next_state = np.where((row == size - 1)[:, None], end, below)
        reward = np.stack([np.zeros(end), (column == size - 1) - 0.01 / size], -1)
        super().__init__(
            next_state=np.append(next_state, [[end, end]], 0)[..., None],
            probability=np.ones((end + 1, 2, 1)),
            reward=np.append(reward, [[0.0, 0.0]], 0)[..., None],
            terminal=np.arange(end + 1) == end,
            initial=np.eye(end + 1)[0],
        )
