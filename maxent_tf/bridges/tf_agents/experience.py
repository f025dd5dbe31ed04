"""Conversion of TF-Agents trajectories to the transitions with which learners are updated."""

from __future__ import annotations

import tensorflow as tf
from tf_agents.trajectories import StepType, Trajectory

from maxent_tf.bridges.tf_agents.specs import as_learners_have_it
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


def transitions(spec: EnvironmentSpec, experience: Trajectory, data_spec: Trajectory) -> Transition:
    """Returns the transitions between successive frames of a trajectory.

    A frame holds the action taken there and the reward that followed. The observation that the
    action led to is in the next frame. The pair of an episode's last frame and the first frame of
    the next episode is not `valid`.

    Args:
      spec: The specification of the environment that the learner acts in.
      experience: The trajectory, fields [B, T + 1, ...]; its discounts must be 0 or 1.
      data_spec: The spec of one frame, in tensors.

    Returns:
      The transitions, fields [T, B, ...].
    """
    frames = tf.nest.map_structure(_time_major, experience)
    tf.debugging.assert_equal(
        frames.discount * (1 - frames.discount),
        tf.zeros_like(frames.discount),
        "the environment's discounts must be 0 or 1: set the learner's own instead.",
    )
    observation = as_learners_have_it(frames.observation, spec.observation, data_spec.observation)
    action = as_learners_have_it(frames.action, spec.action, data_spec.action)
    valid = frames.step_type[:-1] != StepType.LAST
    # The pair across an episode's end counts for nothing, whatever the environment says of it.
    terminated = valid & (frames.discount[:-1] == 0)
    return Transition(
        observation=observation[:-1],
        action=action[:-1],
        reward=tf.where(valid, frames.reward[:-1], 0),
        next_observation=observation[1:],
        terminated=terminated,
        truncated=valid & (frames.next_step_type[:-1] == StepType.LAST) & ~terminated,
        valid=valid,
        extras=tf.nest.map_structure(lambda x: x[:-1], frames.policy_info),
    )


def only_valid(batch: Transition) -> Transition:
    """Replaces the transitions of a minibatch that are not valid by valid ones, in turn.

    Args:
      batch: The minibatch, fields [B, ...], of which at least one transition is valid.
    """
    count = tf.reduce_sum(tf.cast(batch.valid, tf.int32))
    checked = tf.debugging.assert_positive(
        count, "no frame of this minibatch is within an episode: sample more at once."
    )
    with tf.control_dependencies([checked] if checked is not None else []):
        first_valid = tf.argsort(tf.cast(~batch.valid, tf.int32), stable=True)
        rows = tf.range(tf.size(batch.valid))
        rows = tf.where(batch.valid, rows, tf.gather(first_valid, rows % count))
    return tf.nest.map_structure(lambda x: tf.gather(x, rows), batch)


def _time_major(x: tf.Tensor) -> tf.Tensor:
    return tf.transpose(x, [1, 0, *range(2, len(x.shape))])
