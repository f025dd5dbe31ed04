"""Data-parallel learners, on two devices and in two real processes, against one device."""

import functools
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.distributed import data_parallel
from maxent_tf.learners import Learner
from tests.contracts.learners import LEARNERS, batched, random_state
from tests.distributed.data_parallel_program import (
    GRID,
    batch_of,
    grid_learner,
    half,
    pendulum_learner,
    two_updates,
)

PROGRAM = "tests.distributed.data_parallel_program"
ROOT = pathlib.Path(__file__).parents[2]
# One of each kind of learner, several of whose options are easy to get wrong: unequal numbers of
# valid steps, several minibatches, a memory, several steps, a mixture, importance weights.
QUICK = ("a2c_network", "ppo_network", "ppo_memory", "sac_n_step", "sac_mixture")
OTHERS = tuple(
    name
    for name in LEARNERS
    if name.startswith(("a2c", "ppo", "sac")) and name not in (*QUICK, "sac_keras")
)


def start(*arguments: Any, config: Any = None) -> subprocess.Popen:
    variables = {"PYTHONPATH": ".", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    if config is not None:
        variables["TF_CONFIG"] = json.dumps(config)
    return subprocess.Popen(
        [sys.executable, "-m", PROGRAM, *map(str, arguments)],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_two(*arguments: Any) -> list[subprocess.Popen]:
    sockets = [socket.create_server(("localhost", 0)) for _ in range(2)]
    addresses = [f"localhost:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    tasks = [{"type": "worker", "index": index} for index in range(2)]
    cluster = {"worker": addresses}
    return [start(*arguments, config={"cluster": cluster, "task": task}) for task in tasks]


def ended(processes: list[subprocess.Popen], seconds: float = 1500) -> list[str]:
    """Waits for processes, kills those that do not end, and returns what they complained of."""
    try:
        return [process.communicate(timeout=seconds)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()


def leaves(path: pathlib.Path) -> list[np.ndarray]:
    with np.load(path) as stored:
        return [stored[f"arr_{i}"] for i in range(len(stored))]


def check_equal(ours: list[np.ndarray], theirs: Any, tolerance: float = 1e-6) -> None:
    for a, b in zip(ours, tf.nest.flatten(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.fixture(scope="module")
def of_devices(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a job in a process with two devices, once, and returns the directory of its files."""

    @functools.cache
    def run(*arguments: str) -> pathlib.Path:
        directory = tmp_path_factory.mktemp("devices")
        process = start(arguments[0], directory, *arguments[1:])
        (complaints,) = ended([process])
        assert process.returncode == 0, complaints
        return directory

    return run


@pytest.fixture(scope="module")
def of_processes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a job in two processes, once, and returns the directory of their files."""

    @functools.cache
    def run(*arguments: str) -> pathlib.Path:
        directory = tmp_path_factory.mktemp("processes")
        processes = start_two(arguments[0], directory, *arguments[1:])
        complaints = ended(processes)
        assert [process.returncode for process in processes] == [0, 0], "\n".join(complaints)
        return directory

    return run


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)
def test_two_devices_make_the_update_of_one(name: str, of_devices: Any) -> None:
    # Oracle: the learner's own updates on whole batches, whose halves have unequal numbers of valid
    # steps: parameters, optimisers, target networks, temperatures, metrics, errors.
    directory = of_devices("updates", *(QUICK if name in QUICK else OTHERS))
    check_equal(leaves(directory / f"{name}-0.npz"), two_updates(batched(name), name))


@pytest.mark.gate
@pytest.mark.parametrize("name", QUICK)
def test_two_processes_make_the_update_of_one(name: str, of_processes: Any) -> None:
    # Oracle: as above. Every process has its own half of the batch, and gets its own errors. The
    # states of the two processes must be equal to the bit: they would drift apart.
    expected = two_updates(batched(name), name)
    found = [leaves(of_processes("updates", *QUICK) / f"{name}-{index}.npz") for index in range(2)]
    for index, own in enumerate(found):
        errors = half(expected.error, -1, index)
        check_equal(own, expected._replace(error=errors))
    shared = len(tf.nest.flatten(expected._replace(error=())))
    for first, second in zip(found[0][:shared], found[1][:shared], strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_mean_of_the_halves_means_would_be_another_update() -> None:
    # Oracle: the gradients on the whole batch. The comparison above can thus fail: the mean of
    # those on its two halves is off by a third and more.
    learner: Any = batched("a2c_network")
    state, (batch, _) = random_state(learner), batch_of("a2c_network", 0)
    whole = learner.gradients(state, batch)
    first, second = (learner.gradients(state, half(batch, 3, index)) for index in range(2))
    for name in ("actor_loss", "critic_loss", "entropy"):
        mean = (getattr(first, name) + getattr(second, name)) / 2
        assert np.max(np.abs(mean / getattr(whole, name) - 1)) > 0.1


@pytest.mark.parametrize(
    ("name", "learner", "env", "steps", "arguments"),
    [
        ("grid", grid_learner(), GRID, 160, {"seed": 3, "num_envs": 4, "records": 5}),
        ("pendulum", pendulum_learner(), "Pendulum-v1", 60, {"num_envs": 2}),
    ],
)
def test_training_on_two_devices_is_that_on_one(
    name: str, learner: Learner, env: Any, steps: int, arguments: Any, of_devices: Any
) -> None:
    # Oracle: the same run without a strategy, in the graph and on the host, whose replay buffer has
    # priorities that the errors decide.
    expected = mx.train(learner, env, steps, compile="graph", **arguments)
    check_equal(leaves(of_devices("devices") / f"{name}.npz"), expected.state, tolerance=1e-4)


def test_a_run_goes_on_without_replicas(of_devices: Any, tmp_path: pathlib.Path) -> None:
    # Oracle: a run of the learner itself from its beginning to the same number of steps.
    learner, directory = grid_learner(), of_devices("devices") / "run"
    arguments: Any = {
        "seed": 3, "num_envs": 4, "records": 5, "normalize_reward": True, "compile": "graph"
    }  # fmt: skip
    loaded = mx.training.load(learner, directory)
    assert loaded.env_steps == 160
    mx.evaluate(learner, loaded, GRID, 2)
    mx.policies.save(tmp_path / "policy", learner, loaded)
    resumed = mx.train(learner, GRID, 320, checkpoint_dir=directory, **arguments)
    expected = mx.train(learner, GRID, 320, **arguments)
    check_equal(tf.nest.flatten(resumed.state), expected.state, tolerance=1e-4)


def test_environments_that_cannot_be_divided_are_refused(of_devices: Any) -> None:
    # Oracle: 3 is no multiple of 2.
    error = (of_devices("devices") / "error.txt").read_text()
    assert re.match(r"the 3 environments.* multiple of the 2 devices.*: change num_envs", error)


@pytest.mark.gate
def test_processes_train_together_from_experience_of_their_own(of_processes: Any) -> None:
    # Oracle: the states of both processes, equal to the bit, like all that is a mean over both;
    # their episodes differ.
    directory = of_processes("processes")
    first, second = (leaves(directory / f"trained-{index}.npz") for index in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    one, other = (json.loads((directory / f"report-{i}.json").read_text())[0] for i in range(2))
    assert one["entropy"] == other["entropy"]
    assert one["episode_length"] != other["episode_length"]


@pytest.mark.gate
def test_what_would_let_processes_drift_apart_is_refused(of_processes: Any) -> None:
    # Oracle: the remedy in the messages of both processes.
    for index in range(2):
        report = json.loads((of_processes("processes") / f"report-{index}.json").read_text())
        wrapper, state = report[1]
        assert re.match(r"the learner inside must not be divided among processes.* 2:", wrapper)
        assert "pass the same `state` to `train` in every process" in state
    for complaint in ended(start_two("unequal", ".")):
        assert "num_envs, or the batch size of SAC, must be the same in every process" in complaint


@pytest.mark.parametrize(
    ("victim", "how", "arguments", "error"),
    [
        pytest.param(1, signal.SIGKILL, (), "UnavailableError", marks=pytest.mark.gate),
        pytest.param(0, signal.SIGKILL, (), "UnavailableError", marks=pytest.mark.slow),
        pytest.param(1, signal.SIGSTOP, (), "UnavailableError", marks=pytest.mark.slow),
        # Alive, but it makes no updates any more.
        pytest.param(1, None, ("30", "1"), "DeadlineExceededError", marks=pytest.mark.slow),
    ],
)
def test_a_process_that_is_gone_is_reported_within_a_minute(
    victim: int, how: Any, arguments: Any, error: str
) -> None:
    # Oracle: the clock, and the name of the victim.
    processes = start_two("endless", ".", *arguments)
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "record\n"
        if how is not None:
            processes[victim].send_signal(how)
        since = time.monotonic()
        _, complaint = processes[1 - victim].communicate(timeout=120)
        assert time.monotonic() - since < 60
        assert processes[1 - victim].returncode != 0
        assert error in complaint
        if how is not None:
            assert f"/task:{victim}" in complaint
    finally:
        for process in processes:
            process.kill()


def test_bad_arguments_are_named() -> None:
    # Oracle: the remedy in each message.
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    learner = grid_learner()
    with pytest.raises(TypeError, match=r"learner must be an A2C, a PPO or a SAC, not SoftDQN"):
        data_parallel(mx.learners.SoftDQN(GRID.spec), strategy)
    with pytest.raises(TypeError, match=r"strategy must be a tf\.distribute\.MirroredStrategy or"):
        data_parallel(learner, tf.distribute.OneDeviceStrategy("CPU:0"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r'compile must not be "xla".*: XLA .*Pass "graph"'):
        mx.train(data_parallel(learner, strategy), GRID, 100, compile="xla")


def test_ray_is_not_needed() -> None:
    # Oracle: a process in which Ray cannot be imported; what needs it says so.
    program = (
        "import sys; sys.modules['ray'] = None\n"
        "from maxent_tf import distributed\n"
        "distributed.data_parallel\n"
        "try: distributed.sweep\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": ".", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "maxent_tf.distributed.sweep needs Ray: pip install 'maxent_tf[ray]'.\n"
