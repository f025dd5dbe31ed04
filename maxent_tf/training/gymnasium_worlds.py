"""Gymnasium's vector environments as worlds of the host loop, whatever their autoreset mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import tensorflow as tf
from gymnasium.vector import AutoresetMode, VectorEnv

from maxent_tf.specs import Image
from maxent_tf.training.spaces import gymnasium_spec, make, observation_spec

# Spaces of integers that count from `start`; specs count from 0.
_DISCRETE = (gymnasium.spaces.Discrete, gymnasium.spaces.MultiDiscrete)


class WorldsStep(NamedTuple):
    """One step of every world, in NumPy.

    Attributes:
      next_observation: [N, *O], or a dict of such, where the action led; the final observation of
        an episode that ended, never the first of the next.
      reward: [N], float32.
      terminated: [N], bool.
      truncated: [N], bool.
      valid: [N], bool; False where the call only reset the world and no action was taken.
      observation: [N, *O], where to act next.
    """

    next_observation: Any
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    valid: np.ndarray
    observation: Any


class GymnasiumWorlds:
    """N Gymnasium worlds stepped together, with the reset after an episode's end made explicit.

    The three autoreset modes of vector environments differ in when an ended world is reset: in the
    same step (its final observation is in `infos`), in the next (which then takes no action), or
    when told to. All three look the same from here.

    Args:
      env: an id, of which `num_worlds` synchronous copies are made, or a vector environment, which
        stays the caller's to close.
      num_worlds: N; must fit a vector environment.

    Raises:
      TypeError: if `env` is neither an id nor a vector environment.
      ValueError: if the id is unknown, a space is not supported, the number of worlds differs, or
        the vector environment does not say how it resets.
    """

    def __init__(self, env: str | VectorEnv, num_worlds: int):
        if not isinstance(env, str | VectorEnv):
            raise TypeError(
                "env must be one of maxent_tf.environments, a Gymnasium id or a Gymnasium vector "
                f"environment, not {env!r}: gymnasium.make_vec makes a vector environment."
            )
        self._owned = isinstance(env, str)
        if isinstance(env, str):
            make(env).close()
            env = gymnasium.make_vec(
                env,
                num_worlds,
                vectorization_mode="sync",
                vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
            )
        if env.num_envs != num_worlds:
            raise ValueError(
                f"the vector environment holds {env.num_envs} worlds but {num_worlds} are needed: "
                "the product of the learner's batch shape and num_envs."
            )
        mode = (env.metadata or {}).get("autoreset_mode")
        if mode is None:
            raise ValueError(
                "the vector environment's metadata has no 'autoreset_mode': set it to the "
                "gymnasium.vector.AutoresetMode that the environment follows."
            )
        self._env = env
        self._mode = AutoresetMode(mode)
        self.spec = gymnasium_spec(env)
        self.name = type(env).__qualname__ if env.spec is None else env.spec.id
        self._resetting = np.zeros(num_worlds, bool)
        self._steps = 0

    def close(self) -> None:
        """Closes the worlds if they were made here."""
        if self._owned:
            self._env.close()

    def reset(self, seed: int) -> Any:
        """Resets every world, seeded with `seed`, `seed` + 1, ...; returns [N, *O]."""
        self._resetting[:] = False
        self._steps = 0
        observation, _ = self._call(self._env.reset, seed=seed)
        return self._observation(observation, self._env.single_observation_space)

    def step(self, action: np.ndarray) -> WorldsStep:
        """Acts in every world and resets those whose episode ended.

        Args:
          action: [N] or [N, K] int32, or [N, *A] float32, as in `spec`.

        Returns:
          The step; see `WorldsStep`.

        Raises:
          ValueError: if a world returns NaN, infinity or another shape.
          RuntimeError: if a world raises.
        """
        space = self._env.single_action_space
        if isinstance(space, _DISCRETE):
            action = action + space.start
        elif isinstance(space, gymnasium.spaces.Box):
            # Rounding may have carried an action a hair over its bound, where some worlds raise.
            action = np.clip(action, space.low, space.high)
        self._steps += 1
        raw, reward, terminated, truncated, infos = self._call(
            self._env.step, action.astype(space.dtype)
        )
        observed = self._env.single_observation_space
        observation = self._observation(raw, observed)
        reward = np.array(reward, np.float32)
        self._check_finite("reward", reward)
        terminated, truncated = np.array(terminated, bool), np.array(truncated, bool)
        done = terminated | truncated
        valid = ~self._resetting
        next_observation = observation
        if done.any():
            if self._mode == AutoresetMode.SAME_STEP:
                raw = [infos["final_obs"][i] for i in np.flatnonzero(done)]
                raw = tf.nest.map_structure(lambda *parts: np.stack(parts), *raw)
                next_observation = tf.nest.map_structure(np.copy, observation)
                final = tf.nest.flatten(self._observation(raw, observed))
                for part, ended in zip(tf.nest.flatten(next_observation), final, strict=True):
                    part[done] = ended
            elif self._mode == AutoresetMode.DISABLED:
                raw, _ = self._call(self._env.reset, options={"reset_mask": done})
                observation = self._observation(raw, observed)
        if self._mode == AutoresetMode.NEXT_STEP:
            self._resetting = done
        return WorldsStep(next_observation, reward, terminated, truncated, valid, observation)

    def _call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except Exception as error:
            space = self._env.single_observation_space
            raise RuntimeError(
                f"a world raised {type(error).__name__} at step {self._steps}: {error}. Mend or "
                "wrap the environment; nothing of this step was learned from. (Worlds of which one "
                f"returns an observation that is not of {space} fail so, too.)"
            ) from error

    def _observation(self, observation: Any, space: gymnasium.Space) -> Any:
        if isinstance(space, gymnasium.spaces.Dict):
            return {
                key: self._observation(observation[key], part) for key, part in space.spaces.items()
            }
        observation = np.asarray(observation)
        if isinstance(space, _DISCRETE):
            return (observation - space.start).astype(np.int32)
        if observation.shape[1:] != space.shape:
            raise ValueError(
                f"the world returned observations of shape {observation.shape[1:]} at step "
                f"{self._steps}, but its space says {space.shape}."
            )
        # A copy in any case: worlds may reuse their arrays.
        if isinstance(observation_spec(space), Image):
            return observation.astype(np.uint8)
        observation = observation.astype(np.float32)
        self._check_finite("observation", observation)
        return observation

    def _check_finite(self, name: str, value: np.ndarray) -> None:
        finite = np.isfinite(value)
        if not finite.all():
            worlds = np.flatnonzero(~finite.reshape(len(value), -1).all(axis=1)).tolist()
            raise ValueError(
                f"NaN or infinity in the {name} of worlds {worlds[:5]} at step {self._steps}: "
                "mend or wrap the environment; nothing of this step was learned from."
            )
