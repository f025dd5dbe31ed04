"""Gymnasium environments that tell in every observation where they are, and naive loops on them."""

from collections.abc import Iterable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

ACTION_SPACES: dict[str, gymnasium.Space] = {
    "discrete": gymnasium.spaces.Discrete(3, start=5),
    "multi_discrete": gymnasium.spaces.MultiDiscrete([3, 2], start=[5, 1]),
    "box": gymnasium.spaces.Box(np.float32([-1.0, 0.1]), np.float32([1.0, 0.7])),
    "multi_binary": gymnasium.spaces.MultiBinary((2, 3)),
}


class Counting(gymnasium.Env):
    """Observes [world, episode, step]; episodes of 3, 1, 2, 4 steps end in either way in turn.

    Args:
      action: a name in `ACTION_SPACES`.
    """

    LENGTHS = (3, 1, 2, 4)

    def __init__(self, action: str):
        self.observation_space = gymnasium.spaces.Box(0, np.inf, (3,))
        self.action_space = ACTION_SPACES[action]

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict]:
        if seed is not None:
            self.world, self.episode = seed % 1000, -1
        self.episode += 1
        self.t = 0
        return self._observation(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        assert self.action_space.contains(action), action
        self.t += 1
        number = self.world + self.episode
        done = self.t == self.LENGTHS[number % 4]
        reward = 100 * self.episode + self.t + 0.1 * float(np.sum(action))
        return self._observation(), reward, done and number % 2 == 0, done and number % 2 == 1, {}

    def _observation(self) -> Any:
        return np.float32([self.world, self.episode, self.t])


class Pictured(Counting):
    """`Counting` whose observation is a dict: the counts, a picture of them, and whose turn it is.

    Args:
      action: a name in `ACTION_SPACES`.
    """

    def __init__(self, action: str):
        super().__init__(action)
        self.observation_space = gymnasium.spaces.Dict(
            {
                "turn": gymnasium.spaces.Discrete(2, start=3),
                "seen": gymnasium.spaces.Dict(
                    {
                        "picture": gymnasium.spaces.Box(0, 255, (3, 4, 1), np.uint8),
                        "counts": self.observation_space,
                    }
                ),
            }
        )

    def _observation(self) -> Any:
        counts = super()._observation()
        picture = np.broadcast_to(counts[:, None, None] + np.arange(4)[:, None], (3, 4, 1))
        seen = {"counts": counts, "picture": picture.astype(np.uint8)}
        return {"seen": seen, "turn": 3 + self.t % 2}


class Tupled(Counting):
    """`Counting` whose observation is a tuple: the counts, flags and whose turn it is, and a half.

    Args:
      action: a name in `ACTION_SPACES`.
    """

    def __init__(self, action: str):
        super().__init__(action)
        flags = gymnasium.spaces.Dict(
            {
                "turn": gymnasium.spaces.Discrete(2, start=3),
                "flags": gymnasium.spaces.MultiBinary((2, 2)),
            }
        )
        half = gymnasium.spaces.Tuple([gymnasium.spaces.Box(0, np.inf, (1,))])
        self.observation_space = gymnasium.spaces.Tuple([self.observation_space, flags, half])

    def _observation(self) -> Any:
        flags = np.array([[self.t // 2, 1], [0, self.episode % 2]], np.int8)
        half = np.float32([self.t / 2])
        return super()._observation(), {"turn": 3 + self.t % 2, "flags": flags % 2}, (half,)


class Echo(gymnasium.Env):
    """Shows the last action, keeps all of them, and ends every fifth step.

    Args:
      space: of actions, and of observations.
    """

    def __init__(self, space: gymnasium.Space):
        self.observation_space = self.action_space = space
        self.taken: list[np.ndarray] = []

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        self.t = 0
        return self.action_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
        assert self.action_space.contains(action), action
        assert action.dtype == self.action_space.dtype, action.dtype
        self.t += 1
        self.taken.append(action.copy())
        return self.taken[-1], 0.0, self.t == 5, False, {}


class Walk(gymnasium.Env):
    """Three cells and two moves, numbered from 2 and from 1; the last cell ends, so do 6 steps."""

    observation_space = gymnasium.spaces.Discrete(3, start=2)
    action_space = gymnasium.spaces.Discrete(2, start=1)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict]:
        self.cell = self.t = 0
        return 2, {}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict]:
        assert self.action_space.contains(action), action
        self.cell, self.t = max(self.cell + (1 if action == 2 else -1), 0), self.t + 1
        reward = self.cell - 0.1 * self.t
        return 2 + self.cell, reward, self.cell == 2, self.t == 6 and self.cell < 2, {}


class Broken(gymnasium.Env):
    """Goes wrong at its third step.

    Args:
      fault: "observation" or "reward", which turn into `value`; "shape"; or "raise".
      value: NaN or infinity.
    """

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, fault: str, value: float = np.nan):
        self.fault, self.value, self.t = fault, value, 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict]:
        return np.zeros(2, np.float32), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        self.t += 1
        faulty = self.t == 3
        observation = np.float32([0.0, self.value if faulty and self.fault == "observation" else 1])
        if faulty and self.fault == "raise":
            raise ZeroDivisionError("no ground under the feet")
        if faulty and self.fault == "shape":
            observation = np.zeros(3, np.float32)
        reward = self.value if faulty and self.fault == "reward" else 1.0
        return observation, reward, False, False, {}


class OneReward(gymnasium.Env):
    """One step, one reward.

    Args:
      reward: of the step.
    """

    observation_space = gymnasium.spaces.Box(0, 1, (1,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, reward: float):
        self.reward = reward

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict]:
        return np.ones(1, np.float32), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        return np.ones(1, np.float32), self.reward, True, False, {}


class Spaces(gymnasium.Env):
    """An environment of any spaces.

    Args:
      observation: the observation space.
      action: the action space.
    """

    def __init__(self, observation: gymnasium.Space, action: gymnasium.Space):
        self.observation_space, self.action_space = observation, action


class Drawn(gymnasium.Env):
    """Observes a draw from its observation space at every reset.

    Args:
      observation: the observation space.
    """

    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, observation: gymnasium.Space):
        self.observation_space = observation

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}


for kind in (Counting, Pictured, Tupled, Echo, Walk, Broken, OneReward, Spaces):
    gymnasium.register(f"MaxentTest/{kind.__name__}-v0", kind, disable_env_checker=True)


def vector(
    name: str, num_envs: int, mode: AutoresetMode, vectorization: str = "sync", **arguments: Any
) -> VectorEnv:
    """A vector environment of one of the above, made by Gymnasium."""
    return gymnasium.make_vec(
        f"MaxentTest/{name}-v0",
        num_envs,
        vectorization_mode=vectorization,
        vector_kwargs={"autoreset_mode": mode},
        **arguments,
    )


def naive_loop(env: gymnasium.Env, seed: int, actions: Iterable[Any]) -> list[dict[str, Any]]:
    """The transitions of one environment, reset by hand wherever an episode ends."""
    transitions = []
    observation, _ = env.reset(seed=seed)
    for action in actions:
        next_observation, reward, terminated, truncated, _ = env.step(action)
        transitions.append(
            {
                "observation": observation,
                "action": action,
                "reward": reward,
                "next_observation": next_observation,
                "terminated": terminated,
                "truncated": truncated,
            }
        )
        observation = next_observation
        if terminated or truncated:
            observation, _ = env.reset()
    return transitions
