"""The final observations of episodes that a vector environment resets in the same step."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import tensorflow as tf
from gymnasium.vector import VectorEnv

from maxent_tf.specs import abbreviated
from maxent_tf.training.gymnasium_numbers import observed, one_each


class Plain(gymnasium.Wrapper):
    """An environment whose steps return what a vector environment can hold.

    Rewards and flags become plain numbers, whatever axes of size 1 they have. The final observation
    of an episode keeps its values when the reset writes into the same array.

    Args:
      env: The environment.
    """

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Steps the environment.

        Raises:
          ValueError: If the reward or a flag is not a single number.
        """
        observation, reward, terminated, truncated, info = self.env.step(action)
        reward = _single("reward", reward, float)
        terminated = _single("terminated", terminated, bool)
        truncated = _single("truncated", truncated, bool)
        if terminated or truncated:
            observation = copy.deepcopy(observation)
        return observation, reward, terminated, truncated, info


def _single(name: str, value: Any, dtype: type) -> Any:
    # Most are what they should be, and a step is not much longer than the check.
    return value if isinstance(value, dtype) else one_each(name, value, 1, dtype)[0].item()


class _Kept(NamedTuple):
    """A final observation as a vector environment returned it."""

    environment: int
    handed_out: Any
    then: Any


class FinalObservations:
    """Takes final observations, and checks that later steps have not overwritten them.

    Gymnasium's vector environments do not copy final observations before the reset. If an
    environment returns its own array from `step` and from `reset`, then the final observation is
    overwritten by that of the reset. For an environment in this process, the error is seen when the
    array changes with the environment's next step. Behind a pipe, or behind a wrapper that made a
    new array, it can be seen only from final observations that equal those of the reset.

    Args:
      env: The vector environment, in same-step autoreset mode.
      copied: Whether its environments are known to copy final observations, as `Plain` does.
    """

    def __init__(self, env: VectorEnv, copied: bool):
        self._env = env
        self._space = env.single_observation_space
        self._kept: list[_Kept] = []
        self._doubtful = 0
        self._settled = copied

    def take(self, infos: Any, done: np.ndarray, before: Any, after: Any, where: str) -> Any:
        """Returns the final observations of the episodes that ended, [number of these, *O].

        Args:
          infos: The infos of the step.
          done: [N], bool, where an episode ended, which it did in at least one environment.
          before: [N, *O], the observations before the step.
          after: [N, *O], the observations after the reset.
          where: The place to name in errors, such as " at step 3".

        Raises:
          ValueError: If the final observations are missing.
        """
        indices = np.flatnonzero(done).tolist()
        handed_out = self._of(infos, indices, where)
        final = [observed(self._space, one, None, where) for one in handed_out]
        self._kept = [_Kept(*kept) for kept in zip(indices, handed_out, final, strict=True)]
        for i, _, one in self._kept:
            if not self._settled:
                self._doubt(_equal(one, _row(after, i)), moved=not _equal(one, _row(before, i)))
        return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *final)

    def check(self, observation: Any, where: str) -> None:
        """Checks the final observations of the last step again, one step later.

        Args:
          observation: [N, *O], the present observations.
          where: The place to name in errors, such as " at step 3".

        Raises:
          ValueError: If a final observation has changed together with the environment.
        """
        for environment, handed_out, then in self._kept:
            now = observed(self._space, handed_out, None, where)
            if not _equal(now, then) and _equal(now, _row(observation, environment)):
                raise ValueError(
                    f"environment {environment} of {abbreviated(repr(self._env))} returns its own "
                    "array as observation and overwrites it, so that the reset has overwritten the "
                    f"final observation of the episode before (noticed{where}). Let its `step` and "
                    "`reset` return copies, for example by a wrapper, or pass an id, whose final "
                    "observations are copied."
                )
        self._kept = []

    def forget(self) -> None:
        """Starts afresh, after a reset of all environments."""
        self._kept = []

    def _of(self, infos: Any, indices: list[int], where: str) -> list[Any]:
        try:
            found = [infos["final_obs"][i] for i in indices]
        except (KeyError, IndexError, TypeError):
            found = [None]
        if any(x is None for x in found):
            has = f"the keys {sorted(infos)}" if isinstance(infos, Mapping) else "no keys at all"
            raise ValueError(
                f"{abbreviated(repr(self._env))} is in same-step autoreset mode, but "
                f"infos['final_obs']{where} does not hold the final observations of environments "
                f"{indices[:5]}, whose episodes ended: infos is a {type(infos).__name__} with "
                f"{abbreviated(has)}. Remove the wrapper that changes infos, such as "
                "DictInfoToList, or make the environment in another autoreset mode, for example "
                "with vector_kwargs={'autoreset_mode': gymnasium.vector.AutoresetMode.NEXT_STEP}."
            )
        return found

    def _doubt(self, same_as_reset: bool, moved: bool) -> None:
        if not same_as_reset:
            self._settled = True
        elif moved:
            self._doubtful += 1
        if self._doubtful == _DOUBTFUL_ENDS:
            self._settled = True
            warnings.warn(
                f"every episode of {abbreviated(repr(self._env))} so far has ended with the "
                "observation with which the next one begins. Unless the task requires this, the "
                "environment returns its own array as observation, and its reset overwrites the "
                "final observation before it can be learned from: let `step` and `reset` return "
                "copies.",
                stacklevel=2,
            )


# Episodes that end where the next begins, before it is worth a warning.
_DOUBTFUL_ENDS = 2


def _row(structure: Any, index: int) -> Any:
    return tf.nest.map_structure(lambda x: x[index : index + 1], structure)


def _equal(first: Any, second: Any) -> bool:
    pairs = zip(tf.nest.flatten(first), tf.nest.flatten(second), strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)
