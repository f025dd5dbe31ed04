"""The masks of legal actions in Gymnasium's environments."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import tensorflow as tf

from maxent_tf.specs import (
    ACTION_MASK,
    EnvironmentSpec,
    MultiDiscrete,
    abbreviated,
    action_mask_spec,
)
from maxent_tf.training.spaces import action_spec


class ActionMask(gymnasium.Wrapper):
    """Adds the mask of legal actions, which an environment has in its infos, to the observation.

    Observations become {"observation": ..., "action_mask": ...}, from which learners read the mask.
    An environment whose observations are a dict with a mask under "action_mask" does not need this
    wrapper.

    Args:
      env: An environment with discrete actions whose every reset and step gives
        `info["action_mask"]`: one flag for each value of the action, 1 where the value is legal.
        For a `MultiDiscrete`, the mask holds the flags of its elements one after the other, or is a
        tuple of the elements' flags.

    Raises:
      ValueError: If the actions are not discrete.

    >>> env = ActionMask(gymnasium.make("Taxi-v4"))
    >>> observation, _ = env.reset(seed=0)
    >>> observation["action_mask"].tolist()
    [1, 1, 0, 0, 0, 0]
    """

    def __init__(self, env: gymnasium.Env):
        super().__init__(env)
        flags = action_mask_spec(action_spec(env.action_space)).shape
        mask = gymnasium.spaces.MultiBinary(flags[0])
        parts = {"observation": env.observation_space, ACTION_MASK: mask}
        self.observation_space: gymnasium.Space = gymnasium.spaces.Dict(parts)
        self._shape = flags

    def reset(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Resets the environment.

        Raises:
          ValueError: If the mask is missing, or does not consist of one flag for each action.
        """
        observation, info = self.env.reset(**options)
        return self._with_mask(observation, info, "reset"), info

    def step(self, action: Any) -> tuple[dict[str, Any], Any, bool, bool, dict[str, Any]]:
        """Steps the environment.

        Raises:
          ValueError: If the mask is missing, or does not consist of one flag for each action.
        """
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self._with_mask(observation, info, "step"), reward, terminated, truncated, info

    def _with_mask(self, observation: Any, info: dict[str, Any], called: str) -> dict[str, Any]:
        if ACTION_MASK not in info:
            raise ValueError(
                f"info['action_mask'] is missing in the info of `{called}` of {self.env}, which "
                f"has the keys {abbreviated(sorted(info))}: let the environment, or a wrapper "
                "around it, put a flag for each action there, or leave ActionMask out."
            )
        given = info[ACTION_MASK]
        flags = np.concatenate([np.ravel(part) for part in tf.nest.flatten(given)])
        if flags.shape != self._shape or not np.all((flags == 0) | (flags == 1)):
            raise ValueError(
                f"info['action_mask'] of `{called}` of {self.env} must be {self._shape[0]} flags, "
                f"0 or 1, one for each value of {self.env.action_space}, not {abbreviated(given)}."
            )
        return {"observation": observation, ACTION_MASK: flags.astype(np.int8)}


def open_ended(spec: EnvironmentSpec, observation: Any, terminated: np.ndarray, where: str) -> None:
    """Makes all actions legal where an episode has terminated with no legal action, in place.

    No action is chosen there and the value is 0, but numbers that are multiplied by 0 must be
    finite.

    Args:
      spec: The specification of the environments, with masks of actions.
      observation: [N, *O], the observations, whose masks are changed.
      terminated: [N], bool, whether the observation is the last of an episode that terminated.
      where: The place to name in errors, such as " at step 3".

    Raises:
      ValueError: If another observation has no legal action. There, an action is to be chosen, or
        the value of what would have followed counts.
    """
    mask = observation[ACTION_MASK]
    nvec = spec.action.nvec if isinstance(spec.action, MultiDiscrete) else (mask.shape[-1],)
    parts = np.split(mask, np.cumsum(nvec)[:-1], axis=-1)
    stuck = ~np.all([part.any(axis=-1) for part in parts], axis=0)
    wrong = np.flatnonzero(stuck & ~terminated)
    if wrong.size:
        raise ValueError(
            f"environment {wrong[0]}{where} has no legal action: its action_mask is "
            f"{abbreviated(mask[wrong[0]].tolist())} (environments {wrong[:5].tolist()}). Leave at "
            "least one, of each element of the action, unless the episode terminates."
        )
    mask[stuck] = 1
