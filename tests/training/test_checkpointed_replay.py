"""Replay buffers in checkpoints: the newest whole checkpoint loses nothing, whatever happens."""

import os
import pathlib
import resource
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.replay import UniformReplay
from maxent_tf.training import segments
from maxent_tf.training.checkpoint import CheckpointError, Checkpoints
from maxent_tf.training.checkpoint_reading import stored_manifest
from maxent_tf.training.configuration import Configuration
from tests.training.replay_buffers import (
    CAPACITY,
    SPEC,
    add,
    add_many,
    arrays,
    assert_equal,
    files,
    prioritized,
    uniform,
)

Saved = tuple[pathlib.Path, dict[int, list[np.ndarray]]]


def checkpoints(directory: pathlib.Path, make: Callable[[], Any] = uniform) -> tuple[Any, Any]:
    """A run that owns a replay buffer."""
    replay = make()
    return replay, Checkpoints(directory, {"replay": replay}, Configuration({"rate": 0.1}))


@pytest.fixture
def saved(tmp_path: pathlib.Path) -> Saved:
    """Checkpoints of steps 10, 20 and 30, before each of which 400 rows changed; the contents."""
    replay, written = checkpoints(tmp_path)
    contents = {}
    for step in (10, 20, 30):
        add_many(replay, 400, seed=step)
        written.save(step)
        contents[step] = arrays(replay)
    written.close()
    return tmp_path, contents


def listed(directory: pathlib.Path, step: int) -> set[str]:
    manifest = stored_manifest(str(directory / f"checkpoint-{step}"))
    assert manifest is not None
    return segments._listed(manifest)


def loaded(directory: pathlib.Path) -> Any:
    """The buffer of a fresh run that has loaded the newest checkpoint."""
    replay, written = checkpoints(directory)
    try:
        written.restore()
    finally:
        written.close()
    return replay


def test_what_two_checkpoints_need_is_kept_and_nothing_else(saved: Saved) -> None:
    # Oracle: the lists in the two checkpoints that are kept; they share files.
    directory, contents = saved
    assert_equal(loaded(directory), contents[30])
    assert listed(directory, 20) & listed(directory, 30)
    assert files(directory / "replay") == listed(directory, 20) | listed(directory, 30)


@pytest.mark.parametrize("damage", ["flipped", "truncated", "missing"])
def test_a_damaged_segment_falls_back_to_the_checkpoint_before(saved: Saved, damage: str) -> None:
    # Oracle: the contents at step 20, which did not need the segment.
    directory, contents = saved
    path = directory / "replay" / min(listed(directory, 30) - listed(directory, 20))
    content = path.read_bytes()
    path.unlink()
    if damage == "flipped":
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif damage == "truncated":
        path.write_bytes(content[:-1])
    with pytest.warns(RuntimeWarning, match=r"unreadable: .*checkpoint-30 \(.*checkpoint-20\."):
        assert_equal(loaded(directory), contents[20])


def test_a_damaged_segment_that_all_need_is_named(saved: Saved) -> None:
    # Oracle: the path of the file.
    directory, _ = saved
    name = min(listed(directory, 30) & listed(directory, 20))
    (directory / "replay" / name).write_bytes(b"")
    with pytest.raises(CheckpointError, match=rf"no checkpoint .*replay/{name} is damaged.*stays"):
        loaded(directory)


def test_another_capacity_is_another_runs(saved: Saved) -> None:
    # Oracle: the configuration is the same here, so that the contents alone tell.
    directory, _ = saved
    _, written = checkpoints(directory, lambda: UniformReplay(SPEC, CAPACITY + 1))
    with pytest.raises(CheckpointError, match=r"of another run: .*replay buffer held .*2001"):
        written.restore()
    written.close()


def test_files_of_other_names_are_kept(saved: Saved) -> None:
    # Oracle: names that the package never gives.
    directory, _ = saved
    (directory / "replay" / "mine").write_bytes(b"mine")
    _, written = checkpoints(directory)
    written.restore()
    written.save(40)
    written.close()
    assert "mine" in files(directory / "replay")


def test_what_a_damaged_checkpoint_needs_is_kept_until_it_is_replaced(saved: Saved) -> None:
    # Oracle: the checkpoint of step 30 is mended after the run went on from step 20.
    directory, contents = saved
    index = directory / "checkpoint-30.index"
    content = index.read_bytes()
    index.write_bytes(b"")
    replay, written = checkpoints(directory)
    with pytest.warns(RuntimeWarning):
        written.restore()
    add_many(replay, 400, seed=25)
    written.save(25)
    written.close()
    index.write_bytes(content)
    assert_equal(loaded(directory), contents[30])


def test_a_checkpoint_with_the_buffer_inside_is_still_read(tmp_path: pathlib.Path) -> None:
    # Oracle: what versions without segments wrote: one checkpoint of TensorFlow with everything.
    replay = prioritized()
    add(replay, 40, seed=0)
    configuration = Configuration({"rate": 0.1})
    tf.train.Checkpoint(configuration=configuration, replay=replay).save(tmp_path / "old")
    for suffix in ("index", "data-00000-of-00001"):
        (tmp_path / f"old-1.{suffix}").rename(tmp_path / f"checkpoint-10.{suffix}")
    (tmp_path / "checkpoint").unlink()
    fresh, written = checkpoints(tmp_path, prioritized)
    written.restore()
    assert_equal(fresh, arrays(replay))
    written.save(20)
    written.close()
    again, written = checkpoints(tmp_path, prioritized)
    written.restore()
    written.close()
    assert_equal(again, arrays(replay))


class Killed(BaseException):
    """The end of a process."""


def killed_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends the process, as it were, at the next change to the disk after so many."""
    left = [count]

    def counted(function: Callable[..., Any], half: Callable[..., Any] | None = None) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if left[0] == 0:
                if half is not None:
                    half(*arguments)
                raise Killed
            left[0] -= 1
            return function(*arguments, **named)

        return call

    write = pathlib.Path.write_bytes
    monkeypatch.setattr(os, "replace", counted(os.replace))
    monkeypatch.setattr(os, "unlink", counted(os.unlink))
    monkeypatch.setattr(
        pathlib.Path,
        "write_bytes",
        counted(write, lambda path, content: write(path, content[: len(content) // 2])),
    )


def test_a_run_that_is_killed_at_any_change_to_the_disk_loses_nothing(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the contents when the older or the newer checkpoint was written; the newer counts
    # once its save has returned. And the run then saves what a run that was never killed saves.
    count, seen, done = 0, set(), False
    while not done:
        directory = tmp_path / str(count)
        replay, written = checkpoints(directory)
        contents = {}
        for step in (10, 20):
            add_many(replay, 400, seed=step)
            written.save(step)
            contents[step] = arrays(replay)
        add_many(replay, 400, seed=30)
        contents[30] = arrays(replay)
        with monkeypatch.context() as patch:
            killed_after(count, patch)
            try:
                written.save(30)
                done = True
            except Killed:
                pass
        written._lock._release()  # as the operating system does
        fresh, written = checkpoints(directory)
        written.restore()
        step = written._newest
        seen.add(step)
        assert_equal(fresh, contents[step])
        add_many(fresh, 400, seed=40)
        written.save(40)
        written.close()
        assert_equal(loaded(directory), arrays(fresh))
        assert files(directory / "replay") == listed(directory, step) | listed(directory, 40)
        count += 1
    assert seen == {20, 30}
    assert step == 30
    assert count > 10


@pytest.fixture
def full_disk() -> Iterator[Callable[[], None]]:
    """Lets the kernel refuse files of more than 8 KB, as a full disk refuses the next block."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_leaves_the_checkpoints_before(
    saved: Saved, full_disk: Callable[[], None]
) -> None:
    # Oracle: the files before, and the contents at step 30.
    directory, contents = saved
    before = files(directory / "replay")
    replay, written = checkpoints(directory)
    written.restore()
    add_many(replay, 400, seed=40)
    full_disk()
    with pytest.raises(CheckpointError, match=r"step 40 could not be written .*File too large"):
        written.save(40)
    written.close()
    assert files(directory / "replay") == before
    assert_equal(loaded(directory), contents[30])
