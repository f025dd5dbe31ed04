"""The files that hold the contents of replay buffers: exact, and written once."""

import os
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.replay import PrioritizedReplay
from maxent_tf.training import segments
from maxent_tf.training.segments import Segments
from tests.training.replay_buffers import (
    CAPACITY,
    ROWS,
    add,
    add_many,
    arrays,
    assert_equal,
    files,
    prioritized,
    uniform,
)


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
