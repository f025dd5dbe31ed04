"""The inputs of recurrent networks over several steps, and how the networks go through them.

Shapes: T steps of B environments come as one axis, T B, with time before environments. An ensemble
of E networks has its axis behind the learners' `P`; a single network has no such axis.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.axes import merge_time, select, split_time
from maxent_tf.networks import GRU
from maxent_tf.types import Transition


class Memory(NamedTuple):
    """The recurrent state that a learner takes along from step to step.

    Attributes:
      actor: [*P, B, H], float32, the recurrent state of the actor.
      critic: [*P, B, H], float32, that of the critic; [*P, B, E, H] for an ensemble of critics.
    """

    actor: tf.Tensor
    critic: tf.Tensor


class Sequence(NamedTuple):
    """The inputs of one recurrent network over several consecutive steps.

    Attributes:
      observed: [*P, T B, F], float32, the features of the observations; [*P, 1, T B, F] for an
        ensemble.
      memory: [*P, T B, H] or [*P, E, T B, H], the memory from which the learner acted at each step.
      is_first: [T, *P, B] or [T, *P, 1, B], bool, whether an episode begins at the step, within
        the sequence.
    """

    observed: tf.Tensor
    memory: tf.Tensor
    is_first: tf.Tensor


def first_steps(batch: Transition) -> tf.Tensor:
    """Returns where an episode begins within steps [T, *P, B, ...], as [T, *P, B], bool."""
    ended = batch.terminated | batch.truncated | ~batch.valid
    return tf.concat([tf.zeros_like(ended[:1]), ended[:-1]], axis=0)


def for_ensemble(observed: tf.Tensor, memory: tf.Tensor, is_first: tf.Tensor) -> Sequence:
    """Returns the sequence for an ensemble; `memory` is [*P, T B, E, H], as a carry has it."""
    return Sequence(observed[..., None, :, :], worlds_last(memory), is_first[..., None, :])


def worlds_last(memory: tf.Tensor) -> tf.Tensor:
    """Swaps the axes of environments and of an ensemble: [*P, B, E, H] <-> [*P, E, B, H]."""
    rank = memory.shape.rank
    return tf.transpose(memory, [*range(rank - 3), rank - 2, rank - 3, rank - 1])


def unrolled(network: GRU, params: Any, steps: Sequence) -> tf.Tensor:
    """Returns the memories after each step, in the shape of those before, through time."""
    return network.unroll(params, steps.memory, steps.observed, steps.is_first)


def burned_in(network: GRU, params: Any, steps: Sequence, burn_in: int) -> Sequence:
    """Returns all but the first steps, with a memory that the first steps serve to compute anew.

    A memory in the replay buffer was computed with the parameters of the time when it was stored.
    The network with the present parameters therefore goes through some steps from there before it
    learns from the rest (Kapturowski et al. 2019, section 3).

    Args:
      network: The recurrent network.
      params: The parameters of the network; no gradient flows into them from here.
      steps: The sequence of T steps.
      burn_in: The number of first steps that are left out, below T.
    """
    if not burn_in:
        return steps
    length, ndims = steps.is_first.shape[0], steps.is_first.shape.rank - 2

    def part(x: tf.Tensor, where: slice) -> tf.Tensor:
        return merge_time(split_time(x, x.shape.rank - 2, length)[where], x.shape.rank - 2)

    first, rest = (
        Sequence(part(steps.observed, where), part(steps.memory, where), steps.is_first[where])
        for where in (slice(burn_in), slice(burn_in, None))
    )
    after = split_time(unrolled(network, params, first), ndims, burn_in)[-1]
    stored = split_time(rest.memory, ndims, length - burn_in)
    begin = select(steps.is_first[burn_in], stored[0], after)
    memory = merge_time(tf.concat([begin[None], stored[1:]], axis=0), ndims)
    return rest._replace(memory=tf.stop_gradient(memory))
