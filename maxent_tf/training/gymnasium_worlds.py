"""Gymnasium's environments for the host loop, with vector environments in any autoreset mode."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import tensorflow as tf
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from maxent_tf.specs import abbreviated
from maxent_tf.training.action_mask import open_ended
from maxent_tf.training.final_observations import FinalObservations, Plain
from maxent_tf.training.gymnasium_numbers import acted, check_finite, observed, one_each
from maxent_tf.training.making import acts_itself, check_no_arguments, is_vector, maker
from maxent_tf.training.spaces import gymnasium_spec


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
      env: A Gymnasium id or a factory, of which `num_worlds` synchronous copies are made; a vector
        environment, which the caller closes; or an environment. One environment acts itself, and
        the caller closes it; of more than one, all are copies.
      num_worlds: N, the number of environments, which must be that of a vector environment.
      env_kwargs: The arguments with which an id or a factory makes an environment.

    Raises:
      TypeError: If `env` is no environment, and nothing that makes one.
      ValueError: If an environment cannot be made, a space is not supported, the number of
        environments differs, or the vector environment does not say how it resets.
    """

    def __init__(self, env: Any, num_worlds: int, env_kwargs: Mapping[str, Any] | None = None):
        self._owned = not acts_itself(env, num_worlds)
        given, copied = env, not is_vector(env)
        self._env = env = _as_vector(env, num_worlds, env_kwargs)
        # What is reset here, wherever else it is in use.
        self._key = (env if self._owned else given).unwrapped
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
        self._mode = AutoresetMode(mode)
        self.spec = gymnasium_spec(env)
        self.name = _name(env.envs[0] if copied else env)
        self._resetting = np.zeros(num_worlds, bool)
        self._steps = 0
        self._shown: Any = None
        self._finals = FinalObservations(env, copied=copied)
        self._closed = False

    def close(self) -> None:
        """Closes the environments if they were made here."""
        self._closed = True
        if self._owned:
            self._env.close()

    def reset(self, seed: int) -> Any:
        """Resets every environment, seeded with `seed`, `seed` + 1, ...; returns [N, *O]."""
        _last_to_reset[self._key] = weakref.ref(self)
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
        if _last_to_reset.get(self._key, lambda: None)() is not self:
            raise ValueError(
                f"{self._words} was reset by another training or evaluation after step "
                f"{self._steps}, which has cut the episodes of this one: give each run an "
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


class _Open(gymnasium.Wrapper):
    """An environment that stays open when the vector environment around it is closed."""

    def close(self) -> None:
        """Does nothing: the environment is the caller's."""


def _as_vector(env: Any, num_worlds: int, env_kwargs: Mapping[str, Any] | None) -> Any:
    """Returns a vector environment: `env` itself, or one of environments made from it."""
    if is_vector(env):
        check_no_arguments(env, env_kwargs)
        return env
    if acts_itself(env, num_worlds):
        check_no_arguments(env, env_kwargs)
        made: list[gymnasium.Env] = [_Open(env)]
    else:
        make = maker(env, env_kwargs)
        made = [make() for _ in range(num_worlds)]
    if len({id(one.unwrapped) for one in made}) < num_worlds:
        raise ValueError(
            f"the factory env={abbreviated(repr(env))} returned the same environment twice: let "
            "it make a new one at every call."
        )
    return SyncVectorEnv(
        [functools.partial(Plain, one) for one in made], autoreset_mode=AutoresetMode.SAME_STEP
    )


def _name(env: Any) -> str:
    return type(env.unwrapped).__qualname__ if env.spec is None else env.spec.id


# The worlds whose episodes run in an environment or a vector environment.
_last_to_reset: weakref.WeakKeyDictionary[Any, weakref.ref[GymnasiumWorlds]] = (
    weakref.WeakKeyDictionary()
)


def check_free(env: Any, num_worlds: int) -> None:
    """Raises ValueError if the episodes of a training run are under way in what would be reset."""
    if not acts_itself(env, num_worlds):
        return
    worlds = _last_to_reset.get(env.unwrapped, lambda: None)()
    if worlds is not None and not worlds._closed:
        raise ValueError(
            f"env={abbreviated(repr(env))} is in use by a training run, whose episodes an "
            "evaluation would cut: evaluate in another environment or by an id, or after the "
            "training (a Trainer's `close` ends it)."
        )
