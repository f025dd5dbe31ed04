"""Learners of this package as TF-Agents policies."""

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

from maxent_tf.axes import select
from maxent_tf.bridges.tf_agents.specs import as_learners_have_it, environment_spec
from maxent_tf.learners import Learner, as_trained
from maxent_tf.learners.interface import extras_spec
from maxent_tf.training.loop import StateVariables
from maxent_tf.training.spaces import check_fits
from maxent_tf.training.states import check_state


class LearnerPolicy(TFPolicy):
    """The policy of a learner of this package, for TF-Agents' drivers, metrics and `PolicySaver`.

    The distribution of continuous actions is a `SquashedGaussian`, with its exact entropy. The
    learner's carry, such as a recurrent state, is part of the policy state, and is reset where an
    episode begins. The seed of a learner that keeps a seed for several steps is part of the policy
    state, too. The extras, which the learner knew when it acted, are the policy info.

    Args:
      time_step_spec: The time step spec of the environment.
      action_spec: The action spec of the environment.
      learner: A learner with batch shape [].
      state: The state of the learner, which is copied to variables of the policy's own; or
        `StateVariables` to share, so that the policy follows whoever writes to them. The statistics
        in the state of a learner that was trained on normalised observations do not change.
      greedy: Whether to act without exploring.

    Raises:
      ValueError: If the learner has a batch shape, the state belongs to another learner, or the
        learner was built for another environment.
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
        check_fits(learner.spec, environment_spec(time_step_spec, action_spec))
        self._state = state if isinstance(state, StateVariables) else StateVariables(state)
        self._learner = as_trained(learner, self._state.read())
        check_state(self._learner, self._state.read())
        self._greedy = greedy
        self._period = self._learner.experience.seed_period
        kept: dict[str, Any] = {}
        carry = self._learner.initial_carry(1)
        if tf.nest.flatten(carry):
            kept["carry"] = tf.nest.map_structure(
                lambda x: tf.TensorSpec(x.shape[1:], x.dtype), carry
            )
        if self._period > 1:
            # TF-Agents gives every part of a policy state the environments' axis.
            kept["seed"] = tf.TensorSpec([2], tf.int32)
            kept["age"] = tf.TensorSpec([], tf.int32)
        super().__init__(
            time_step_spec,
            action_spec,
            policy_state_spec=kept or (),
            info_spec=extras_spec(self._learner, self._state.read()),
            clip=False,  # actions lie within their bounds already
            automatic_state_reset=False,  # noise is kept across episodes' ends
        )

    def _distribution(self, time_step: TimeStep, policy_state: Any) -> PolicyStep:
        observation, carry = self._observed(time_step, policy_state)
        if self._greedy:
            step = self._step(observation, carry, policy_state, tf.zeros([2], tf.int32))
            return step._replace(action=tfd.Deterministic(step.action))
        given = (carry,) if tf.nest.flatten(carry) else ()
        distribution = self._learner.policy(self._state.read(), observation, *given)
        step = self._step(observation, carry, policy_state, tf.zeros([2], tf.int32))
        # The info is that of one draw: its structure must be that of every step.
        return step._replace(action=self._as_the_world_has_it(distribution))

    def _action(self, time_step: TimeStep, policy_state: Any, seed: Any = None) -> PolicyStep:
        observation, carry = self._observed(time_step, policy_state)
        # As everywhere in TFP, an integer seeds a sequence of draws; our own distributions would
        # take it for the seed of a single one.
        seed = tfp.random.sanitize_seed(seed)
        if self._period > 1:
            age = policy_state["age"][0]
            seed = tf.where(age % self._period == 0, seed, policy_state["seed"][0])
        return self._step(observation, carry, policy_state, seed)

    def _observed(self, time_step: TimeStep, policy_state: Any) -> tuple[Any, Any]:
        """Returns what the learner observes, and the carry that it brought along."""
        observation = as_learners_have_it(
            time_step.observation, self._learner.spec.observation, self.time_step_spec.observation
        )
        is_first = time_step.is_first()
        carry = self._learner.initial_carry(tf.shape(is_first)[0])
        if "carry" in policy_state:
            carry = select(is_first, carry, policy_state["carry"])
        return observation, carry

    def _step(self, observation: Any, carry: Any, policy_state: Any, seed: tf.Tensor) -> PolicyStep:
        """Lets the learner act."""
        acted = self._learner.act(
            self._state.read(), carry, observation, seed=seed, explore=not self._greedy
        )
        kept: dict[str, Any] = {}
        if "carry" in policy_state:
            kept["carry"] = acted.carry
        if "seed" in policy_state:
            age = policy_state["age"]
            kept["seed"] = tf.broadcast_to(seed, tf.shape(policy_state["seed"]))
            kept["age"] = age + 1
        action = tf.cast(acted.action, self.action_spec.dtype) + self._first_action()
        return PolicyStep(action, kept or (), acted.extras)

    def _first_action(self) -> np.ndarray:
        """Returns the first value of each part of an action in the environment; 0 if continuous."""
        theirs = self.action_spec
        return np.zeros_like(theirs.minimum) if theirs.dtype.is_floating else theirs.minimum

    def _as_the_world_has_it(self, distribution: Any) -> Any:
        """Returns the distribution over actions in the environment's numbers and dtype."""
        if isinstance(distribution, tfd.Independent):
            return tfd.Independent(self._as_the_world_has_it(distribution.distribution), 1)
        if not isinstance(distribution, tfd.Categorical):
            return distribution
        # TFP knows how to save the first of the two and not the second.
        first_action = self._first_action()
        shifted = functools.partial(ShiftedCategorical, shift=first_action)
        categorical = shifted if np.any(first_action) else tfd.Categorical
        return categorical(logits=distribution.logits_parameter(), dtype=self.action_spec.dtype)
