"""Gymnasium environments that workers make by "tests.distributed.gymnasium_envs:NAME-v0"."""

import os
import pathlib
from typing import Any

import gymnasium
import numpy as np


class Corridor(gymnasium.Env):
    """Observes a position; the reward is the action, and an episode has 5 steps."""

    observation_space = gymnasium.spaces.Box(0, 5, (1,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict]:
        self.t = 0
        return np.float32([0]), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        self.t += 1
        return np.float32([self.t]), float(action), self.t == 5, False, {}


class Broken(Corridor):
    """Raises an error when it is reset, except in one process: the first to write its number.

    The environment variable BROKEN_FILE names the file that the process writes; without it, every
    process has the error.
    """

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict]:
        if not self._is_whole():
            raise ZeroDivisionError("the corridor has fallen in")
        return super().reset(seed=seed)

    def _is_whole(self) -> bool:
        if "BROKEN_FILE" not in os.environ:
            return False
        path = pathlib.Path(os.environ["BROKEN_FILE"])
        try:
            with path.open("x") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            pass
        return path.read_text() == str(os.getpid())


gymnasium.register("Corridor-v0", Corridor)
gymnasium.register("Broken-v0", Broken)
