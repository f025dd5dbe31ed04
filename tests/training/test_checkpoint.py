"""Checkpoints on a disk that fails: what loads must be the newest that was written whole."""

import pathlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.training.checkpoint import CheckpointError, Checkpoints
from maxent_tf.training.configuration import Configuration
from maxent_tf.training.loop import StateVariables


def checkpoints(directory: pathlib.Path, rate: float = 0.1) -> tuple[StateVariables, Checkpoints]:
    """A run whose state is 5,000 numbers, all 0 at first."""
    state = StateVariables(tf.zeros([5000]))
    return state, Checkpoints(directory, {"state": state}, Configuration({"rate": rate}))


@pytest.fixture
def saved(tmp_path: pathlib.Path) -> pathlib.Path:
    """Checkpoints of steps 10, 20 and 30, whose numbers are the step."""
    state, written = checkpoints(tmp_path)
    for step in (10, 20, 30):
        state.write(tf.fill([5000], float(step)))
        written.save(step)
    return tmp_path


def loaded(directory: pathlib.Path) -> float:
    """What the numbers are after a fresh run has loaded the newest checkpoint."""
    state, written = checkpoints(directory)
    written.restore()
    values = np.unique(state.read())
    assert len(values) == 1
    return float(values[0])


def test_the_newest_loads_and_one_more_is_kept(saved: pathlib.Path) -> None:
    assert loaded(saved) == 30
    steps = sorted(path.stem for path in saved.glob("*.index"))
    assert steps == ["checkpoint-20", "checkpoint-30"]


def test_an_empty_directory_loads_nothing(tmp_path: pathlib.Path) -> None:
    assert loaded(tmp_path / "new") == 0


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("suffix", ["index", "data-00000-of-00001"])
@pytest.mark.parametrize("damage", ["flipped", "truncated", "empty", "missing"])
def test_a_corrupt_newest_falls_back_to_the_one_before(
    saved: pathlib.Path, suffix: str, damage: str
) -> None:
    path = saved / f"checkpoint-30.{suffix}"
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        bad = {"flipped": flipped(content), "truncated": content[: len(content) // 2], "empty": b""}
        path.write_bytes(bad[damage])
    with pytest.warns(
        RuntimeWarning,
        match=r"unreadable: .*checkpoint-30 \(.*from the one before, .*checkpoint-20",
    ):
        assert loaded(saved) == 20


def test_a_run_goes_on_over_a_corrupt_checkpoint(saved: pathlib.Path) -> None:
    # Oracle: what is written in its place loads without a warning.
    (saved / "checkpoint-30.index").write_bytes(b"")
    state, written = checkpoints(saved)
    with pytest.warns(RuntimeWarning):
        written.restore()
    state.write(tf.fill([5000], 31.0))
    written.save(30)
    assert loaded(saved) == 31


def test_where_none_can_be_read_nothing_starts_anew(saved: pathlib.Path) -> None:
    for path in saved.glob("*.index"):
        path.write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"no checkpoint in .* can be read: .*30.*20.*Empty"):
        loaded(saved)


def test_without_its_list_the_newest_still_loads(saved: pathlib.Path) -> None:
    (saved / "checkpoint").write_text("not a list")
    assert loaded(saved) == 30


def test_what_a_killed_run_left_is_cleared_away(saved: pathlib.Path) -> None:
    draft = saved / "checkpoint-40_temp"
    draft.mkdir()
    (draft / "part-00000-of-00001.data.tempstate1").write_bytes(b"half")
    assert loaded(saved) == 30
    assert not draft.exists()


def test_another_runs_checkpoint_is_refused(saved: pathlib.Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"30 is of another run: rate was 0\.1 and is 0\.2\. "
    ):
        checkpoints(saved, rate=0.2)[1].restore()


@contextmanager
def full_disk() -> Iterator[None]:
    """The kernel refuses files of more than 8 KB, as a full disk refuses the next block."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_named_and_leaves_the_one_before(saved: pathlib.Path) -> None:
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    state, written = checkpoints(saved)
    written.restore()
    state.write(tf.fill([5000], 40.0))
    with full_disk(), pytest.raises(CheckpointError, match=r"step 40 could not .* to .*; File too"):
        written.save(40)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert loaded(saved) == 30
    written.save(40)
    assert loaded(saved) == 40
