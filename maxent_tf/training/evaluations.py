"""The evaluations of a run while it trains, which change nothing in the run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.checks import as_integer
from maxent_tf.learners import Learner
from maxent_tf.training.evaluate import evaluate
from maxent_tf.training.making import acts_itself, is_vector, maker
from maxent_tf.training.rollout import is_in_graph
from maxent_tf.training.spaces import check_fits, gymnasium_spec

# Folded into the seed of a run, whose other seeds are parts of a split.
_OWN = 0x6576616C


class Evaluations:
    """Evaluates learners in environments of their own.

    Every evaluation draws the same seeds, so that the returns of one run are of the same episodes
    as far as the policies agree.

    Args:
      learner: The learner that is trained.
      env: The environment that the learner trains in.
      env_kwargs: The arguments with which that environment is made, if there are any.
      eval_env: The environment to evaluate in; None makes others like `env`.
      every: The number of steps of each learner between two evaluations.
      episodes: The number of episodes of each learner.
      seed: The seed of the run, [2], int32.

    Raises:
      ValueError: If a number is not positive, or `eval_env` is missing, does not fit the learner,
        is the environment of the training, or is a vector of another number of environments.
    """

    def __init__(
        self,
        learner: Learner,
        env: Any,
        env_kwargs: Mapping[str, Any] | None,
        eval_env: Any,
        every: Any,
        episodes: Any,
        seed: tf.Tensor,
    ):
        self._every = as_integer("eval_every", every)
        self._episodes = as_integer("eval_episodes", episodes)
        self._learner = learner
        self._env = eval_env = _like(env, env_kwargs) if eval_env is None else eval_env
        self._seeds = tf.unstack(draws.split(draws.fold_in(seed, _OWN), 2))
        if is_in_graph(eval_env):
            check_fits(learner.spec, eval_env.spec)
            return
        check_fits(learner.spec, gymnasium_spec(eval_env))
        needed = math.prod(learner.batch_shape) * self._episodes
        if eval_env is env and acts_itself(env, needed):
            raise ValueError(
                "eval_env is the environment of the training, whose episodes an evaluation would "
                "cut: make another one, or name an id."
            )
        if is_vector(eval_env) and eval_env.num_envs != needed:
            raise ValueError(
                f"eval_env holds {eval_env.num_envs} environments but {needed} are needed: the "
                "product of the learner's batch shape and eval_episodes."
            )

    def due(self, before: int, now: int) -> bool:
        """Returns whether an evaluation falls between two numbers of steps.

        Nothing else decides, so that a resumed run is evaluated where a whole one is.
        """
        return now // self._every > before // self._every

    def measure(self, state: Any) -> dict[str, np.ndarray]:
        """Returns the mean returns, [*P] each, of the greedy policies and of the sampled ones."""
        measured = {}
        for name, greedy, seed in (
            ("eval_return", True, self._seeds[0]),
            ("eval_return_sampled", False, self._seeds[1]),
        ):
            outcome = evaluate(self._learner, state, self._env, self._episodes, seed, greedy=greedy)
            measured[name] = outcome.returns.mean(axis=-1)
        return measured


def _like(env: Any, env_kwargs: Mapping[str, Any] | None) -> Any:
    """Returns what makes environments like that of a training, for every evaluation anew."""
    if is_in_graph(env):
        return env
    if is_vector(env):
        raise ValueError(
            "eval_every needs eval_env: the training's vector environment cannot be made anew, and "
            "an evaluation would cut its episodes. Give a Gymnasium id, a factory, or a vector "
            "environment with as many environments as the product of the learner's batch shape and "
            "eval_episodes."
        )
    return maker(env, env_kwargs)
