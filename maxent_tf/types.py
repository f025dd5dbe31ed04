"""The structures that environments, learners and training loops exchange.

Shape letters, here and everywhere in the package:

- `P`: the batch shape of a learner, as in a TFP distribution's `batch_shape`. `[]` is one learner.
- `B`: the size of a minibatch, or the number of parallel environments of one learner. `T`: the
  number of steps in time, always the first axis.
- `A`: the number of discrete actions. `K`: the number of elements of an action that consists of
  several discrete ones.
- `D`: the dimension of a continuous action.
- `O`: the shape of one observation. An observation of several parts is a dict of tensors, each with
  its own shape. `S`: the number of states of a finite environment.

All structures are NamedTuples of tensors, which `tf.nest`, `tf.while_loop` and XLA understand.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

__all__ = ["Acted", "Metrics", "TimeStep", "Transition", "Updated", "transition_spec"]


class TimeStep(NamedTuple):
    """The result of a reset or a step of an environment, in Gymnasium's words.

    Attributes:
      observation: [*batch, *O], or a dict of such.
      reward: [*batch], float32, the reward of the step that led here; 0 after a reset.
      terminated: [*batch], bool, whether the episode ended and nothing follows: the value here is
        0.
      truncated: [*batch], bool, whether the episode was cut, for example by a time limit: the value
        here is not 0.
    """

    observation: Any
    reward: tf.Tensor
    terminated: tf.Tensor
    truncated: tf.Tensor


class Transition(NamedTuple):
    """One step of experience or, with a leading time axis, a trajectory.

    Attributes:
      observation: [*batch, *O], the observation in which the action was chosen.
      action: [*batch] int32 (discrete), [*batch, K] int32 (several at once) or [*batch, D] float32
        (continuous).
      reward: [*batch], float32.
      next_observation: [*batch, *O], the observation that the action led to. At the end of an
        episode it is the final observation, never the first of the next episode.
      terminated: [*batch], bool: see `TimeStep`.
      truncated: [*batch], bool: see `TimeStep`.
      valid: [*batch], bool. False marks a placeholder, which is left out of every average, such as
        the call in which a Gymnasium vector environment only resets.
      extras: What the learner knew when it acted, see `Acted`; () for nothing.
    """

    observation: Any
    action: tf.Tensor
    reward: tf.Tensor
    next_observation: Any
    terminated: tf.Tensor
    truncated: tf.Tensor
    valid: tf.Tensor
    extras: Any = ()


class Acted(NamedTuple):
    """The answer of a learner to an observation.

    Attributes:
      action: [*P, B, ...], as in a `Transition`.
      carry: What the learner takes along to the next step of the same episode, such as a recurrent
        state: tensors [*P, B, ...] in any structure; () for nothing.
      extras: What learning needs to know of this act, such as the probability of the action or the
        recurrent state from which the learner acted: tensors [*P, B, ...] in any structure; () for
        nothing.
    """

    action: tf.Tensor
    carry: Any = ()
    extras: Any = ()


class Updated(NamedTuple):
    """The result of an update of a learner.

    Attributes:
      state: The state of the learners after the update.
      metrics: The metrics of the update, see `Metrics`.
      error: [*P, B], float32, the absolute errors of the transitions, which determine their
        priorities in prioritised replay; () if the learner does not measure errors.
    """

    state: Any
    metrics: Any
    error: Any = ()


def transition_spec(observation: Any, action: Any, extras: Any = ()) -> Transition:
    """Returns the specs of the fields of a transition: every leaf has a shape and a dtype.

    Args:
      observation: The spec of one observation, or a dict of such.
      action: The spec of one action.
      extras: The specs of the extras, in their structure.
    """
    flag = tf.TensorSpec([], tf.bool)
    return Transition(
        observation=observation,
        action=action,
        reward=tf.TensorSpec([], tf.float32),
        next_observation=observation,
        terminated=flag,
        truncated=flag,
        valid=flag,
        extras=extras,
    )


#: A NamedTuple of tensors, one number for each learner, [*P]; every learner documents its own.
Metrics = Any
