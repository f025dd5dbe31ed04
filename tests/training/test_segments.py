"""Replay buffers in checkpoints: stored exactly, once, and never lost."""

import os
import pathlib
import resource
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.replay import PrioritizedReplay, UniformReplay
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.training import segments
from maxent_tf.training.checkpoint import CheckpointError, Checkpoints
from maxent_tf.training.checkpoint_reading import stored_manifest
from maxent_tf.training.configuration import Configuration
from maxent_tf.training.segments import Segments
from maxent_tf.types import Transition

SPEC = EnvironmentSpec(Box.of((24,)), Discrete(5))
# Of 203 bytes each: the segments of 64 KB have 323 rows.
CAPACITY, ROWS = 2000, 323


def uniform() -> UniformReplay:
    return UniformReplay(SPEC, CAPACITY)


def prioritized() -> PrioritizedReplay:
    """For two learners with three environments each, which read three steps in a row."""
    return PrioritizedReplay(SPEC, CAPACITY // 2, [2], n_step=3, num_envs=3)


def add(replay: Any, count: int, seed: int) -> None:
    """Adds random transitions, some of which are not valid, to every learner."""
    random = np.random.default_rng(seed)
    envs = 3 if replay.batch_shape else 1
    program = tf.function(replay.add, autograph=False)
    for _ in range(count):
        batch = (*replay.batch_shape, envs)
        program(
            Transition(
                observation=tf.constant(random.normal(size=(*batch, 24)), tf.float32),
                action=tf.constant(random.integers(5, size=batch), tf.int32),
                reward=tf.constant(random.normal(size=batch), tf.float32),
                next_observation=tf.constant(random.normal(size=(*batch, 24)), tf.float32),
                terminated=tf.constant(random.random(batch) < 0.1),
                truncated=tf.zeros(batch, tf.bool),
                valid=tf.constant(random.random(batch) < 0.9),
            )
        )


def add_many(replay: Any, count: int, seed: int) -> None:
    """Adds transitions to a single learner in one call."""
    normal = tf.random.stateless_normal([2, count, 24], [seed, 0])
    flag = tf.zeros([count], tf.bool)
    action = tf.cast(normal[0, :, 0] > 0, tf.int32)
    replay.add(Transition(normal[0], action, normal[0, :, 1], normal[1], flag, flag, ~flag))


def arrays(replay: Any) -> list[np.ndarray]:
    return [variable.numpy() for variable in replay.variables]


def assert_equal(replay: Any, expected: list[np.ndarray]) -> None:
    for now, then in zip(arrays(replay), expected, strict=True):
        assert now.tobytes() == then.tobytes()


def files(directory: pathlib.Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


@pytest.mark.parametrize("make", [uniform, prioritized])
def test_a_buffer_is_read_as_it_was_written(
    make: Callable[[], Any], tmp_path: pathlib.Path
) -> None:
    # Oracle: the bytes of all variables: floats, integers, flags, links, priorities and counters.
    replay = make()
    add(replay, 40, seed=0)
    if isinstance(replay, PrioritizedReplay):
        slot = tf.constant([[0, 3, 5]] * 2, tf.int64)
        replay.update_priorities(slot, tf.constant([[0.5, 2.0, -7.0]] * 2))
    manifest = Segments(tmp_path, [replay]).write()
    expected = arrays(replay)
    assert any(x.any() for x in expected)
    fresh = make()
    add(fresh, 7, seed=1)
    Segments(tmp_path, [fresh]).read(manifest)
    assert_equal(fresh, expected)


def test_only_segments_that_changed_are_written(tmp_path: pathlib.Path) -> None:
    # Oracle: a comparison of the arrays, row by row, before and after.
    replay = uniform()
    add_many(replay, CAPACITY, seed=0)
    stored = Segments(tmp_path, [replay])
    stored.write()
    before, rows_before = files(tmp_path), arrays(replay)
    assert len(before) == 8  # seven of the transitions, and one of the counter
    add_many(replay, ROWS + 7, seed=1)
    changed = {
        row // ROWS
        for now, then in zip(arrays(replay), rows_before, strict=True)
        if len(now) > 1
        for row in np.flatnonzero((now != then).reshape(len(now), -1).any(axis=1))
    }
    assert changed == {0, 1}
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    stored.write()
    written = {path.name for path in tmp_path.iterdir() if path.stat().st_mtime > 0}
    assert written == files(tmp_path) - before
    assert len(written) == len(changed) + 1


@pytest.mark.parametrize("make", [uniform, prioritized])
def test_what_is_taken_as_unchanged_is(make: Callable[[], Any], tmp_path: pathlib.Path) -> None:
    # Oracle: what an object that reads all segments writes, after additions of some steps, over the
    # end of the ring, of more than the capacity, of none, and after the ring was cleared.
    replay = make()
    stored = Segments(tmp_path / "own", [replay])
    fill = CAPACITY // (4 if replay.batch_shape else 1)
    for seed, count in enumerate([5, fill - 20, 40, 0, 2 * fill, 3, -1, 5, fill]):
        if count < 0:
            replay.clear()
        elif count > 100 and not replay.batch_shape:
            for _ in range(0, count, 500):
                add_many(replay, 500, seed)
        else:
            add(replay, count, seed)
        manifest = stored.write()
        assert manifest == Segments(tmp_path / "all", [replay]).write()
        if seed == 3:  # the same holds of what was read
            replay = make()
            stored = Segments(tmp_path / "own", [replay])
            stored.read(manifest)


def test_equal_segments_are_stored_once(tmp_path: pathlib.Path) -> None:
    # Oracle: an empty buffer is zeros: a file for whole segments, one for the rest, and counters.
    Segments(tmp_path, [uniform()]).write()
    assert len(files(tmp_path)) == 3


def test_a_file_that_another_process_left_is_not_trusted(tmp_path: pathlib.Path) -> None:
    # Oracle: a file of the right name that lost its content when the machine lost its power.
    replay = uniform()
    add_many(replay, CAPACITY, seed=0)
    manifest = Segments(tmp_path, [replay]).write()
    for path in tmp_path.iterdir():
        path.write_bytes(b"")
    assert Segments(tmp_path, [replay]).write() == manifest
    segments.check(tmp_path, manifest)


def test_a_file_that_was_deleted_is_written_again(tmp_path: pathlib.Path) -> None:
    # Oracle: the check of all files, after the same object wrote twice.
    stored = Segments(tmp_path, [uniform()])
    stored.write()
    for path in tmp_path.iterdir():
        path.unlink()
    segments.check(tmp_path, stored.write())


def test_a_manifest_is_read_whatever_the_size_of_its_segments(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the bytes, written in segments of another size than those of the reader.
    replay = uniform()
    add_many(replay, CAPACITY, seed=0)
    with monkeypatch.context() as patch:
        patch.setattr(segments, "_LEAST_BYTES", 10_000)
        manifest = Segments(tmp_path, [replay]).write()
    fresh = uniform()
    Segments(tmp_path, [fresh]).read(manifest)
    assert_equal(fresh, arrays(replay))


def checkpoints(directory: pathlib.Path, make: Callable[[], Any] = uniform) -> tuple[Any, Any]:
    """A run that owns a replay buffer."""
    replay = make()
    return replay, Checkpoints(directory, {"replay": replay}, Configuration({"rate": 0.1}))


@pytest.fixture
def saved(tmp_path: pathlib.Path) -> tuple[pathlib.Path, dict[int, list[np.ndarray]]]:
    """Checkpoints of steps 10, 20 and 30, before each of which 400 rows changed; the contents."""
    replay, written = checkpoints(tmp_path)
    contents = {}
    for step in (10, 20, 30):
        add_many(replay, 400, seed=step)
        written.save(step)
        contents[step] = arrays(replay)
    written.close()
    return tmp_path, contents


Saved = tuple[pathlib.Path, dict[int, list[np.ndarray]]]


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
