"""The parameter server of A3C: it owns the learner's state and applies the workers' gradients."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.learners import A2C, A2CGradients
from maxent_tf.seeds import as_seed
from maxent_tf.training.checkpoint import Checkpoints
from maxent_tf.training.compilation import called_alike, compiled
from maxent_tf.training.configuration import Configuration, learner_settings
from maxent_tf.training.history import History
from maxent_tf.training.loop import Counter, Interval, Pace, StateVariables
from maxent_tf.training.records import boundaries
from maxent_tf.training.result import check_finite
from maxent_tf.training.rollout import Episodes, no_episodes


class Job(NamedTuple):
    """What is to be trained, and for how long; the same for the server and all workers.

    Attributes:
      learner: The learner.
      env: An in-graph environment, or a Gymnasium id.
      num_steps: The number of steps that each learner takes, over all workers.
      seed: [2], int32, in NumPy, the seed of the run.
      num_workers: The number of workers.
      num_envs: The number of environments of each learner in each worker.
      records: The number of points of history to keep.
      max_staleness: The staleness above which gradients are dropped; None drops none.
      checkpoint_dir: The directory of the checkpoints.
    """

    learner: A2C
    env: Any
    num_steps: int
    seed: np.ndarray
    num_workers: int
    num_envs: int
    records: int
    max_staleness: int | None
    checkpoint_dir: str


class Weights(NamedTuple):
    """Everything that a worker needs to act and to compute gradients, in NumPy.

    Attributes:
      start: An identifier of the server's process. Gradients of weights from an earlier process of
        the server are not applied, because that server may have been ahead of its last checkpoint.
      version: The number of updates that the weights have had.
      deliveries: The number of rollouts that all workers have delivered.
      state: The state of the learner without the states of its optimisers.
    """

    start: int
    version: int
    deliveries: int
    state: Any


class Progress(NamedTuple):
    """The progress of a run.

    Attributes:
      delivered: [W], int64, the number of rollouts that each worker has delivered.
      done: Whether the run has ended.
      error: The error that ended the run, if any.
    """

    delivered: np.ndarray
    done: bool
    error: Exception | None


class ParameterServer:
    """The owner of parameters, optimisers and temperature; one method call at a time.

    The server writes a checkpoint at every record, and a new server goes on from the last one. An
    error ends the run, and is a part of its `Progress`: an error that a method raised would reach
    the worker that called it, and Ray would replace one that `__init__` raised.

    Args:
      job: The job.
    """

    def __init__(self, job: Job):
        self._job = job
        self._start = time.time_ns()
        self._error: Exception | None = None
        self._delivered = np.zeros(job.num_workers, np.int64)
        self._attempts = np.zeros(job.num_workers, np.int64)
        try:
            self._open(job)
        except Exception as error:  # of any kind: see above
            self._error = error

    def join(self, worker: int, attempt: int) -> Weights | None:
        """Returns the present weights to a worker that begins; None if the run has ended.

        Args:
          worker: The number of the worker.
          attempt: How often the worker was started before.
        """
        self._attempts[worker] = attempt
        return None if self._done else self._weights_now

    def deliver(
        self, worker: int, weights: tuple[int, int], gradients: A2CGradients, episodes: Episodes
    ) -> Weights | None:
        """Applies gradients, and returns the new weights; None if the run has ended.

        Args:
          worker: The number of the worker.
          weights: The `start` and the `version` of the weights that the gradients are of.
          gradients: The gradients of one rollout, in NumPy.
          episodes: The episodes that ended in that rollout, in NumPy.
        """
        if self._done:
            return None
        start, version = weights
        if start == self._start:
            try:
                self._take_in(worker, version, gradients, episodes)
            except Exception as error:  # of any kind: see above
                self._error = error
        return None if self._done else self._weights_now

    def progress(self) -> Progress:
        """Returns the progress of the run."""
        return Progress(self._delivered, self._done, self._error)

    def result(self) -> tuple[Any, dict[str, np.ndarray], int, int]:
        """Returns the state in NumPy, the history, the steps of each learner, and the updates."""
        state = _numpy(self._state.read())
        steps = self._deliveries.value * self._steps
        return state, self._history.arrays(), steps, self._version.value

    def _open(self, job: Job) -> None:
        learner = job.learner
        # As in `train`: one worker then makes the same run as `train`.
        init_seed = draws.split(as_seed(tf.constant(job.seed)), 4)[0]
        self._state = StateVariables(learner.init(init_seed))
        self._version, self._deliveries = Counter(), Counter()
        self._history = History()

        def apply(gradients: A2CGradients) -> tf.Tensor:
            updated = learner.apply_gradients(self._state.read(), gradients)
            self._state.write(updated.state)
            return tf.stack(tf.nest.flatten(updated.metrics))

        # Not a method: Ray gives every method of an actor one more argument.
        self._apply = called_alike(compiled(apply, "auto", auto="graph"), "the update")
        configuration = Configuration(
            {
                **learner_settings(learner),
                "seed": job.seed,
                "num_envs": job.num_envs,
                "num_workers": job.num_workers,
                "max_staleness": job.max_staleness,
                "world": job.env,
            }
        )
        kept = {
            "learner": self._state,
            "history": self._history,
            "version": self._version,
            "deliveries": self._deliveries,
        }
        self._checkpoints = Checkpoints(job.checkpoint_dir, kept, configuration)
        self._checkpoints.restore()
        pace = Pace.of(learner.experience, job.num_envs)
        self._steps = pace.steps
        total = pace.iterations(job.num_steps)
        self._ends = list(boundaries(self._deliveries.value, total, job.records))
        self._weights_now = self._weights()
        self._begin_record()

    @property
    def _done(self) -> bool:
        return self._error is not None or not self._ends

    def _take_in(
        self, worker: int, version: int, gradients: A2CGradients, episodes: Episodes
    ) -> None:
        self._deliveries.value += 1
        self._delivered[worker] += 1
        self._tally.episodes = Episodes(*map(np.add, self._tally.episodes, episodes))
        stale = self._version.value - version
        if self._job.max_staleness is not None and stale > self._job.max_staleness:
            self._tally.dropped += 1
        else:
            self._update(gradients, stale)
        if self._deliveries.value == self._ends[0]:
            self._record()

    def _update(self, gradients: A2CGradients, stale: int) -> None:
        metrics = self._apply(tf.nest.map_structure(tf.constant, gradients)).numpy()
        self._version.value += 1
        weights, learner = self._weights(), self._job.learner
        measured = {**dict(zip(learner.metric_names, metrics, strict=True)), "state": weights.state}
        check_finite(measured, learner.batch_shape, weights.version, self._last_good)
        self._weights_now = weights
        self._tally.sums = self._tally.sums + metrics
        self._tally.staleness.append(stale)
        self._tally.bytes += _size(gradients) + _size(weights.state)

    def _weights(self) -> Weights:
        state = self._state.read()._replace(actor_optimizer=(), critic_optimizer=())
        return Weights(self._start, self._version.value, self._deliveries.value, _numpy(state))

    def _begin_record(self) -> None:
        self._last_good = _numpy(self._state.read())
        self._tally = _Tally(self._job.learner, self._delivered)

    def _record(self) -> None:
        del self._ends[0]
        names, tally = self._job.learner.metric_names, self._tally
        delivered = (self._delivered - tally.delivered) * self._steps
        seconds = time.perf_counter() - tally.began
        earlier = self._history.rows[-1]["worker_steps"] if self._history.rows else 0
        updates = len(tally.staleness) or np.nan
        metrics = {
            **dict(zip(names, tally.sums / updates, strict=True)),
            "staleness": np.float32(np.sum(tally.staleness) / updates),
            "largest_staleness": np.float32(max(tally.staleness, default=np.nan)),
            "dropped": np.int64(tally.dropped),
            "bytes_per_update": np.float32(tally.bytes / updates),
            "worker_steps": earlier + delivered,
            "worker_steps_per_second": (delivered / seconds).astype(np.float32),
            "worker_restarts": self._attempts.copy(),
        }
        steps = self._deliveries.value * self._steps
        self._history.add(steps, Interval(metrics, tally.episodes))
        self._checkpoints.save(steps)
        self._begin_record()


class _Tally:
    """What has happened since the last record."""

    def __init__(self, learner: A2C, delivered: np.ndarray):
        self.sums = np.zeros((len(learner.metric_names), *learner.batch_shape), np.float32)
        self.episodes = Episodes(*map(np.asarray, no_episodes(learner.batch_shape)))
        self.staleness: list[int] = []
        self.dropped = 0
        self.bytes = 0
        self.began = time.perf_counter()
        self.delivered = delivered.copy()


def _numpy(structure: Any) -> Any:
    return tf.nest.map_structure(lambda x: x.numpy(), structure)


def _size(structure: Any) -> int:
    """Returns the number of bytes in a structure of arrays."""
    return sum(np.asarray(x).nbytes for x in tf.nest.flatten(structure))
