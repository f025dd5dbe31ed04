"""A worker of A3C: it acts in environments of its own, and computes gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.distributed.server import Job
from maxent_tf.learners import A2CGradients, OnPolicy
from maxent_tf.training import rollout
from maxent_tf.training.compilation import called_alike, compiled
from maxent_tf.training.host import HostLoop
from maxent_tf.training.rollout import Episodes, RolloutState
from maxent_tf.types import Transition

# Delivers the gradients and the episodes of a rollout, both in NumPy; returns the state from which
# to go on, or None if the run has ended.
Deliver = Callable[[A2CGradients, Episodes], Any]


def seed_of_worker(job: Job, worker: int, deliveries: int) -> tf.Tensor:
    """Returns the seed of a worker that begins after `deliveries` rollouts of all workers.

    The first worker of a fresh run has the seed of the run itself: alone, it makes the run that
    `train` makes. A worker that is started again, or that goes on from a checkpoint, begins with
    other episodes than before.
    """
    seed = tf.constant(job.seed)
    if worker == 0 and deliveries == 0:
        return seed
    return draws.fold_in(draws.fold_in(seed, worker), deliveries)


def work(job: Job, seed: tf.Tensor, state: Any, deliver: Deliver) -> None:
    """Delivers the gradients of rollouts until the run has ended.

    Args:
      job: The job.
      seed: [2], int32, the seed of this worker.
      state: The state of the learner to begin from; the states of its optimisers may be missing.
      deliver: The function that delivers gradients.
    """
    if rollout.is_in_graph(job.env):
        _work_in_graph(job, seed, state, deliver)
    else:
        _work_on_host(job, seed, state, deliver)


def _work_in_graph(job: Job, seed: tf.Tensor, state: Any, deliver: Deliver) -> None:
    learner, env, experience = job.learner, job.env, job.learner.experience
    assert isinstance(experience, OnPolicy)
    # The seeds of the in-graph training loop.
    _, world_seed, _, run_seed = tf.unstack(draws.split(seed, 4))

    def program(state: Any, worlds: RolloutState, number: tf.Tensor) -> Any:
        collect_seed = draws.split(draws.fold_in(run_seed, number), 2)[0]
        first = number * experience.rollout_length
        worlds, trajectory, episodes = rollout.collect(
            learner, state, env, worlds, experience, collect_seed, run_seed, first
        )
        return worlds, learner.gradients(state, trajectory), episodes

    program = called_alike(compiled(program, "auto", auto="xla"), "the gradients")
    worlds = rollout.begin(learner, env, job.num_envs, world_seed)
    number = 0
    while state is not None:
        worlds, gradients, episodes = program(
            _tensors(state), worlds, tf.constant(np.int32(number))
        )
        state = deliver(_numpy(gradients), _numpy(episodes))
        number += 1


def _work_on_host(job: Job, seed: tf.Tensor, state: Any, deliver: Deliver) -> None:
    # Imported where it is needed: in-graph worlds do without Gymnasium.
    from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds

    learner = job.learner
    gradients_of = called_alike(compiled(learner.gradients, "auto", auto="graph"), "the gradients")
    done = False

    def learn(state: Any, trajectory: Transition) -> Any:
        nonlocal done
        new_state = deliver(_numpy(gradients_of(state, trajectory)), loop.take_episodes())
        done = new_state is None
        return state if done else new_state

    worlds = GymnasiumWorlds(job.env, math.prod(learner.batch_shape) * job.num_envs)
    try:
        loop = HostLoop(learner, worlds, seed, job.num_envs, "auto", state, learn)
        while not done:
            loop.advance(loop.iterations + 1)
    finally:
        worlds.close()


def _tensors(structure: Any) -> Any:
    return tf.nest.map_structure(tf.constant, structure)


def _numpy(structure: Any) -> Any:
    return tf.nest.map_structure(lambda x: x.numpy(), structure)
