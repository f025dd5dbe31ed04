"""Learners of this package as TF-Agents agents."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tf_agents.agents import TFAgent, data_converter
from tf_agents.agents.tf_agent import LossInfo
from tf_agents.trajectories import TimeStep, Trajectory

from maxent_tf import draws
from maxent_tf.bridges.tf_agents.experience import only_valid, transitions
from maxent_tf.bridges.tf_agents.policies import LearnerPolicy
from maxent_tf.learners import Learner, OnPolicy, Wrapper
from maxent_tf.seeds import as_seed
from maxent_tf.training.compilation import compiled
from maxent_tf.training.loop import StateVariables


class LearnerAgent(TFAgent):
    """A learner of this package behind TF-Agents' interface of an agent.

    `policy` acts greedily and `collect_policy` explores. `train` makes one update and returns the
    learner's metrics in `LossInfo.extra`. For an off-policy learner, `train` takes pairs of frames,
    [B, 2, ...], from a replay buffer; pairs across the end of an episode are replaced by others of
    the minibatch. For an on-policy learner, `train` takes all frames since the last update,
    [B, T + 1, ...], and learns from the T transitions between them. Every new T compiles another
    program.

    The caller decides how much is collected, stored and sampled: the learner's own rollout length,
    replay capacity, batch size and start of learning apply only to the loops of this package.

    Args:
      time_step_spec: The time step spec of the environment.
      action_spec: The action spec of the environment.
      learner: A learner with batch shape [], built for
        `environment_spec(time_step_spec, action_spec)`.
      seed: An integer, or a seed of shape [2], int32, for the initial state and all updates.
      train_step_counter: The variable that counts updates; None takes TensorFlow's global step.

    Raises:
      ValueError: If the learner has a batch shape, keeps statistics or learns from several
        consecutive steps although it learns from replay, has priorities, or was built for another
        environment.
    """

    def __init__(
        self,
        time_step_spec: TimeStep,
        action_spec: Any,
        learner: Learner,
        seed: Any = 0,
        train_step_counter: tf.Variable | None = None,
    ):
        experience = learner.experience
        if not isinstance(experience, OnPolicy):
            if _keeps_statistics(learner):
                raise ValueError(
                    "the learner's statistics would not change, because TF-Agents does not tell "
                    "which experience from replay is new: pass the learner inside, "
                    "learner.learner."
                )
            if experience.sequence_length > 1:
                raise ValueError(
                    f"the learner learns from {experience.sequence_length} steps in a row, but "
                    "pairs of frames from TF-Agents' replay hold one: build it with n_step=1 and "
                    "memory_size=0, or train it by maxent_tf.train."
                )
            if experience.priorities is not None:
                raise ValueError(
                    f"the learner's priorities={experience.priorities} are for our own replay: "
                    "build it with priorities=None, or train it by maxent_tf.train."
                )
        init_seed, self._seed = tf.unstack(draws.split(as_seed(seed), 2))
        self._learner = learner
        self._state = StateVariables(learner.init(init_seed))
        self._on_policy = isinstance(learner.experience, OnPolicy)
        policy, collect_policy = (
            LearnerPolicy(time_step_spec, action_spec, learner, self._state, greedy)
            for greedy in (True, False)
        )
        super().__init__(
            time_step_spec,
            action_spec,
            policy,
            collect_policy,
            train_sequence_length=None if self._on_policy else 2,
            train_step_counter=train_step_counter,
        )
        self._as_trajectory = data_converter.AsTrajectory(
            self.data_context, sequence_length=self.train_sequence_length
        )
        self._update = compiled(self._update_once, "graph", auto="graph")

    def _train(self, experience: Trajectory, weights: tf.Tensor | None = None) -> LossInfo:
        """Makes one update.

        Args:
          experience: The frames, as the class describes them.
          weights: Must be None.

        Returns:
          The sum of the learner's losses, and all its metrics.

        Raises:
          ValueError: If there are weights, or if the shape of `experience` does not fit.
          InvalidArgumentError: If a loss is not finite. The state is then left as it was.
        """
        if weights is not None:
            raise ValueError("weights must be None: our learners weigh all experience alike.")
        experience = self._as_trajectory(experience)
        length = experience.reward.shape[1]
        if length is None or length < 2:
            raise ValueError(
                f"experience must hold a static number of at least 2 frames, not {length}: the "
                "next observation is in the next frame. Gather frames outside of tf.function."
            )
        return self._update(experience)

    def _update_once(self, experience: Trajectory) -> LossInfo:
        batch = transitions(self._learner.spec, experience, self.collect_data_spec)
        if not self._on_policy:
            batch = only_valid(tf.nest.map_structure(lambda x: x[0], batch))
        seed = draws.fold_in(self._seed, tf.cast(self.train_step_counter, tf.int32))
        updated = self._learner.update(self._state.read(), batch, seed=seed)
        state, metrics = updated.state, updated.metrics
        if self._on_policy:
            state = self._learner.observe(state, batch)
        losses = [x for name, x in metrics._asdict().items() if name.endswith("loss")]
        loss = tf.debugging.check_numerics(tf.add_n(losses), "the loss is NaN or infinite")
        with tf.control_dependencies([loss]):
            self._state.write(state)
            self.train_step_counter.assign_add(1)
        return LossInfo(loss, metrics)


def _keeps_statistics(learner: Any) -> bool:
    """Returns whether a learner, or one inside of it, keeps statistics of fresh experience."""
    own = type(learner).observe not in (Learner.observe, Wrapper.observe)
    return own or (hasattr(learner, "learner") and _keeps_statistics(learner.learner))
