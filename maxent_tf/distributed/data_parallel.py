"""Data-parallel updates: every replica of a `tf.distribute` strategy learns from a part of a batch.

Pseudocode of an update, for every replica by itself:

1. Take the state of the learner, which is the same for all replicas, and a part of the batch.
2. Make the learner's own update. Wherever it takes a mean over the batch, average over the samples
   of all replicas: gradients before they are clipped, the moments of the advantages, the metrics.

So all replicas arrive at the same new state: that of one update of the learner on the whole batch.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from maxent_tf.learners import A2C, PPO, SAC, Learner
from maxent_tf.replicas import Replicas, num_processes, of_each
from maxent_tf.seeds import as_seed
from maxent_tf.types import Acted, Transition, Updated

# For another process, which may still be collecting its experience or compiling. No wait is without
# a limit.
_LIMIT_SECONDS = 600.0
# Two processes with unequal states differ by more; their rounding does not make them differ so.
_TOLERANCE = 1e-3


def data_parallel(learner: Learner, strategy: tf.distribute.Strategy) -> Learner:
    """Returns a learner whose updates are divided among the replicas of a strategy.

    Every update is that of `learner` on the whole batch, up to rounding, whatever the number of
    replicas. The state is that of `learner`, too: either of the two can go on from what the other
    has learned, evaluate it and load its checkpoints. `train` takes the result like any learner,
    with any environment. XLA compiles programs for one device: `compile="xla"` is refused.

    Within one process, `tf.distribute.MirroredStrategy` divides the environments, or the
    transitions of a minibatch, evenly among its devices.

    With `tf.distribute.MultiWorkerMirroredStrategy`, every process runs the same program. The batch
    of an update is that of all processes together, in the order of their numbers. Every process
    must begin with the same state, have the same number of environments and make the same number of
    updates. Give each of them a seed of its own, from which its environments and its actions
    follow; what all draw together, such as minibatches, follows from the seed of process 0::

        strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before anything else
        learner = mx.learners.PPO(spec)
        result = mx.train(
            distributed.data_parallel(learner, strategy), env, num_steps,
            seed=strategy.cluster_resolver.task_id, state=learner.init(0),
        )

    If a process dies, the update in the others raises `tf.errors.UnavailableError`, which names it.
    Start all processes again; with a `checkpoint_dir` of its own, each goes on from there.

    Args:
      learner: An `A2C`, a `PPO` or a `SAC`. Wrap the result if need be, not the learner: wrappers
        go with a strategy of one process.
      strategy: The strategy.

    Raises:
      TypeError: If the learner or the strategy is of another kind.

    References:
      P. Goyal et al. (2017), "Accurate, large minibatch SGD: training ImageNet in 1 hour",
      section 3, https://arxiv.org/abs/1706.02677
    """
    if getattr(type(learner), "update", None) not in (A2C.update, PPO.update, SAC.update):
        raise TypeError(
            f"learner must be an A2C, a PPO or a SAC, not {type(learner).__name__}: the updates of "
            "other learners are not written for several replicas. To wrap one of the three, wrap "
            "what data_parallel returns."
        )
    kinds = (tf.distribute.MirroredStrategy, tf.distribute.MultiWorkerMirroredStrategy)
    if not isinstance(strategy, kinds):
        raise TypeError(
            "strategy must be a tf.distribute.MirroredStrategy or a "
            f"tf.distribute.MultiWorkerMirroredStrategy, not {strategy!r}."
        )
    return DataParallel(learner, strategy)


class DataParallel(Learner):
    """A learner whose updates are divided among replicas; see `data_parallel`.

    Attributes:
      learner: The learner inside, which acts, and whose state and update this learner has.
    """

    def __init__(self, learner: Any, strategy: tf.distribute.Strategy):
        self.learner = learner
        self.strategy = strategy
        self.spec = learner.spec
        self.batch_shape = learner.batch_shape
        self.experience = learner.experience
        self.metric_names = learner.metric_names
        self.discount = learner.discount

    def init(self, seed: Any) -> Any:
        """Returns a fresh state of the learner inside."""
        return self.learner.init(seed)

    def policy(self, state: Any, observation: Any, carry: Any = None) -> Any:
        """Returns the action distribution of the learner inside."""
        given = () if carry is None else (carry,)
        return self.learner.policy(state, observation, *given)

    def initial_carry(self, num_envs: Any) -> Any:
        """Returns the initial carry of the learner inside."""
        return self.learner.initial_carry(num_envs)

    def act(
        self,
        state: Any,
        carry: Any,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Lets the learner inside act, on one device."""
        return self.learner.act(state, carry, observation, seed=seed, explore=explore, world=world)

    def with_alpha(self, state: Any, alpha: Any) -> Any:
        """Sets the temperature of the learner inside."""
        return self.learner.with_alpha(state, alpha)

    def update(self, state: Any, batch: Transition, *, seed: Any, weight: Any = None) -> Updated:
        """Makes the update of the learner inside on the batch of all replicas.

        Args:
          state: The state of the learner inside, the same in every process.
          batch: The batch of this process, as the learner inside takes it; the number B of its
            environments, or transitions, is a multiple of the number of devices.
          seed: An integer, or a seed of shape [2], int32. That of process 0 counts.
          weight: As the learner inside takes it, for the transitions of this process.

        Returns:
          The new state and the metrics, which are the same in every process, and the errors of the
          transitions of this process, if the learner inside measures any.

        Raises:
          ValueError: If the transitions cannot be divided evenly.
        """
        alone, seed = num_processes(self.strategy) == 1, as_seed(seed)
        replicas = Replicas(self.strategy, timeout=None if alone else _LIMIT_SECONDS)
        size = batch.reward.shape[-1]
        if size % replicas.here:
            raise ValueError(
                f"the {size} environments, or transitions of a minibatch, must be a multiple of "
                f"the {replicas.here} devices of the strategy: change num_envs or batch_size."
            )
        batches = _parts(batch, replicas.here, axis=len(batch.reward.shape) - 1)
        weights: list[Any] = [None] * replicas.here
        if weight is not None:
            weights = _parts(weight, replicas.here, axis=-1)

        def update(place: int) -> Updated:
            agreed = seed if alone else _agreed(state, size, seed)
            return self.learner.update(state, batches[place], seed=agreed, weight=weights[place])

        updates = replicas.run(update)
        errors = [updated.error for updated in updates]
        error = tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=-1), *errors)
        return updates[0]._replace(error=error)


def _parts(structure: Any, count: int, axis: int) -> list[Any]:
    """Divides a structure of tensors evenly along an axis."""
    divided = [tf.split(x, count, axis) for x in tf.nest.flatten(structure)]
    return [tf.nest.pack_sequence_as(structure, parts) for parts in zip(*divided, strict=True)]


def _agreed(state: Any, size: int, seed: tf.Tensor) -> tf.Tensor:
    """Returns the seed of process 0, [2], and asserts that the processes can learn together.

    They must have equally many environments and the same state. Of the state, all counters are
    compared, and the first number of every other tensor: of two states that were drawn or trained
    apart, hardly one of these is the same.
    """
    leaves = tf.nest.flatten(state)
    counters = [tf.cast(tf.reshape(x, [-1]), tf.int32) for x in leaves if x.dtype.is_integer]
    numbers = tf.stack(
        [tf.cast(tf.reshape(x, [-1])[0], tf.float32) for x in leaves if x.dtype.is_floating]
    )
    counted = tf.concat([[size], seed, *counters], axis=0)
    all_counted, all_numbers = of_each(counted), of_each(numbers)
    sizes, seeds, all_counters = tf.split(all_counted, [1, 2, -1], axis=1)
    unequal = tf.abs(all_numbers - all_numbers[0]) > _TOLERANCE * (1 + tf.abs(all_numbers[0]))
    checks = [
        tf.debugging.assert_equal(
            sizes,
            sizes[:1],
            "num_envs, or the batch size of SAC, must be the same in every process.",
        ),
        tf.debugging.Assert(
            tf.reduce_all(all_counters == all_counters[0]) & ~tf.reduce_any(unequal),
            [
                "the states of the processes differ: pass the same `state` to `train` in every "
                "process, or let all go on from checkpoints of the same number of steps."
            ],
        ),
    ]
    with tf.control_dependencies([x for x in checks if x is not None]):
        return tf.identity(seeds[0])
