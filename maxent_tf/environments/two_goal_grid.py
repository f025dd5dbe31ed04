"""The environment of the premature-convergence experiment: a near goal and a better, far goal."""

from __future__ import annotations

from maxent_tf.environments.grid_world import GridWorld


class TwoGoalGrid(GridWorld):
    """A 5 x 5 grid whose near goal is a trap.

    An episode begins in the upper left corner. The near goal, at the lower left, is 4 moves away
    and pays 0.8. The far goal, at the lower right, is 8 moves away and pays 1. At discount 0.99,
    the near goal is worth 0.8 * 0.99^3 = 0.776 and the far goal 0.99^7 = 0.932, but a fresh policy
    finds the near goal far more often.

    The 25 states are in row-major order; the actions are up, down, left, right.

    Args:
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    References:
      After the grids with two goals of W. Chung, V. Thomas, M. C. Machado, N. Le Roux (2021),
      "Beyond variance reduction: understanding the true impact of baselines on policy
      optimization", https://arxiv.org/abs/2008.13773
    """

    def __init__(self, max_episode_steps: int | None = 200) -> None:
        super().__init__(
            5, start=(0, 0), goals={(4, 4): 1.0, (4, 0): 0.8}, max_episode_steps=max_episode_steps
        )
