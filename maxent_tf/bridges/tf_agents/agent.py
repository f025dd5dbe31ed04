"""Our learners as TF-Agents agents."""

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
    """One of our learners behind TF-Agents' interface.

    `policy` acts greedily and `collect_policy` explores; `train` makes one update and returns the
    learner's metrics in `LossInfo.extra`. Off policy it takes pairs of frames, [B, 2, ...], from a
    replay buffer; pairs that lie across an episode's end are replaced by others of the minibatch.
    On policy it takes all frames since the last update, [B, T + 1, ...], and learns from the T
    transitions between them; every other T is another program to compile.

    How much is collected, stored and sampled, the caller decides: the learner's own rollout
    length, replay capacity, batch size and start of learning are for our loops.

    Args:
      time_step_spec: of the environment.
      action_spec: of the environment.
      learner: with batch shape [], built for `environment_spec(time_step_spec, action_spec)`.
      seed: an integer or [2], int32, for the initial state and all updates.
      train_step_counter: counts updates; None takes TensorFlow's global step.

    Raises:
      ValueError: if the learner has a batch shape, keeps statistics or learns from several steps in
        a row though it learns from replay, prefers some transitions, or was built for another
        world.
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
                    "the learner's statistics would stand still, since TF-Agents does not tell "
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
          experience: as the class says.
          weights: must be None.

        Returns:
          The sum of the learner's losses, and all its metrics.

        Raises:
          ValueError: if there are weights, or the shape of `experience` does not fit.
          InvalidArgumentError: if a loss is not finite; the state is then left as it was.
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
    """Whether a learner, or one inside of it, takes note of fresh experience."""
    own = type(learner).observe not in (Learner.observe, Wrapper.observe)
    return own or (hasattr(learner, "learner") and _keeps_statistics(learner.learner))
