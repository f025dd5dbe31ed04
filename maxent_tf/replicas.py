"""The replicas of a data-parallel update, and the numbers that they exchange.

`distributed.data_parallel` makes one update in several *replicas*. Each replica has the whole state
of the learner and its own part of the batch, and they exchange what is a mean, a maximum or a draw
over the whole batch. Learners do so by the functions of this module. Outside of such an update
there is one replica: the functions then return what they are given, and add no operation.

Shapes: `P` is the batch shape of the learners, `T` the number of steps in time, 1 for transitions
without time, and `B` the number of environments, or of transitions, of one replica. The whole batch
has `R B` of them, those of the first of the `R` replicas first.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.axes import expand_like, merge_time, split_time


def num_processes(strategy: tf.distribute.Strategy | None) -> int:
    """Returns the number of processes among which a strategy, if there is one, divides updates."""
    if strategy is None:
        return 1
    return strategy.num_replicas_in_sync // len(strategy.extended.worker_devices)


class Replicas:
    """The replicas that make an update together, one for each device of a strategy.

    Args:
      strategy: The `tf.distribute` strategy.
      timeout: The number of seconds that a replica waits for those of other processes; None waits
        without a limit.

    Attributes:
      count: R, the number of replicas in all processes.
      here: The number of replicas in this process.
      options: How the replicas communicate.
    """

    def __init__(self, strategy: tf.distribute.Strategy, timeout: float | None = None):
        self.count = strategy.num_replicas_in_sync
        self.here = len(strategy.extended.worker_devices)
        self.options = tf.distribute.experimental.CommunicationOptions(timeout_seconds=timeout)
        self._strategy = strategy
        # For each replica of this process: the loop that it has come to, and what came out of it.
        self._loops: list[Any] = [None] * self.here

    def run(self, function: Callable[[int], Any]) -> list[Any]:
        """Calls a function in every replica of this process, and returns the results.

        Args:
          function: A function from the place of a replica among those of this process to a
            structure of tensors, the same structure in each.
        """
        structures: list[Any] = [None] * self.here

        def call() -> list[tf.Tensor]:
            index = int(tf.get_static_value(_context().replica_id_in_sync_group))
            place = index % self.here
            token = _current.set(_Replica(index, place, self))
            try:
                structures[place] = function(place)
            finally:
                _current.reset(token)
            # New tensors: what is the same object in all replicas would come back only once.
            return [tf.identity(x) for x in tf.nest.flatten(structures[place])]

        results = self._strategy.run(call)
        leaves = zip(*map(self._strategy.experimental_local_results, results), strict=True)
        return [tf.nest.pack_sequence_as(*each) for each in zip(structures, leaves, strict=True)]

    def loop(
        self, place: int, num: int, body: Callable[..., Any], state: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Makes the loop of `repeat` for all replicas at once; each of them calls this method.

        TensorFlow cannot exchange anything inside a loop of one replica's own.
        """

        def step(k: tf.Tensor, states: list[Any]) -> tuple[tf.Tensor, list[Any]]:
            return k + 1, self.run(lambda place: self._loops[place][0](k, *states[place]))

        def together(_: tf.distribute.Strategy) -> None:
            states = [state for _, state in self._loops]
            _, self._loops = tf.while_loop(lambda k, _: k < num, step, (0, states))

        self._loops[place] = body, state
        _context().merge_call(together)
        return self._loops[place]


@dataclass(frozen=True)
class _Replica:
    """One of the replicas of an update.

    Attributes:
      index: The place of the replica among all replicas, from 0.
      place: The place of the replica among those of this process, from 0.
      group: All replicas.
    """

    index: int
    place: int
    group: Replicas


_current: contextvars.ContextVar[_Replica | None] = contextvars.ContextVar("replica", default=None)


def _context() -> Any:
    return tf.distribute.get_replica_context()


def count() -> int:
    """Returns R, the number of replicas of the present update; 1 outside of a replica."""
    replica = _current.get()
    return 1 if replica is None else replica.group.count


def mean(means: Any, valid: tf.Tensor | None = None) -> Any:
    r"""Returns means over the whole batch.

    .. math:: \bar x = \sum_r n_r \bar x_r \Big/ \sum_r n_r

    A mean of the means would be wrong: replicas may have unequal numbers n_r of valid samples.

    Args:
      means: A structure of tensors [*P, ...], float32: means over the replica's own samples, or
        gradients of such means.
      valid: [*P, N], bool, which samples the means are over; None if they are over all samples, of
        which every replica then has the same number.
    """
    replica = _current.get()
    if replica is None:
        return means
    # The gradient of an embedding may be sparse.
    means = tf.nest.map_structure(tf.convert_to_tensor, means)
    if valid is None:
        return tf.nest.map_structure(lambda x: x / replica.group.count, _sum(replica, means))
    own = tf.reduce_sum(tf.cast(valid, tf.float32), axis=-1)
    weighted = tf.nest.map_structure(lambda x: x * expand_like(own, x), means)
    sums, number = _sum(replica, (weighted, own))
    number = tf.maximum(number, 1)
    return tf.nest.map_structure(lambda x: x / expand_like(number, x), sums)


def _sum(replica: _Replica, structure: Any) -> Any:
    """Returns the sums over replicas of a structure of tensors of one dtype."""
    leaves = tf.nest.flatten(structure)
    # One message for all of them: to send a message takes longer than what is in it.
    flat = tf.concat([tf.reshape(x, [-1]) for x in leaves], axis=0)
    flat = _context().all_reduce("SUM", flat, options=replica.group.options)
    parts = tf.split(flat, [x.shape.num_elements() for x in leaves])
    shaped = [tf.reshape(part, x.shape) for part, x in zip(parts, leaves, strict=True)]
    return tf.nest.pack_sequence_as(structure, shaped)


def moments(
    mean: tf.Tensor, variance: tf.Tensor, largest: tf.Tensor, valid: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    r"""Returns the mean, the variance and the maximum of the whole batch.

    .. math::
       \mu = \sum_r w_r \mu_r, \quad \sigma^2 = \sum_r w_r (\sigma_r^2 + (\mu_r - \mu)^2), \quad
       w_r = n_r \Big/ \sum_s n_s

    Args:
      mean: [*P], float32, the mean of the replica's own valid samples.
      variance: [*P], float32, their variance.
      largest: [*P], float32, the maximum of any quantity.
      valid: [*P, N], bool, which samples these are.
    """
    if _current.get() is None:
        return mean, variance, largest
    number = tf.reduce_sum(tf.cast(valid, tf.float32), axis=-1)
    each = of_each(tf.stack([number, mean, variance, largest]))
    number, means, variances, maxima = tf.unstack(each, axis=1)
    share = number / tf.maximum(tf.reduce_sum(number, axis=0), 1)
    mean = tf.reduce_sum(share * means, axis=0)
    variance = tf.reduce_sum(share * (variances + (means - mean) ** 2), axis=0)
    return mean, variance, tf.reduce_max(maxima, axis=0)


def of_each(x: tf.Tensor) -> tf.Tensor:
    """Returns the values that the replicas have, in their order: [...] -> [R, ...]."""
    replica = _current.get()
    if replica is None:
        return x[None]
    gathered = _context().all_gather(x[None], axis=0, options=replica.group.options)
    return tf.ensure_shape(gathered, [replica.group.count, *x.shape])


def own_rows(rows: tf.Tensor, size: int) -> tf.Tensor:
    """Returns which rows of the whole batch are this replica's, as rows of its own part.

    Args:
      rows: [N], int32, rows among the T R B of the whole batch, with time before environments.
      size: B.

    Returns:
      Rows among the T B of the replica, in the same order, [n], int32. Replicas differ in n.
    """
    replica = _current.get()
    if replica is None:
        return rows
    time, place = rows // (replica.group.count * size), rows % (replica.group.count * size)
    return tf.boolean_mask(time * size + place % size, place // size == replica.index)


def own_seed(seed: tf.Tensor) -> tf.Tensor:
    """Returns a seed of the replica's own, [2], for what every replica draws for itself."""
    replica = _current.get()
    return seed if replica is None else draws.fold_in(seed, replica.index)


def drawn(draw: Callable[[Any], Any], policy: Any, batch_ndims: int, length: int = 1) -> Any:
    """Returns the part of a draw for the whole batch that is this replica's.

    The replica draws for the whole batch, as if the others had the policy that this one has, and
    keeps its own part. So the noise is that of one device, whatever the number of replicas.

    Args:
      draw: A function from a policy to a structure of tensors [*P, T B, ...], which draws by the
        same seed in all replicas.
      policy: The policy at the replica's own steps, of batch shape [*P, T B], a composite tensor.
      batch_ndims: The rank of P.
      length: T.
    """
    replica = _current.get()
    if replica is None:
        return draw(policy)
    axis = batch_ndims + 1

    def repeated(x: tf.Tensor) -> tf.Tensor:
        apart = split_time(x, batch_ndims, length)
        return merge_time(tf.concat([apart] * replica.group.count, axis), batch_ndims)

    def own(x: tf.Tensor) -> tf.Tensor:
        apart = split_time(x, batch_ndims, length)
        parts = tf.split(apart, replica.group.count, axis)
        return merge_time(parts[replica.index], batch_ndims)

    whole = tf.nest.map_structure(repeated, policy, expand_composites=True)
    return tf.nest.map_structure(own, draw(whole))


def repeat(num: int, body: Callable[..., Any], state: tuple[Any, ...]) -> tuple[Any, ...]:
    """Calls `state = body(k, *state)` for k = 0 .. `num` - 1, and returns the last state.

    This is `tf.while_loop`, except that replicas can exchange numbers in the body.

    Args:
      num: The number of calls.
      body: The function; k is an int32 scalar.
      state: A tuple of structures of tensors, whose shapes do not change.
    """
    replica = _current.get()
    if replica is not None:
        return replica.group.loop(replica.place, num, body, state)
    _, *state = tf.while_loop(
        lambda k, *_: k < num, lambda k, *state: (k + 1, *body(k, *state)), (0, *state)
    )
    return tuple(state)
