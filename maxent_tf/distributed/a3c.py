"""A3C: asynchronous workers compute the gradients of A2C, and a server applies them.

Pseudocode, for every worker by itself:

1. Take the server's present weights.
2. Act for T steps in B environments, and compute the gradients of A2C's losses.
3. Deliver the gradients. The server applies them to its weights at once, whatever other workers
   have changed in the meantime, and answers with its new weights. Go to 2.

The staleness of gradients is the number of updates that the server has made since it gave out the
weights that the gradients are of.

References:
  V. Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning", algorithm S3,
  https://arxiv.org/abs/1602.01783
"""

from __future__ import annotations

import pathlib
import tempfile
import time
import warnings
from typing import Any

import numpy as np
import ray
import tensorflow as tf
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from maxent_tf.checks import as_integer
from maxent_tf.distributed.cluster import ONE_THREAD, connected
from maxent_tf.distributed.server import Job, ParameterServer, Weights
from maxent_tf.distributed.worker import seed_of_worker, work
from maxent_tf.learners import A2C, A2CGradients
from maxent_tf.seeds import as_seed
from maxent_tf.training import TrainResult, gymnasium_spec
from maxent_tf.training.rollout import Episodes, is_in_graph
from maxent_tf.training.spaces import check_fits

# For one answer of the server, and between two deliveries. An answer takes milliseconds, but a
# process imports TensorFlow and compiles its programs first, on a busy machine for minutes.
_LIMIT_SECONDS = 600.0
# After so many failures of a worker without a delivery in between, the next one would fail, too.
_FAILURES = 3


def train_a3c(
    learner: A2C,
    env: Any,
    num_steps: int,
    seed: Any = 0,
    *,
    num_workers: int = 4,
    num_envs: int = 1,
    records: int = 100,
    address: str | None = None,
    max_staleness: int | None = None,
    checkpoint_dir: str | pathlib.Path | None = None,
) -> TrainResult:
    """Trains an `A2C` learner, or a batch of them, by asynchronous workers in processes of Ray.

    Each worker has its own environments. One server owns parameters, optimisers and temperature.
    With one worker, the run is that of `train` with the same arguments, up to rounding. With more,
    the order in which workers deliver depends on their speed, and no two runs are alike.

    Workers that fail or are killed are started again, as often as necessary. A worker that fails
    three times without delivering anything in between is set aside, and a warning names it. The
    server writes a checkpoint at every record; if the server is killed, a new one goes on from
    there. A call with the `checkpoint_dir` of an interrupted run goes on from its last checkpoint.

    Args:
      learner: The learner. For the method of the paper, give both of its optimisers as
        `optimizers.RMSProp`, which is the default of `A2CConfig`.
      env: One of `maxent_tf.environments`, or a Gymnasium id.
      num_steps: The number of steps that each learner takes, over all workers and environments. It
        is rounded up to whole rollouts.
      seed: An integer, or a seed of shape [2], int32.
      num_workers: The number of workers.
      num_envs: The number of environments of each learner in each worker.
      records: The number of points of history to keep, evenly spaced, and of checkpoints.
      address: The address of a Ray cluster, as `ray.init` takes it. None runs all processes on this
        machine, unless the caller is already connected to Ray.
      max_staleness: The staleness above which gradients are dropped; None drops none.
      checkpoint_dir: The directory of the checkpoints, on the machine of the caller; None keeps
        checkpoints only as long as the call runs.

    Returns:
      The final state and the history, see `TrainResult`. The history holds in addition, for every
      record: "staleness", the mean over updates; "largest_staleness"; "dropped", the number of
      gradients that were dropped since the last record; "bytes_per_update", the gradients' and the
      weights' bytes; and, [records, num_workers], "worker_steps", the steps that each learner took
      in that worker until then, "worker_steps_per_second" since the last record, and
      "worker_restarts", the number of times that the worker was started again.

    Raises:
      TypeError: If the learner is not an `A2C`, or `env` is not an environment.
      ValueError: If the environment does not fit the learner, or an argument is out of range.
      RuntimeError: If all workers were set aside, or if the server does not answer, or no worker
        delivers anything, for ten minutes.
      NonFiniteError: If a loss, a gradient or a parameter becomes NaN or infinite.
      CheckpointError: If a checkpoint cannot be written, none can be read, or `checkpoint_dir`
        belongs to another run.
    """
    started = time.perf_counter()
    if not isinstance(learner, A2C):
        raise TypeError(
            f"learner must be an A2C, not {type(learner).__name__}: A3C is A2C with asynchronous "
            "workers. Use maxent_tf.train for other learners."
        )
    if not is_in_graph(env) and not isinstance(env, str):
        raise TypeError(
            "env must be one of maxent_tf.environments or a Gymnasium id, of which every worker "
            f"can make environments of its own, not {env!r}."
        )
    check_fits(learner.spec, gymnasium_spec(env) if isinstance(env, str) else env.spec)
    if max_staleness is not None:
        as_integer("max_staleness", max_staleness, least=0)
    with tempfile.TemporaryDirectory() as scratch:
        job = Job(
            learner=learner,
            env=env,
            num_steps=as_integer("num_steps", num_steps),
            seed=as_seed(seed).numpy(),
            num_workers=as_integer("num_workers", num_workers),
            num_envs=as_integer("num_envs", num_envs),
            records=as_integer("records", records),
            max_staleness=max_staleness,
            checkpoint_dir=str(pathlib.Path(checkpoint_dir or scratch).absolute()),
        )
        with connected(address, num_workers):
            state, history, env_steps, updates = _Run(job).result()
    return TrainResult(
        state=tf.nest.map_structure(tf.constant, state),
        history=history,
        env_steps=env_steps,
        updates=updates,
        wall_time=time.perf_counter() - started,
    )


class _Run:
    """The processes of one run, and their supervision."""

    def __init__(self, job: Job):
        self._job = job
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._server = (
            ray.remote(ParameterServer)
            .options(num_cpus=0, max_restarts=-1, scheduling_strategy=here, runtime_env=ONE_THREAD)
            .remote(job)
        )
        self._job_ref = ray.put(job)
        self._workers: dict[Any, int] = {}
        self._attempts = [0] * job.num_workers
        # Per worker: the failures in a row, and what it had delivered at the first of them.
        self._failures = [(0, 0)] * job.num_workers

    def result(self) -> Any:
        """Supervises the run to its end, and returns what `ParameterServer.result` returns."""
        try:
            delivered = _asked(self._server.progress).delivered
            for worker in range(self._job.num_workers):
                self._begin(worker)
            last, changed = delivered, time.monotonic()
            while True:
                ended, _ = ray.wait(list(self._workers), timeout=0.2)
                progress = _asked(self._server.progress)
                if progress.error is not None:
                    raise progress.error
                if progress.done:
                    result = _asked(self._server.result)
                    # The next answer of the server ends them; they close their environments.
                    ray.wait(list(self._workers), num_returns=len(self._workers), timeout=10)
                    return result
                for ref in ended:
                    self._take_care_of(ref, progress.delivered)
                if not np.array_equal(progress.delivered, last):
                    last, changed = progress.delivered, time.monotonic()
                elif time.monotonic() - changed > _LIMIT_SECONDS:
                    raise RuntimeError(
                        f"no worker has delivered anything for {_LIMIT_SECONDS:.0f} s. Look "
                        "whether the cluster has a free core for a worker (`ray status`), and "
                        "whether a step of the environment can take so long."
                    )
        finally:
            for ref in self._workers:
                ray.cancel(ref, force=True)
            ray.kill(self._server)

    def _begin(self, worker: int) -> None:
        ref = _work.remote(self._job_ref, self._server, worker, self._attempts[worker])
        self._workers[ref] = worker
        self._attempts[worker] += 1

    def _take_care_of(self, ref: Any, delivered: np.ndarray) -> None:
        """Starts a worker that ended early again, or sets it aside."""
        worker = self._workers.pop(ref)
        try:
            ray.get(ref)
            return
        except ray.exceptions.RayError as error:
            failure = error
        count, before = self._failures[worker]
        count = count + 1 if delivered[worker] == before else 1
        self._failures[worker] = (count, int(delivered[worker]))
        if count < _FAILURES:
            self._begin(worker)
            return
        # The last line names the error; those before are where in the worker it was raised.
        reason = str(failure).strip().splitlines()[-1]
        if not self._workers:
            raise RuntimeError(
                f"all workers failed {_FAILURES} times without delivering anything in between; "
                f"the last error: {reason}"
            ) from failure
        warnings.warn(
            f"worker {worker} is set aside: it failed {_FAILURES} times without delivering "
            f"anything in between ({reason}). The other workers go on.",
            RuntimeWarning,
            stacklevel=2,
        )


@ray.remote(num_cpus=1, max_retries=0, runtime_env=ONE_THREAD)
def _work(job: Job, server: Any, worker: int, attempt: int) -> None:
    """The process of a worker."""
    weights: Weights | None = _asked(server.join, worker, attempt)
    if weights is None:
        return

    def deliver(gradients: A2CGradients, episodes: Episodes) -> Any:
        nonlocal weights
        assert weights is not None
        of = (weights.start, weights.version)
        try:
            weights = ray.get(
                server.deliver.remote(worker, of, gradients, episodes), timeout=_LIMIT_SECONDS
            )
        except ray.exceptions.RayActorError:
            # The server was killed, and perhaps the gradients with it. They must not be delivered
            # twice: go on from the weights of the new server.
            weights = _asked(server.join, worker, attempt)
        return None if weights is None else weights.state

    work(job, seed_of_worker(job, worker, weights.deliveries), weights.state, deliver)


def _asked(method: Any, *args: Any) -> Any:
    """Returns the answer of the server, which may have to be started again first."""
    deadline = time.monotonic() + _LIMIT_SECONDS
    while True:
        try:
            return ray.get(method.remote(*args), timeout=_LIMIT_SECONDS)
        except (ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError) as error:
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"the server of A3C could not be reached for {_LIMIT_SECONDS:.0f} s: {error}"
                ) from error
        time.sleep(0.5)
