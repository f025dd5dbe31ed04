"""Jobs in processes of Ray: whose result is whose, and what happens to those that fail."""

import functools
import os
import pathlib
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from experiments.bonus_or_reward import __main__ as command
from experiments.bonus_or_reward.sweep import Arguments

ray = pytest.importorskip("ray", reason="Ray is of the extra `ray`")

from maxent_tf import distributed  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def killed_once(path: pathlib.Path) -> int:
    """Kills its own process, unless it has done so before; returns the process that lived."""
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def divided(x: int) -> float:
    return 12 / x


def test_results_come_with_the_number_of_their_job() -> None:
    # Oracle: division, in this process.
    jobs = [functools.partial(divided, x) for x in range(1, 7)]
    assert dict(distributed.sweep(jobs)) == {i: 12 / (i + 1) for i in range(6)}


def test_a_job_whose_process_is_killed_is_run_again(tmp_path: pathlib.Path) -> None:
    # Oracle: the job leaves a file before it dies, and returns a number only after that.
    ((index, process),) = distributed.sweep([functools.partial(killed_once, tmp_path / "died")])
    assert index == 0
    assert process != os.getpid()


def test_the_error_of_a_job_is_raised() -> None:
    # Oracle: the error that the job raises here.
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        list(distributed.sweep([functools.partial(divided, 0)]))


def test_an_experiment_on_ray_stores_what_it_stores_without(tmp_path: pathlib.Path) -> None:
    # Oracle: the same command in this process: the same files, with the same arrays, to the bit.
    small: Any = {"env": ("TwoGoalGrid",), "count": 3, "seeds": 2, "steps": 200}
    here = command.main(Arguments(output=tmp_path / "here", **small))
    there = command.main(Arguments(output=tmp_path / "there", ray="local", **small))
    assert there["rows"] == here["rows"]
    files, others = (
        {p.relative_to(tmp_path / name): p for p in (tmp_path / name).rglob("*") if p.is_file()}
        for name in ("here", "there")
    )
    assert files.keys() == others.keys()
    for path in (path for path in files if path.suffix == ".npz"):
        ours, theirs = np.load(others[path]), np.load(files[path])
        assert ours.files == theirs.files
        for name in ours.files:
            np.testing.assert_array_equal(ours[name], theirs[name])
