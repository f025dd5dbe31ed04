"""Our policies as TF-Agents policies."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability import distributions as tfd
from tf_agents.distributions.shifted_categorical import ShiftedCategorical
from tf_agents.policies import TFPolicy
from tf_agents.trajectories import PolicyStep, TimeStep

from maxent_tf.bridges.tf_agents.specs import as_learners_have_it, environment_spec
from maxent_tf.learners import Learner
from maxent_tf.training.loop import StateVariables
from maxent_tf.training.normalized import acting
from maxent_tf.training.spaces import check_fits


class LearnerPolicy(TFPolicy):
    """The policy of one of our learners, for TF-Agents' drivers, metrics and `PolicySaver`.

    The distribution of continuous actions is our `SquashedGaussian`, with its exact entropy.

    Args:
      time_step_spec: of the environment.
      action_spec: of the environment.
      learner: with batch shape [].
      state: of the learner, kept in variables of the policy's own; or `StateVariables` to share, so
        that the policy follows whoever writes them. Statistics in it, if it was trained on
        normalised observations, stand still.
      greedy: whether to act by the learner's `greedy`; otherwise actions are drawn.

    Raises:
      ValueError: if the learner has a batch shape or a memory, or was built for another world.
    """

    def __init__(
        self,
        time_step_spec: TimeStep,
        action_spec: Any,
        learner: Learner,
        state: Any,
        greedy: bool = False,
    ):
        if learner.batch_shape:
            raise ValueError(
                f"the learner's batch shape is {list(learner.batch_shape)}, but TF-Agents knows no "
                "batches of learners: build it with batch_shape=[]."
            )
        if getattr(learner, "memory", None) is not None:
            raise ValueError(
                "the learner has a memory, which TF-Agents' drivers would not hand back to it: "
                "build it with memory_size=0, or train and evaluate it by maxent_tf.training."
            )
        check_fits(learner.spec, environment_spec(time_step_spec, action_spec))
        # Actions lie within their bounds already.
        super().__init__(time_step_spec, action_spec, clip=False)
        self._state = state if isinstance(state, StateVariables) else StateVariables(state)
        self._learner = acting(learner, self._state.read())
        self._greedy = greedy

    def _distribution(self, time_step: TimeStep, policy_state: Any) -> PolicyStep:
        observation = as_learners_have_it(
            time_step.observation, self._learner.spec.observation, self.time_step_spec.observation
        )
        distribution = self._learner.policy(self._state.read(), observation)
        if self._greedy:
            action = tf.cast(self._learner.greedy(distribution), self.action_spec.dtype)
            distribution = tfd.Deterministic(action + self._first_action())
        else:
            distribution = self._as_the_world_has_it(distribution)
        return PolicyStep(distribution, policy_state, ())

    def _action(self, time_step: TimeStep, policy_state: Any, seed: Any = None) -> PolicyStep:
        step = self._distribution(time_step, policy_state)
        # As everywhere in TFP, an integer seeds a sequence of draws; our own distributions would
        # take it for the seed of a single one.
        seed = tfp.random.sanitize_seed(seed)
        return step._replace(action=step.action.sample(seed=seed))

    def _first_action(self) -> np.ndarray:
        """The number from which the world counts each part of an action; 0 for continuous ones."""
        theirs = self.action_spec
        return np.zeros_like(theirs.minimum) if theirs.dtype.is_floating else theirs.minimum

    def _as_the_world_has_it(self, distribution: Any) -> Any:
        """The distribution over actions in the world's numbers and dtype."""
        if isinstance(distribution, tfd.Independent):
            return tfd.Independent(self._as_the_world_has_it(distribution.distribution), 1)
        if not isinstance(distribution, tfd.Categorical):
            return distribution
        # TFP knows how to save the first of the two and not the second.
        first_action = self._first_action()
        shifted = functools.partial(ShiftedCategorical, shift=first_action)
        categorical = shifted if np.any(first_action) else tfd.Categorical
        return categorical(logits=distribution.logits_parameter(), dtype=self.action_spec.dtype)
