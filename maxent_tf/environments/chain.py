"""The chain, on which undirected exploration needs exponentially many episodes."""

from __future__ import annotations

import numpy as np

from maxent_tf.checks import is_integer
from maxent_tf.environments.finite import FiniteWorld


class Chain(FiniteWorld):
    """States in a row, with a tiny reward at the near end and a large reward at the far end.

    Actions 0 and 1 move left and right; a move beyond an end stays there. Moving left in the first
    state pays 0.001, moving right in the last state pays 1. The episode starts in the second state
    and is truncated after `length + 8` steps, so that always moving right returns 10. No state is
    terminal.

    Args:
      length: The number of states, at least 3.

    Raises:
      ValueError: If `length` is not an integer of at least 3.

    References:
      I. Osband, C. Blundell, A. Pritzel, B. Van Roy (2016), "Deep exploration via bootstrapped
      DQN", https://arxiv.org/abs/1602.04621; rewards and length of the episode as in
      https://github.com/facebookresearch/RandomizedValueFunctions
    """

    def __init__(self, length: int) -> None:
        if not is_integer(length, least=3):
            raise ValueError(f"length must be an integer, at least 3, not {length!r}.")
        state = np.arange(length)
        next_state = np.clip(state[:, None] + np.array([-1, 1]), 0, length - 1)[..., None]
        reward = np.zeros(next_state.shape)
        reward[0, 0], reward[-1, 1] = 0.001, 1.0
        super().__init__(
            next_state=next_state,
            probability=np.ones(next_state.shape),
            reward=reward,
            terminal=np.zeros(length, bool),
            initial=np.eye(length)[1],
            max_episode_steps=length + 8,
        )
