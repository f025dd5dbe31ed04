"""A3C with real processes of Ray: what arrives, in which order, and what survives a kill."""

import os
import pathlib
import queue
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.optimizers import SGD

ray = pytest.importorskip("ray", reason="Ray is of the extra `ray`")

from maxent_tf.distributed import train_a3c  # noqa: E402
from maxent_tf.distributed.server import Job  # noqa: E402
from maxent_tf.distributed.worker import seed_of_worker, work  # noqa: E402

ENVS = "tests.distributed.gymnasium_envs"


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """One cluster for all tests, whose processes stay: each would import TensorFlow anew."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def learner(env: Any, batch_shape: tuple[int, ...] = (), **changes: Any) -> mx.learners.A2C:
    spec = mx.gymnasium_spec(env) if isinstance(env, str) else env.spec
    config = mx.learners.A2CConfig(**{"hidden_sizes": (8,), "rollout_length": 5, **changes})
    return mx.learners.A2C(spec, config, batch_shape)


def check_equal(ours: Any, theirs: Any) -> None:
    for a, b in zip(tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("env", ["in graph", f"{ENVS}:Corridor-v0"])
def test_one_worker_makes_the_run_of_train(env: Any) -> None:
    # Oracle: `train`, which acts and learns in turn.
    env = mx.environments.TwoGoalGrid() if env == "in graph" else env
    one = learner(env, (2,), alpha=np.float32([0.0, 0.1]), rollout_length=7)
    expected = mx.train(one, env, 420, seed=3, num_envs=2, records=5)
    result = train_a3c(one, env, 420, seed=3, num_workers=1, num_envs=2, records=5)
    check_equal(result.state, expected.state)
    assert (result.env_steps, result.updates) == (expected.env_steps, expected.updates)
    for name, values in expected.history.items():
        np.testing.assert_allclose(result.history[name], values, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(
        result.history["worker_steps"][:, 0], expected.history["env_steps"]
    )
    assert not result.history["largest_staleness"].any()


def replayed(one: mx.learners.A2C, env: Any, history: dict[str, np.ndarray], seed: int) -> Any:
    """Applies gradients in the order of a history with a record for each delivery, in one process.

    Every worker is a thread that waits until it is its turn.
    """
    steps = history["worker_steps"]
    turns = np.diff(steps, axis=0, prepend=np.zeros_like(steps[:1])).argmax(axis=-1)
    job = Job(one, env, 1, np.int32([0, seed]), steps.shape[1], 1, 1, None, "")
    states = [one.init(tf.unstack(mx.draws.split(job.seed, 4))[0])]
    gradients: list[queue.Queue] = [queue.Queue() for _ in range(job.num_workers)]
    weights: list[queue.Queue] = [queue.Queue() for _ in range(job.num_workers)]
    versions: dict[int, int] = {}
    threads = []
    for version, worker in enumerate(turns):
        if worker not in versions:
            # It joined when the server had the version that its first gradients are of.
            versions[worker] = joined = version - int(history["staleness"][version])

            def deliver(grads: Any, episodes: Any, worker: int = worker) -> Any:
                gradients[worker].put(tf.nest.map_structure(tf.constant, grads))
                return weights[worker].get()

            arguments = (job, seed_of_worker(job, worker, joined), states[joined], deliver)
            threads.append(threading.Thread(target=work, args=arguments))
            threads[-1].start()
        assert version - versions[worker] == history["staleness"][version]
        states.append(one.apply_gradients(states[-1], gradients[worker].get()).state)
        versions[worker] = version + 1
        if worker in turns[version + 1 :]:
            weights[worker].put(states[-1])
        else:
            weights[worker].put(None)
    for thread in threads:
        thread.join()
    return states[-1]


def test_gradients_in_a_logged_order_are_those_of_one_process() -> None:
    # Oracle: the same gradients, computed and applied in one process in the order that the history
    # shows. An update that was lost, doubled, or of other weights would show.
    env = mx.environments.TwoGoalGrid()
    # Slow enough that the second worker is there before the first has done it all.
    one = learner(env, (32,), hidden_sizes=(64, 64), rollout_length=40)
    updates = 200
    for seed in range(5, 10):  # on a busy machine it may be late nevertheless
        result = train_a3c(one, env, 40 * updates, seed=seed, num_workers=2, records=updates)
        if np.all(result.history["worker_steps"][-1] > 0):
            break
    assert result.history["largest_staleness"].max() > 0
    check_equal(result.state, replayed(one, env, result.history, seed))


def test_gradients_that_are_too_stale_are_dropped() -> None:
    # Oracle: with no staleness allowed, every applied gradient is of the newest weights; each
    # delivery is either applied or dropped.
    env = mx.environments.TwoGoalGrid()
    one = learner(env, (64,), hidden_sizes=(64, 64), rollout_length=40)
    result = train_a3c(one, env, 12_000, num_workers=2, records=30, max_staleness=0)
    history = result.history
    assert np.nanmax(history["largest_staleness"]) == 0
    assert history["dropped"].sum() > 0
    assert result.updates + history["dropped"].sum() == result.env_steps / 40


class Killer(threading.Thread):
    """Kills processes of Ray by SIGKILL, once a run has written a checkpoint.

    Args:
      title: The title that Ray gives to the processes.
      count: The number of processes to kill.
      directory: The directory of the run's checkpoints.
    """

    def __init__(self, title: str, count: int, directory: pathlib.Path):
        super().__init__(daemon=True)
        self.killed: list[int] = []
        self._title, self._count, self._directory = title, count, directory

    def run(self) -> None:
        while not list(self._directory.glob("*.index")):
            time.sleep(0.05)
        while len(self.killed) < self._count:
            for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    title = path.read_bytes().decode(errors="replace")
                except OSError:
                    continue
                pid = int(path.parent.name)
                more = len(self.killed) < self._count and pid not in self.killed
                if more and title.startswith(self._title):
                    os.kill(pid, signal.SIGKILL)
                    self.killed.append(pid)
            time.sleep(0.05)


def test_killed_workers_are_started_again(tmp_path: pathlib.Path) -> None:
    # Oracle: the run reaches its length, and both workers act to the end.
    env = mx.environments.TwoGoalGrid()
    one = learner(env, (64,), hidden_sizes=(64, 64), rollout_length=40)
    killer = Killer("ray::_work", 1, tmp_path)
    killer.start()
    result = train_a3c(one, env, 30_000, num_workers=2, records=50, checkpoint_dir=tmp_path)
    assert killer.killed
    assert result.env_steps == 30_000
    assert result.history["worker_restarts"][-1].sum() == 1


def test_a_killed_server_goes_on_from_its_checkpoint(tmp_path: pathlib.Path) -> None:
    # Oracle: every record is there once, as in a run without a kill, and each update was counted.
    env = mx.environments.TwoGoalGrid()
    one = learner(env, (64,), hidden_sizes=(64, 64), rollout_length=40)
    killer = Killer("ray::ParameterServer", 1, tmp_path)
    killer.start()
    result = train_a3c(one, env, 20_000, num_workers=2, records=20, checkpoint_dir=tmp_path)
    assert killer.killed
    np.testing.assert_array_equal(result.history["env_steps"], np.arange(1, 21) * 1000)
    np.testing.assert_array_equal(
        result.history["worker_steps"].sum(axis=-1), result.history["env_steps"]
    )
    assert result.updates == 500


def test_an_interrupted_run_goes_on(tmp_path: pathlib.Path) -> None:
    # Oracle: the second call makes only the steps that are missing, and keeps the first's history.
    env = f"{ENVS}:Corridor-v0"
    arguments: dict[str, Any] = {"num_workers": 1, "records": 2, "checkpoint_dir": tmp_path}
    first = train_a3c(learner(env), env, 50, **arguments)
    second = train_a3c(learner(env), env, 100, **arguments)
    assert (first.updates, second.updates) == (10, 20)
    assert second.history["env_steps"].tolist()[:2] == first.history["env_steps"].tolist()
    with pytest.raises(mx.training.CheckpointError, match="seed"):
        train_a3c(learner(env), env, 100, seed=1, **arguments)


def test_a_worker_that_keeps_failing_is_set_aside(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the warning names the worker and its error; the other worker makes the whole run.
    ray.shutdown()  # processes of Ray have the environment variables of the moment it starts
    monkeypatch.setenv("BROKEN_FILE", str(tmp_path / "whole"))
    env = f"{ENVS}:Broken-v0"
    with pytest.warns(RuntimeWarning, match=r"worker [01] is set aside: .*the corridor has fallen"):
        result = train_a3c(learner(env), env, 10_000, num_workers=2, records=2)
    assert sorted(result.history["worker_steps"][-1]) == [0, 10_000]
    monkeypatch.delenv("BROKEN_FILE")
    with pytest.raises(RuntimeError, match=r"all workers failed 3 times .*the corridor has fallen"):
        train_a3c(learner(env), env, 10_000, num_workers=2)


def test_numbers_that_are_not_finite_end_the_run() -> None:
    # Oracle: the error of `train`, with the last good state.
    env = mx.environments.Bandit([1.0, 0.5])
    one = learner(env, network="table", critic_optimizer=SGD(1e30), max_grad_norm=None)
    with pytest.raises(mx.training.NonFiniteError, match="became NaN or infinite") as caught:
        train_a3c(one, env, 1000, num_workers=1)
    assert all(np.isfinite(x).all() for x in tf.nest.flatten(caught.value.state))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"learner": "ppo"}, TypeError, "learner must be an A2C, not PPO"),
        ({"env": "vector"}, TypeError, "env must be one of"),
        ({"env": "Pendulum-v1"}, ValueError, "spec"),
        ({"num_workers": 0}, ValueError, "num_workers must be an integer of at least 1, not 0"),
        ({"max_staleness": -1}, ValueError, "max_staleness must be an integer of at least 0"),
    ],
)
def test_bad_arguments(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    # Oracle: the message names the argument and its value.
    env = mx.environments.CartPole()
    given: Any = {"learner": learner(env), "env": env, "num_steps": 10, **changes}
    if given["learner"] == "ppo":
        given["learner"] = mx.learners.PPO(env.spec)
    if given["env"] == "vector":
        given["env"] = gymnasium.make_vec("CartPole-v1", 2)
    with pytest.raises(error, match=message):
        train_a3c(**given)


@pytest.mark.slow
def test_cartpole_is_solved_although_half_of_the_workers_are_killed(tmp_path: pathlib.Path) -> None:
    # Oracle: Gymnasium calls CartPole-v1 solved at a mean return of 475.
    steps, env = 500_000, "CartPole-v1"
    rate = mx.temperature.linear(1e-3, 0.0, steps // 64)
    optimizer = mx.optimizers.Adam(rate)
    one = learner(
        env,
        hidden_sizes=(64, 64),
        rollout_length=8,
        gae_lambda=0.95,
        alpha=0.01,
        actor_optimizer=optimizer,
        critic_optimizer=optimizer,
    )
    killer = Killer("ray::_work", 2, tmp_path)
    killer.start()
    result = train_a3c(one, env, steps, num_workers=4, num_envs=8, checkpoint_dir=tmp_path)
    mean = mx.evaluate(one, result.state, env, 20).returns.mean()
    print(f"A3C on CartPole: {mean}, {result.history['worker_restarts'][-1]} restarts")
    assert result.history["worker_restarts"][-1].sum() == 2
    assert mean >= 475
