"""Four rooms with three goals, of which farther goals pay more."""

from __future__ import annotations

from maxent_tf.environments.grid_world import GridWorld

SIDE, MIDDLE, DOORS = 10, 5, (2, 7)


class FourRooms(GridWorld):
    """A 10 x 10 grid, divided into four rooms by two thin walls with two doors each.

    The walls run between indices 4 and 5 of the rows and of the columns; the doors are at 2 and 7.
    An episode begins in the upper left corner. The goal of the room below, (7, 2), pays 0.3. The
    goal of the room to the right, (2, 7), pays 0.6. The goal of the far room, (7, 7), which is 14
    moves away, pays 1. Each of the three goals ends the episode.

    The 100 states are in row-major order; the actions are up, down, left, right.

    Args:
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    References:
      The rooms are after R. S. Sutton, D. Precup, S. Singh (1999), "Between MDPs and semi-MDPs",
      https://doi.org/10.1016/S0004-3702(99)00052-1
    """

    def __init__(self, max_episode_steps: int | None = None) -> None:
        closed = [i for i in range(SIDE) if i not in DOORS]
        super().__init__(
            SIDE,
            start=(0, 0),
            goals={(7, 7): 1.0, (2, 7): 0.6, (7, 2): 0.3},
            barriers=[
                *(((MIDDLE - 1, i), (MIDDLE, i)) for i in closed),
                *(((i, MIDDLE - 1), (i, MIDDLE)) for i in closed),
            ],
            max_episode_steps=max_episode_steps,
        )
