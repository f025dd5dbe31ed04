"""The structures that flow between worlds, learners and training loops.

Shape letters, here and everywhere in the package:

- `P`: the batch shape of a learner, as in a TFP distribution's `batch_shape`. `[]` is one learner.
- `B`: a minibatch, or the parallel worlds of one learner. `T`: time, always the first axis.
- `A`: the number of discrete actions. `K`: the parts of an action that is several discrete ones.
- `D`: the dimension of a continuous action.
- `O`: the shape of one observation; one of several parts is a dict of tensors, each with a shape of
  its own. `S`: the number of states of a finite world.

All are NamedTuples of tensors, so that `tf.nest`, `tf.while_loop` and XLA see through them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

__all__ = ["Acted", "Metrics", "TimeStep", "Transition", "Updated", "transition_spec"]


class TimeStep(NamedTuple):
    """What a world shows after a reset or a step, in Gymnasium's words.

    Attributes:
      observation: [*batch, *O], or a dict of such.
      reward: [*batch], float32, of the step that led here; 0 after a reset.
      terminated: [*batch], bool. The episode ended and nothing follows: the value here is 0.
      truncated: [*batch], bool. The episode was cut (a time limit) and the value here is not 0.
    """

    observation: Any
    reward: tf.Tensor
    terminated: tf.Tensor
    truncated: tf.Tensor


class Transition(NamedTuple):
    """One step of experience, or with a leading time axis a trajectory.

    Attributes:
      observation: [*batch, *O], where the action was chosen.
      action: [*batch] int32 (discrete), [*batch, K] int32 (several at once) or [*batch, D] float32
        (continuous).
      reward: [*batch], float32.
      next_observation: [*batch, *O], where the action led: at the end of an episode its final
        observation, never the first of the next one.
      terminated: [*batch], bool: see `TimeStep`.
      truncated: [*batch], bool: see `TimeStep`.
      valid: [*batch], bool. False marks a placeholder to be left out of every average, such as the
        call in which a Gymnasium vector environment only resets.
      extras: what the learner that acted knew when it did, see `Acted`; () for nothing.
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
    """What a learner answers to an observation.

    Attributes:
      action: [*P, B, ...], as in a `Transition`.
      carry: what the learner takes along to the next step of the same episode, such as a memory:
        tensors [*P, B, ...] in any structure; () for nothing.
      extras: what learning needs to know of this act, such as the probability of the action or the
        memory that the learner acted from: tensors [*P, B, ...] in any structure; () for nothing.
    """

    action: tf.Tensor
    carry: Any = ()
    extras: Any = ()


class Updated(NamedTuple):
    """What an update of a learner leaves behind.

    Attributes:
      state: the learners' state after it.
      metrics: its metrics, see `Metrics`.
      error: [*P, B], float32, the sizes of the transitions' errors, which prioritised replay goes
        by; () from learners that have none.
    """

    state: Any
    metrics: Any
    error: Any = ()


def transition_spec(observation: Any, action: Any, extras: Any = ()) -> Transition:
    """Returns what a transition is made of: at every leaf something with a shape and a dtype.

    Args:
      observation: the spec of one observation, or a dict of such.
      action: the spec of one action.
      extras: the specs of what the learner knew, in its structure.
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
