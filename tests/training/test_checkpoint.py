"""Checkpoints on a disk that fails: what loads must be the newest that was written whole."""

import pathlib
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
    written.close()
    return tmp_path


def loaded(directory: pathlib.Path) -> float:
    """What the numbers are after a fresh run has loaded the newest checkpoint."""
    state, written = checkpoints(directory)
    try:
        written.restore()
    finally:
        written.close()
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
        match=r"unreadable: .*checkpoint-30 \(.*newest that can be read, .*checkpoint-20\.",
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
    written.close()
    assert loaded(saved) == 31


def test_where_none_can_be_read_nothing_starts_anew(saved: pathlib.Path) -> None:
    for path in saved.glob("*.index"):
        path.write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"no checkpoint in .* can be read: .*30.*20.*stays"):
        loaded(saved)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a list",
        bytes(range(256)),
        b'model_checkpoint_path: "checkpoint-3',
        b'model_checkpoint_path: "best"\n',
    ],
    ids=["empty", "words", "binary", "truncated", "other names"],
)
def test_with_an_unreadable_list_the_newest_loads_and_it_is_said(
    saved: pathlib.Path, content: bytes
) -> None:
    # Oracle: the list is only a list; both checkpoints beside it are whole.
    (saved / "checkpoint").write_bytes(content)
    message = r"unreadable: \S+/checkpoint \(it should list.*can be read, .*checkpoint-30\."
    with pytest.warns(RuntimeWarning, match=message):
        assert loaded(saved) == 30


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("names", [None, ["20"], ["/elsewhere/run/checkpoint-30"]])
def test_a_list_that_is_lost_stale_or_from_elsewhere_hides_nothing(
    saved: pathlib.Path, names: list[str] | None
) -> None:
    (saved / "checkpoint").unlink()
    if names is not None:
        (saved / "checkpoint").write_text(f'model_checkpoint_path: "checkpoint-{names[0]}"\n')
    assert loaded(saved) == 30


def test_a_list_from_elsewhere_never_leads_there(
    saved: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Oracle: a run that was moved leaves its old directory as it is, and writes in the new one.
    moved = tmp_path_factory.mktemp("moved")
    for path in saved.glob("checkpoint-20.*"):
        shutil.copy(path, moved)
    (moved / "checkpoint").write_text(
        f'model_checkpoint_path: "{saved}/checkpoint-30"\n'
        f'all_model_checkpoint_paths: "{saved}/checkpoint-20"\n'
    )
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    state, written = checkpoints(moved)
    with pytest.warns(RuntimeWarning, match=r"moved\S*/checkpoint-30 \(.*checkpoint-20\."):
        written.restore()
    for step in (40, 50):
        state.write(tf.fill([5000], float(step)))
        written.save(step)
    written.close()
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert tf.train.latest_checkpoint(moved) == str(moved / "checkpoint-50")
    assert sorted(path.stem for path in moved.glob("*.index")) == ["checkpoint-40", "checkpoint-50"]


def test_checkpoints_that_are_listed_and_gone_are_named(saved: pathlib.Path) -> None:
    for path in saved.glob("checkpoint-30.*"):
        path.unlink()
    with pytest.warns(RuntimeWarning, match=r"checkpoint-30 \(.*checkpoint-20\."):
        assert loaded(saved) == 20
    for path in saved.glob("checkpoint-20.*"):
        path.unlink()
    with pytest.raises(CheckpointError, match=r"no checkpoint in .* can be read: .*30.*20"):
        loaded(saved)


@pytest.mark.filterwarnings("error")
def test_files_of_other_names_are_passed_over_and_kept(saved: pathlib.Path) -> None:
    # Oracle: names that the package never gives, with and without TensorFlow's list.
    others = ["checkpoint-best", "checkpoint-40-copy", "checkpoint-", "checkpoint-041", "model-50"]
    for name in others:
        (saved / f"{name}.index").write_bytes(b"mine")
    (saved / "checkpoint-60.index.bak").write_bytes(b"mine")
    assert loaded(saved) == 30
    (saved / "checkpoint").unlink()
    state, written = checkpoints(saved)
    written.restore()
    state.write(tf.fill([5000], 70.0))
    written.save(70)
    written.save(80)
    written.close()
    assert loaded(saved) == 70
    assert all((saved / f"{name}.index").read_bytes() == b"mine" for name in others)


def test_what_cannot_be_read_takes_no_good_ones_place(saved: pathlib.Path) -> None:
    # Oracle: after going back to 20 and on to 25, both can be read if the newer one is lost, too.
    (saved / "checkpoint-30.index").write_bytes(b"")
    state, written = checkpoints(saved)
    with pytest.warns(RuntimeWarning):
        written.restore()
    state.write(tf.fill([5000], 25.0))
    written.save(25)
    written.close()
    with pytest.warns(RuntimeWarning):
        assert loaded(saved) == 25
    (saved / "checkpoint-25.index").write_bytes(b"")
    with pytest.warns(RuntimeWarning):
        assert loaded(saved) == 20


def test_what_a_killed_run_left_is_cleared_away(saved: pathlib.Path) -> None:
    draft = saved / "draft_temp"
    draft.mkdir()
    (draft / "part-00000-of-00001.data.tempstate1").write_bytes(b"half")
    assert loaded(saved) == 30
    assert not draft.exists()


def test_another_runs_checkpoint_is_refused(saved: pathlib.Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"30 is of another run: rate was 0\.1 and is 0\.2\. .* stays"
    ):
        checkpoints(saved, rate=0.2)[1].restore()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("trackables", "message"),
    [
        (
            lambda: {"state": StateVariables(tf.zeros([5, 1000]))},
            r"the shape of state was \[5000\] and is \[5, 1000\]",
        ),
        (lambda: {"state": tf.Variable(tf.zeros([7]))}, "state"),
        (lambda: {"state": StateVariables(tf.zeros([5000], tf.float64))}, "dtype|type"),
        (
            lambda: {"state": StateVariables((tf.zeros([5000]), tf.zeros([2])))},
            "not bound to checkpointed values",
        ),
        (dict, "state"),
    ],
    ids=["shape", "kind", "dtype", "more", "less"],
)
def test_contents_of_another_form_are_another_runs_and_not_corrupt(
    saved: pathlib.Path, trackables: Any, message: str
) -> None:
    # Oracle: everything on disk can be read, so that to advise starting anew would be wrong.
    written = Checkpoints(saved, trackables(), Configuration({"rate": 0.1}))
    with pytest.raises(CheckpointError, match=rf"30 is of another run: .*({message}).*stays"):
        written.restore()
    written.close()
    assert loaded(saved) == 30


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
    after = {path.name: path.read_bytes() for path in saved.iterdir()}
    assert {name: content for name, content in after.items() if name != "writer.lock"} == before
    written.save(40)
    written.close()
    assert loaded(saved) == 40
