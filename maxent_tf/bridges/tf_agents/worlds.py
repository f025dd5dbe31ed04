"""TF-Agents environments for the training loops of this package."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import tensorflow as tf
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from tf_agents.environments import (
    BatchedPyEnvironment,
    PyEnvironment,
    TFEnvironment,
    TFPyEnvironment,
)

from maxent_tf.bridges.tf_agents.specs import action_space, observation_space


class TFAgentsVectorEnv(VectorEnv):
    """A TF-Agents environment as a Gymnasium vector environment, for `train` and `evaluate`.

    A step of type LAST terminates the episode if its discount is 0, and truncates it otherwise.
    Other discounts of the environment are not passed on, because learners have their own.

    Args:
      env: A Python or TensorFlow environment, batched or not, which the caller closes.

    Raises:
      TypeError: If `env` is not a TF-Agents environment.
      ValueError: If learners do not support its specs.
    """

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012 - as Gymnasium has it

    def __init__(self, env: PyEnvironment | TFEnvironment):
        if not isinstance(env, PyEnvironment | TFEnvironment):
            raise TypeError(f"env must be a TF-Agents environment, not {env!r}.")
        self._env = env
        self._action_spec = env.action_spec()
        self.num_envs = env.batch_size if env.batched else 1
        self.single_observation_space = observation_space(env.time_step_spec().observation)
        self.single_action_space = action_space(self._action_spec)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._ended = np.zeros(self.num_envs, bool)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Resets every environment, seeded with `seed`, `seed` + 1, ... if it can be seeded."""
        if seed is not None:
            _seed(self._env, seed)
        self._ended[:] = False
        return self._arrays(self._env.reset()).observation, {}

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Acts in every environment, but resets those whose episode has ended.

        Raises:
          ValueError: If an environment whose episode had ended did not reset, or another did.
        """
        actions = np.asarray(actions, tf.as_dtype(self._action_spec.dtype).as_numpy_dtype)
        step = self._arrays(self._env.step(actions if self._env.batched else actions[0]))
        if np.any(step.is_first() != self._ended):
            raise ValueError(
                f"episodes of {self._env} had ended in environments "
                f"{np.flatnonzero(self._ended)}, but the step after started new ones in "
                f"environments {np.flatnonzero(step.is_first())}: "
                "each must reset itself then, as with PyEnvironment(handle_auto_reset=True)."
            )
        self._ended = step.is_last()
        terminated = self._ended & (step.discount == 0)
        reward = np.asarray(step.reward, np.float64)
        return step.observation, reward, terminated, self._ended & ~terminated, {}

    def _arrays(self, step: Any) -> Any:
        batched = self._env.batched
        return tf.nest.map_structure(lambda x: np.array(x if batched else [x]), step)


def _seed(env: PyEnvironment | TFEnvironment, seed: int) -> None:
    env = env.pyenv if isinstance(env, TFPyEnvironment) else env
    for i, world in enumerate(env.envs if isinstance(env, BatchedPyEnvironment) else [env]):
        try:
            world.seed(seed + i)
        except (AttributeError, NotImplementedError):
            warnings.warn(
                f"{world} cannot be seeded, so this run cannot be repeated: give its class a "
                "method `seed`.",
                stacklevel=3,
            )
            return
