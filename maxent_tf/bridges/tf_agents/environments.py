"""Gymnasium's environments as TF-Agents environments."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import tensorflow as tf
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from tf_agents.environments import PyEnvironment
from tf_agents.trajectories import StepType, TimeStep, time_step

from maxent_tf.bridges.tf_agents.specs import array_spec
from maxent_tf.training.final_observations import Plain
from maxent_tf.training.gymnasium_numbers import acted, counted, one_each
from maxent_tf.training.making import maker


class GymnasiumEnvironment(PyEnvironment):
    """A Gymnasium environment, or several in parallel, as a TF-Agents environment.

    An episode always ends with a step of type LAST. Its discount is 0 if the environment terminated
    and 1 if it was truncated, so that agents bootstrap through a time limit. The step after it
    takes no action and is the FIRST step of the next episode, as in Gymnasium's next-step
    autoreset. That step has reward 0 and discount 1, whatever a wrapper makes of it.

    Discrete values are counted from 0 and floats are float32; see `specs.array_spec`. A discrete
    observation outside of its space is an error.

    Args:
      env: A Gymnasium id, an environment, or a vector environment in next-step autoreset mode.
      num_envs: The number of environments of an id to step in parallel. The TF-Agents environment
        is then batched, as it is with a vector environment. None makes one environment without a
        batch axis.

    Raises:
      ValueError: If the id is unknown, a space is not supported, `num_envs` is given although `env`
        is not an id, or the vector environment resets in another mode.
    """

    def __init__(self, env: str | gymnasium.Env | VectorEnv, num_envs: int | None = None):
        super().__init__(handle_auto_reset=False)
        if num_envs is not None and not isinstance(env, str):
            raise ValueError(
                f"num_envs={num_envs} is for an id such as 'CartPole-v1', not for {env}: make a "
                "vector environment of as many environments yourself, with gymnasium.make_vec."
            )
        self._batched = num_envs is not None or isinstance(env, VectorEnv)
        if isinstance(env, str):
            make = maker(env)
            makers = [lambda: Plain(make())] * (1 if num_envs is None else num_envs)
            env = SyncVectorEnv(makers, autoreset_mode=AutoresetMode.NEXT_STEP)
        elif isinstance(env, gymnasium.Env):
            single = env
            env = SyncVectorEnv([lambda: Plain(single)], autoreset_mode=AutoresetMode.NEXT_STEP)
        mode = (env.metadata or {}).get("autoreset_mode")
        if mode is None or AutoresetMode(mode) != AutoresetMode.NEXT_STEP:
            raise ValueError(
                f"the vector environment's autoreset mode is {mode}, but a TF-Agents environment "
                "resets in the step after an episode's last: make it with "
                "vector_kwargs={'autoreset_mode': gymnasium.vector.AutoresetMode.NEXT_STEP}."
            )
        self._env = env
        self._observation_spec = array_spec(env.single_observation_space, "observation")
        self._action_spec = array_spec(env.single_action_space, "action")
        self._ended = np.zeros(env.num_envs, bool)
        self._seed: int | None = None
        self._info: dict[str, Any] = {}

    @property
    def batched(self) -> bool:
        """Whether there is a batch axis."""
        return self._batched

    @property
    def batch_size(self) -> int | None:
        """The number of parallel environments; None without a batch axis."""
        return self._env.num_envs if self._batched else None

    def observation_spec(self) -> Any:
        """Returns the spec of the observation of one environment."""
        return self._observation_spec

    def action_spec(self) -> Any:
        """Returns the spec of the action of one environment."""
        return self._action_spec

    def seed(self, seed: int) -> None:
        """Seeds the environments with `seed`, `seed` + 1, ... at the next `reset`."""
        self._seed = int(seed)

    def get_info(self) -> dict[str, Any]:
        """Returns the infos of the environments' last step, as Gymnasium batches them."""
        return self._info

    def render(self, mode: str = "rgb_array") -> np.ndarray:
        """Returns a picture of each environment, [height, width, 3], uint8.

        Raises:
          ValueError: If the environment was not made for rendering in this mode.
        """
        if self._env.render_mode != mode:
            raise ValueError(
                f"the environment's render mode is {self._env.render_mode!r}, not {mode!r}: "
                "Gymnasium fixes it when the environment is made, by "
                f"gymnasium.make(..., render_mode={mode!r})."
            )
        frames = np.array(self._env.render())
        return frames if self._batched else frames[0]

    def close(self) -> None:
        """Closes the environments."""
        self._env.close()

    def _reset(self) -> TimeStep:
        observation, self._info = self._env.reset(seed=self._seed)
        self._seed = None
        self._ended[:] = False
        observation = _observed(self._env.single_observation_space, observation)
        return self._unbatched(time_step.restart(observation, batch_size=self._env.num_envs))

    def _step(self, action: Any) -> TimeStep:
        action = _acted(self._env.single_action_space, action, self._batched)
        observation, reward, terminated, truncated, self._info = self._env.step(action)
        count = self._env.num_envs
        reward = one_each("reward", reward, count, np.float32)
        terminated = one_each("terminated", terminated, count, bool)
        truncated = one_each("truncated", truncated, count, bool)
        done = terminated | truncated
        step_type = np.where(done, StepType.LAST, StepType.MID)
        step = TimeStep(
            step_type=np.where(self._ended, StepType.FIRST, step_type).astype(np.int32),
            reward=np.where(self._ended, np.float32(0), reward),
            discount=np.float32(self._ended | ~terminated),
            observation=_observed(self._env.single_observation_space, observation),
        )
        self._ended = done
        return self._unbatched(step)

    def _unbatched(self, step: TimeStep) -> TimeStep:
        # Arrays still, where indexing a vector would give a number.
        return step if self._batched else tf.nest.map_structure(lambda x: np.asarray(x[0]), step)


def _observed(space: gymnasium.Space, value: Any, name: str = "observation") -> Any:
    """Returns a batch of observations as `array_spec` describes them, in memory of its own."""
    if isinstance(space, gymnasium.spaces.Dict):
        return {key: _observed(part, value[key], f"{name}/{key}") for key, part in space.items()}
    if isinstance(space, gymnasium.spaces.Tuple):
        pairs = zip(space, value, strict=True)
        return tuple(_observed(part, x, f"{name}/{i}") for i, (part, x) in enumerate(pairs))
    if isinstance(space, _DISCRETE):
        return counted(space, np.asarray(value), name=name).astype(space.dtype)
    floating = np.issubdtype(space.dtype, np.floating)
    return np.array(value, np.float32 if floating else space.dtype)


def _acted(space: gymnasium.Space, action: Any, batched: bool) -> Any:
    """Returns a batch of actions in the form that Gymnasium takes."""
    if isinstance(space, gymnasium.spaces.Dict):
        return {key: _acted(part, action[key], batched) for key, part in space.items()}
    if isinstance(space, gymnasium.spaces.Tuple):
        return tuple(_acted(part, x, batched) for part, x in zip(space, action, strict=True))
    action = np.asarray(action)
    action = action if batched else action[None]
    if isinstance(space, gymnasium.spaces.MultiBinary):
        return action.astype(space.dtype)
    return acted(space, action)


# Spaces that count from a number of their own.
_DISCRETE = (gymnasium.spaces.Discrete, gymnasium.spaces.MultiDiscrete)
