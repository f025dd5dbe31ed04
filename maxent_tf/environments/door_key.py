"""DoorKey, a room with a locked door and its key, with the rules of MiniGrid's environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.checks import is_integer
from maxent_tf.environments.common import (
    as_action,
    as_batch_shape,
    check_max_episode_steps,
    is_truncated,
)
from maxent_tf.environments.egocentric_view import AGENT, STEPS, VIEW, cells_in_view, visible
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import TimeStep

LEFT, RIGHT, FORWARD, PICKUP, DROP, TOGGLE, DONE = range(7)
EMPTY, WALL, DOOR, KEY, GOAL = 1, 2, 4, 5, 8
OPEN, CLOSED, LOCKED = range(3)
GREEN, YELLOW, GREY = 1, 4, 5
# The colours by object. Empty cells, too, have the number 0.
_COLOURS = np.zeros(GOAL + 1, np.int32)
_COLOURS[[WALL, DOOR, KEY, GOAL]] = GREY, YELLOW, YELLOW, GREEN
_IS_AGENT = np.zeros([VIEW, VIEW], bool)
_IS_AGENT[AGENT] = True
_CARRIED = np.array([-1, -1], np.int32)


class DoorKeyState(NamedTuple):
    """The state of the room. Cells are (x, y), from (0, 0) at the upper left.

    Attributes:
      position: [*batch, 2], int32, the cell of the agent.
      direction: [*batch], int32, where the agent looks: 0 right, 1 down, 2 left, 3 up.
      key: [*batch, 2], int32, the cell of the key; (-1, -1) while the agent carries the key.
      door: [*batch], int32, the state of the door: 0 open, 1 closed, 2 locked.
      wall: [*batch], int32, the column x of the wall that divides the room.
      door_row: [*batch], int32, the row y of the door in that wall.
      elapsed: [*batch], int32, the number of steps since the reset.
    """

    position: tf.Tensor
    direction: tf.Tensor
    key: tf.Tensor
    door: tf.Tensor
    wall: tf.Tensor
    door_row: tf.Tensor
    elapsed: tf.Tensor


@final
@dataclass(frozen=True)
class DoorKey:
    """Fetch the key, unlock the door in the wall, and go to the goal in the lower right corner.

    The room has `size` x `size` cells, the outer ones of which are walls. Every episode draws the
    column of the dividing wall, the row of its door, and the cells of the agent and of the key on
    the left of it, all uniformly, and the direction of the agent.

    Actions 0 to 6 are: turn left, turn right, go forward, pick up, drop, toggle, and nothing. They
    act on the cell in front of the agent. The agent can drop the key on an empty cell, toggle the
    door open and closed, and unlock the door while it carries the key. The goal pays
    1 - 0.9 * (steps taken) / (time limit) and terminates the episode. All other rewards are 0.

    An observation is a dict of two parts. The part "image", [7, 7, 3], float32, holds the object,
    the colour and the state of each cell in the agent's view, in MiniGrid's numbers. It shows the
    key that the agent carries at the place of the agent, and zeros where a wall or the closed door
    hides a cell. The part "direction" is the direction of the agent. MiniGrid's mission, a text
    that is always the same, is left out.

    Attributes:
      size: The number of rows and of columns, at least 5. MiniGrid registers 5, 6, 8 and 16.
      max_episode_steps: The number of steps after which an episode is truncated. The reward depends
        on it. None stands for MiniGrid's limit, 10 * size^2.

    Raises:
      ValueError: If `size` is not an integer of at least 5, or `max_episode_steps` is neither None
        nor a positive integer.

    References:
      M. Chevalier-Boisvert et al. (2023), "Minigrid & Miniworld: modular & customizable
      reinforcement learning environments for goal-oriented tasks",
      https://arxiv.org/abs/2306.13831; the rules as in
      https://minigrid.farama.org/environments/minigrid/DoorKeyEnv/

    >>> DoorKey(8).spec.observation["image"].shape
    (7, 7, 3)
    """

    size: int
    max_episode_steps: int | None = None

    def __post_init__(self) -> None:
        if not is_integer(self.size, 5):
            raise ValueError(
                f"size must be an integer of at least 5, which leaves a cell on each side of the "
                f"dividing wall, not {self.size!r}."
            )
        check_max_episode_steps(self.max_episode_steps)

    @property
    def spec(self) -> EnvironmentSpec:
        """Observations are an image of codes and a direction; there are seven actions."""
        image = Box.of((VIEW, VIEW, 3), 0.0, [GOAL, GREY, LOCKED])
        return EnvironmentSpec({"image": image, "direction": Discrete(4)}, Discrete(7))

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[DoorKeyState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`."""
        shape = as_batch_shape(batch_shape)
        seeds = tf.unstack(draws.split(seed, 5))
        wall = 2 + draws.integers(shape, seeds[0], self.size - 4)
        free = (wall - 1) * (self.size - 2)
        agent = draws.integers(shape, seeds[1], free)
        key = draws.integers(shape, seeds[2], free - 1)
        key += tf.cast(key >= agent, tf.int32)  # The key lies in any cell but that of the agent.
        state = DoorKeyState(
            position=self._cell(agent),
            direction=draws.integers(shape, seeds[3], 4),
            key=self._cell(key),
            door=tf.fill(shape, LOCKED),
            wall=wall,
            door_row=1 + draws.integers(shape, seeds[4], self.size - 3),
            elapsed=tf.zeros(shape, tf.int32),
        )
        flag = tf.zeros(shape, tf.bool)
        return state, TimeStep(self._observe(state), tf.zeros(shape), flag, flag)

    def step(
        self, state: DoorKeyState, action: tf.Tensor, seed: Any
    ) -> tuple[DoorKeyState, TimeStep]:
        """Acts once in every environment: see `Environment.step`."""
        del seed  # Nothing is random.
        action = as_action(action, self.spec.action, state.elapsed.shape)
        over = self._at_goal(state)
        action = tf.where(over, DONE, action)
        front = state.position + tf.gather(STEPS, state.direction)
        ahead = self._objects(state, front[..., None, None, :])[..., 0, 0]
        carries, is_open = state.key[..., 0] < 0, state.door == OPEN
        enters = (ahead == EMPTY) | (ahead == GOAL) | ((ahead == DOOR) & is_open)
        enters &= action == FORWARD
        takes = (action == PICKUP) & (ahead == KEY)
        drops = (action == DROP) & (ahead == EMPTY) & carries
        toggles = (action == TOGGLE) & (ahead == DOOR) & (carries | (state.door != LOCKED))
        turn = tf.cast(action == RIGHT, tf.int32) - tf.cast(action == LEFT, tf.int32)
        key = tf.where(drops[..., None], front, state.key)
        state = state._replace(
            position=tf.where(enters[..., None], front, state.position),
            direction=tf.math.floormod(state.direction + turn, 4),
            key=tf.where(takes[..., None], _CARRIED, key),
            door=tf.where(toggles, tf.where(is_open, CLOSED, OPEN), state.door),
            elapsed=state.elapsed + tf.cast(~over, tf.int32),
        )
        terminated = self._at_goal(state)
        limit = self.max_episode_steps or 10 * self.size**2
        paid = 1 - 0.9 * tf.cast(state.elapsed, tf.float32) / limit
        reward = tf.where(terminated & ~over, paid, 0.0)
        truncated = is_truncated(state.elapsed, limit, terminated)
        return state, TimeStep(self._observe(state), reward, terminated, truncated)

    def _cell(self, index: tf.Tensor) -> tf.Tensor:
        """Returns a cell inside of the outer walls by its number, column by column."""
        return tf.stack([1 + index // (self.size - 2), 1 + index % (self.size - 2)], -1)

    def _at_goal(self, state: DoorKeyState) -> tf.Tensor:
        return tf.reduce_all(state.position == self.size - 2, -1)

    def _objects(self, state: DoorKeyState, cells: tf.Tensor) -> tf.Tensor:
        """Returns the objects in cells [*batch, I, J, 2], of the grid or not, [*batch, I, J]."""
        x, y = tf.unstack(cells, axis=-1)
        last = self.size - 1
        divides = x == state.wall[..., None, None]
        outside = (x <= 0) | (x >= last) | (y <= 0) | (y >= last)
        # In increasing order of what hides what: a carried key lies outside.
        objects = tf.where(tf.reduce_all(cells == state.key[..., None, None, :], -1), KEY, EMPTY)
        objects = tf.where((x == last - 1) & (y == last - 1), GOAL, objects)
        objects = tf.where(outside | divides, WALL, objects)
        return tf.where(divides & (y == state.door_row[..., None, None]), DOOR, objects)

    def _observe(self, state: DoorKeyState) -> dict[str, tf.Tensor]:
        objects = self._objects(state, cells_in_view(state.position, state.direction))
        door = state.door[..., None, None]
        seen = visible((objects == WALL) | ((objects == DOOR) & (door != OPEN)))
        carried = tf.where(state.key[..., 0] < 0, KEY, EMPTY)[..., None, None]
        objects = tf.where(_IS_AGENT, carried, objects)
        states = tf.where(objects == DOOR, door, 0)
        image = tf.stack([objects, tf.gather(_COLOURS, objects), states], -1)
        image = tf.where(seen[..., None], image, 0)
        return {"image": tf.cast(image, tf.float32), "direction": state.direction}
