"""Gymnasium's vector environments for the host loop, in any autoreset mode."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import tensorflow as tf
from gymnasium.vector import AutoresetMode, VectorEnv

from maxent_tf.specs import abbreviated
from maxent_tf.training.action_mask import open_ended
from maxent_tf.training.final_observations import FinalObservations, Plain
from maxent_tf.training.gymnasium_numbers import acted, check_finite, observed, one_each
from maxent_tf.training.spaces import gymnasium_spec, make


class WorldsStep(NamedTuple):
    """One step of every environment, in NumPy.

    Attributes:
      next_observation: [N, *O], or a dict of such: the observations that the actions led to. At the
        end of an episode it is the final observation, never the first of the next episode.
      reward: [N], float32.
      terminated: [N], bool.
      truncated: [N], bool.
      valid: [N], bool; False where the call only reset the environment and no action was taken. The
        reward of such a call is 0 and no episode ends in it, whatever the environment returned.
      observation: [N, *O], the observations for the next actions.
    """

    next_observation: Any
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    valid: np.ndarray
    observation: Any


class GymnasiumWorlds:
    """N Gymnasium environments stepped together, with explicit resets after the end of an episode.

    The three autoreset modes of vector environments differ in when an environment is reset after
    its episode has ended: in the same step (its final observation is then in `infos`), in the next
    step (which then takes no action), or on request. This class hides the difference.

    Args:
      env: A Gymnasium id, of which `num_worlds` synchronous copies are made, or a vector
        environment, which the caller closes.
      num_worlds: N, the number of environments, which must be that of a vector environment.

    Raises:
      TypeError: If `env` is neither an id nor a vector environment.
      ValueError: If the id is unknown, a space is not supported, the number of environments
        differs, or the vector environment does not say how it resets.
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
                wrappers=[Plain],
                vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
            )
        if env.num_envs != num_worlds:
            raise ValueError(
                f"the vector environment holds {env.num_envs} environments but {num_worlds} are "
                "needed: the product of the learner's batch shape and num_envs."
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
        self._shown: Any = None
        self._finals = FinalObservations(env, copied=self._owned)
        self._closed = False

    def close(self) -> None:
        """Closes the environments if they were made here."""
        self._closed = True
        if self._owned:
            self._env.close()

    def reset(self, seed: int) -> Any:
        """Resets every environment, seeded with `seed`, `seed` + 1, ...; returns [N, *O]."""
        _last_to_reset[self._env.unwrapped] = weakref.ref(self)
        self._resetting = np.zeros_like(self._resetting)
        self._steps = 0
        self._finals.forget()
        observation, _ = self._call(self._env.reset, seed=seed)
        self._shown = self._observed(observation)
        self._open_ended(self._shown, np.zeros_like(self._resetting))
        return self._shown

    def step(self, action: np.ndarray) -> WorldsStep:
        """Acts in every environment and resets those whose episode ended.

        Args:
          action: [N] or [N, K] int32, or [N, *A] float32, as in `spec`.

        Returns:
          The step; see `WorldsStep`.

        Raises:
          ValueError: If an environment returns NaN, infinity, another shape, or a discrete value
            outside of its space; if it masks every action although one is to be chosen; if final
            observations are missing, or overwritten; or if other code has reset the vector
            environment.
          RuntimeError: If an environment raises an error.
        """
        if _last_to_reset.get(self._env.unwrapped, lambda: None)() is not self:
            raise ValueError(
                f"{self._words} was reset by another training or evaluation after step "
                f"{self._steps}, which has cut the episodes of this one: give each run a vector "
                "environment of its own, or an id, of which each run makes its own."
            )
        self._steps += 1
        taken = acted(self._env.single_action_space, action, self._where)
        raw, reward, terminated, truncated, infos = self._call(self._env.step, taken)
        observation = self._observed(raw)
        terminated = self._one_each("terminated", terminated, bool)
        truncated = self._one_each("truncated", truncated, bool)
        done, valid = terminated | truncated, ~self._resetting
        reward = np.where(valid, self._one_each("reward", reward, np.float32), np.float32(0))
        check_finite("reward", reward, self._where)
        next_observation = observation
        if self._mode == AutoresetMode.NEXT_STEP:
            self._resetting = done
            terminated, truncated = terminated & valid, truncated & valid
        elif self._mode == AutoresetMode.SAME_STEP:
            next_observation = self._with_final(observation, done, infos)
        elif done.any():
            observation = self._reset_ended(observation, done)
        self._shown = observation
        self._open_ended(next_observation, terminated)
        self._open_ended(observation, np.zeros_like(terminated))
        return WorldsStep(next_observation, reward, terminated, truncated, valid, observation)

    @property
    def _where(self) -> str:
        return f" at step {self._steps}"

    @property
    def _words(self) -> str:
        return f"the vector environment {abbreviated(repr(self._env))}"

    def _with_final(self, observation: Any, done: np.ndarray, infos: Any) -> Any:
        """Returns the observations of a step with the final observations in their places."""
        self._finals.check(observation, self._where)
        if not done.any():
            return observation
        final = self._finals.take(infos, done, self._shown, observation, self._where)
        together = tf.nest.map_structure(np.copy, observation)
        for part, ended in zip(tf.nest.flatten(together), tf.nest.flatten(final), strict=True):
            part[done] = ended
        return together

    def _reset_ended(self, observation: Any, done: np.ndarray) -> Any:
        """Resets the environments whose episodes ended, and no other."""
        raw, _ = self._call(self._env.reset, options={"reset_mask": done.copy()})
        fresh = self._observed(raw)
        pairs = zip(tf.nest.flatten(observation), tf.nest.flatten(fresh), strict=True)
        if not all(np.array_equal(old[~done], new[~done]) for old, new in pairs):
            raise ValueError(
                f"{self._words} has its autoreset disabled, but reset(options={{'reset_mask': "
                f"...}}){self._where} has changed environments that the mask leaves out: let "
                "`reset` follow the mask, or make the environment in another autoreset mode."
            )
        return fresh

    def _call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except Exception as error:
            space = abbreviated(self._env.single_observation_space)
            hint = (
                f"An environment that returns an observation that is not of {space}, or a reward "
                "or flag that is not a single number, can raise such an error, too."
            )
            if "options" in options:
                hint = (
                    "With autoreset disabled, `reset` must know options={'reset_mask': ...}: an "
                    "array of flags, for the environments to reset."
                )
            raise RuntimeError(
                f"an environment raised {type(error).__name__}{self._where}: {error}. Mend or "
                f"wrap the environment; nothing of this step was learned from. ({hint})"
            ) from error

    def _observed(self, observation: Any) -> Any:
        space = self._env.single_observation_space
        return observed(space, observation, self._env.num_envs, self._where)

    def _open_ended(self, observation: Any, terminated: np.ndarray) -> None:
        if self.spec.masks_actions:
            open_ended(self.spec, observation, terminated, self._where)

    def _one_each(self, name: str, value: Any, dtype: type) -> np.ndarray:
        return one_each(name, value, self._env.num_envs, dtype, self._where)


# The worlds whose episodes run in a vector environment.
_last_to_reset: weakref.WeakKeyDictionary[VectorEnv, weakref.ref[GymnasiumWorlds]] = (
    weakref.WeakKeyDictionary()
)


def check_free(env: Any) -> None:
    """Raises ValueError if the episodes of a training run are under way in a vector environment."""
    if not isinstance(env, VectorEnv):
        return
    worlds = _last_to_reset.get(env.unwrapped, lambda: None)()
    if worlds is not None and not worlds._closed:
        raise ValueError(
            f"env={abbreviated(repr(env))} is in use by a training run, whose episodes an "
            "evaluation would cut: evaluate in another vector environment or by an id, or after "
            "the training (a Trainer's `close` ends it)."
        )
