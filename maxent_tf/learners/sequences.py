"""What recurrent networks take of several steps in a row, and how they go through them.

Shapes: T steps of B worlds come as one axis, T B, time before worlds. An ensemble of E networks has
its axis behind the learners' `P`; a single network has none.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.axes import merge_time, select, split_time
from maxent_tf.networks import GRU
from maxent_tf.types import Transition


class Memory(NamedTuple):
    """What a recurrent learner takes along from step to step.

    Attributes:
      actor: [*P, B, H], float32.
      critic: [*P, B, H], float32; of an ensemble of critics [*P, B, E, H].
    """

    actor: tf.Tensor
    critic: tf.Tensor


class Sequence(NamedTuple):
    """What one recurrent network takes of several steps in a row.

    Attributes:
      observed: [*P, T B, F], float32, the features of the observations; [*P, 1, T B, F] for an
        ensemble.
      memory: [*P, T B, H] or [*P, E, T B, H], the memory from which each step was acted.
      is_first: [T, *P, B] or [T, *P, 1, B], bool, where an episode begins within the steps.
    """

    observed: tf.Tensor
    memory: tf.Tensor
    is_first: tf.Tensor


def first_steps(batch: Transition) -> tf.Tensor:
    """Returns where an episode begins within steps [T, *P, B, ...]: [T, *P, B], bool."""
    ended = batch.terminated | batch.truncated | ~batch.valid
    return tf.concat([tf.zeros_like(ended[:1]), ended[:-1]], axis=0)


def for_ensemble(observed: tf.Tensor, memory: tf.Tensor, is_first: tf.Tensor) -> Sequence:
    """Returns the sequence for an ensemble, of memories [*P, T B, E, H] as worlds carry them."""
    return Sequence(observed[..., None, :, :], worlds_last(memory), is_first[..., None, :])


def worlds_last(memory: tf.Tensor) -> tf.Tensor:
    """Swaps the axes of worlds and of an ensemble: [*P, B, E, H] <-> [*P, E, B, H]."""
    rank = memory.shape.rank
    return tf.transpose(memory, [*range(rank - 3), rank - 2, rank - 3, rank - 1])


def unrolled(network: GRU, params: Any, steps: Sequence) -> tf.Tensor:
    """Returns the memories after each step, of the shape of those before, through time."""
    return network.unroll(params, steps.memory, steps.observed, steps.is_first)


def burned_in(network: GRU, params: Any, steps: Sequence, burn_in: int) -> Sequence:
    """Returns all but the first steps, which serve to make the memory after them anew.

    A memory in replay is of the parameters when it was stored. The present ones go through some
    steps from there before they learn (Kapturowski et al. 2019, section 3).

    Args:
      network: the recurrent network.
      params: of it; no gradient flows into them from here.
      steps: T of them.
      burn_in: how many come first, below T.
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
