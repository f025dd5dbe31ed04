"""The slippery grid of the examples of maximum-entropy inverse reinforcement learning."""

from __future__ import annotations

from maxent_tf.environments.grid_world import GridWorld


class IcyGrid(GridWorld):
    """A 5 x 5 grid of ice, from the upper left corner to the lower right.

    With probability 0.2, a move that is drawn uniformly from the four replaces the chosen move.
    Arriving in state 24, the far corner, pays 1 and ends the episode. Every arrival in state 8,
    which is cell (1, 3), pays 0.65.

    The 25 states are in row-major order; the actions are up, down, left, right.

    Args:
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    References:
      After the grids of B. D. Ziebart, A. Maas, J. A. Bagnell, A. K. Dey (2008), "Maximum entropy
      inverse reinforcement learning", https://cdn.aaai.org/AAAI/2008/AAAI08-227.pdf
    """

    def __init__(self, max_episode_steps: int | None = None) -> None:
        super().__init__(
            5,
            start=(0, 0),
            goals={(4, 4): 1.0},
            rewards={(1, 3): 0.65},
            slip=0.2,
            max_episode_steps=max_episode_steps,
        )
