"""DeepSea: one treasure, at the end of a path on which every step costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from maxent_tf.checks import is_integer
from maxent_tf.environments.finite import FiniteWorld

_LARGEST_SEED = 2**32 - 1


class DeepSea(FiniteWorld):
    """A dive of `size` steps through a `size` x `size` grid.

    Every step leads one row down and one column left or right, but not beyond the border. Moving
    right costs 0.01 / size. Moving right in the last column pays 1; the last column can be reached
    only in the last row. The episode terminates after `size` steps. Always moving right therefore
    returns 0.99, and the uniform policy does so with probability 2^-size.

    Action 1 moves right and action 0 left. With a `mapping_seed`, a coin for each cell decides
    which of the two actions moves right there; bsuite's experiments use the seed 42.

    With `slip`, which makes the environment that bsuite calls stochastic, a move to the right stays
    in its column with probability 1 / size, and costs the same. Every reward in the first and the
    last cell of the last row then has Gaussian noise of standard deviation 1. Always moving right
    returns (1 - 1 / size)^(size - 1) - 0.01 on average.

    Cell (row, column) is state `row * size + column`; the end is state `size * size`.

    Args:
      size: The number of rows, of columns and of steps.
      slip: Whether moves to the right can fail and the rewards at the ends of the last row have
        noise.
      mapping_seed: The seed of the coins, in 0 .. 2^32 - 1; None lets action 1 move right in every
        cell.

    Raises:
      ValueError: If `size` is not a positive integer, `slip` not a bool, or `mapping_seed` out of
        range.

    References:
      I. Osband et al. (2020), "Behaviour suite for reinforcement learning",
      https://arxiv.org/abs/1908.03568; the rules as in
      https://github.com/google-deepmind/bsuite/blob/main/bsuite/environments/deep_sea.py

    >>> DeepSea(10).num_states
    101
    """

    def __init__(self, size: int, *, slip: bool = False, mapping_seed: int | None = None) -> None:
        if not is_integer(size):
            raise ValueError(f"size must be a positive integer, not {size!r}.")
        if not isinstance(slip, bool | np.bool_):
            raise ValueError(
                f"slip must be True or False, not {slip!r}: the probability of a slip is 1 / size."
            )
        end = size * size
        row, column = (x[:, None, None] for x in np.divmod(np.arange(end), size))
        moves_right = np.arange(2)[:, None] == _right_action(size, mapping_seed)[:, None, None]
        # Outcome 0 is the move, outcome 1 that a move to the right stays in its column.
        certain = np.array([1.0, 0.0]) if slip else np.array([1.0])
        chance = np.array([1 - 1 / size, 1 / size]) if slip else certain
        right = np.where(certain, np.minimum(column + 1, size - 1), column)
        below = (row + 1) * size + np.where(moves_right, right, np.maximum(column - 1, 0))
        next_state = np.where(row == size - 1, end, below)
        reward = moves_right * ((column == size - 1) - 0.01 / size)
        noisy = (row == size - 1) & ((column == 0) | (column == size - 1))
        super().__init__(
            next_state=_with_end(next_state, end),
            probability=_with_end(np.where(moves_right, chance, certain), certain),
            reward=_with_end(np.broadcast_to(reward, next_state.shape), 0.0),
            terminal=np.arange(end + 1) == end,
            initial=np.eye(end + 1)[0],
            reward_noise=_with_end(np.repeat(noisy[..., 0], 2, -1), 0.0) if slip else 0.0,
        )


def _right_action(size: int, mapping_seed: int | None) -> np.ndarray:
    """Returns the action that moves right in each cell, [size * size], int."""
    if mapping_seed is None:
        return np.ones(size * size, int)
    if not is_integer(mapping_seed, 0) or mapping_seed > _LARGEST_SEED:
        raise ValueError(
            f"mapping_seed must be None or an integer in 0 .. {_LARGEST_SEED}, not "
            f"{mapping_seed!r}."
        )
    # bsuite's labels come from this generator, whose numbers NumPy never changes.
    return np.random.RandomState(mapping_seed).binomial(1, 0.5, size * size)


def _with_end(table: np.ndarray, value: npt.ArrayLike) -> np.ndarray:
    """Returns a table of the cells with a row for the end, which holds `value`."""
    return np.append(table, np.broadcast_to(value, table[:1].shape), 0)
