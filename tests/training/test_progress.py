"""The progress bar against a pseudo-terminal of a known width, and against its text elsewhere."""

import contextlib
import fcntl
import os
import struct
import sys
import termios

import pytest
import tensorflow as tf

from maxent_tf.training.compilation import called_alike, compiled, tell_compiled
from maxent_tf.training.progress import ProgressBar

METRICS = {
    "actor_loss": 12.5,
    "critic_loss": 0.25,
    "entropy": 0.634,
    "alpha": 0.213,
    "actor_grad_norm": 3.0,
    "episode_return": -1234.4,
    "episode_length": 200.0,
    "steps_per_second": 2310.0,
}


def last_line(columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Returns what a bar of METRICS leaves on a terminal with so many columns."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(slave, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        bar = ProgressBar(20_000, 0)
        bar.show(20_000, METRICS)
        bar.close()
    parts = []
    # A read returns what has arrived, perhaps less than all; once all is read, it fails.
    with contextlib.suppress(OSError):
        while part := os.read(master, 65536):
            parts.append(part)
    text = b"".join(parts).decode()
    os.close(master)
    return text.replace("\n", "\r").rstrip("\r").rsplit("\r", maxsplit=1)[-1]


@pytest.mark.parametrize(
    ("columns", "shown", "left_out"),
    [
        (50, ["return=-1234"], ["entropy"]),
        (80, ["return=-1234", "entropy=0.634", "alpha=0.213", "2.31k/s"], ["length"]),
        (120, ["return=-1234", "entropy=0.634", "alpha=0.213", "2.31k/s", "length=200"], []),
    ],
)
def test_the_most_important_metrics_come_first_and_fit(
    columns: int, shown: list[str], left_out: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the width of the terminal, in which whole words stand in the order of importance.
    line = last_line(columns, monkeypatch)
    assert len(line) <= columns
    assert line.startswith("100%|")
    assert line.split(", ")[1].split() == shown
    for name in (*left_out, "loss", "norm"):
        assert name not in line


def test_what_is_no_terminal_gets_all_that_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: tqdm's text, with steps beyond the end left out, and a metric that is NaN.
    bar = ProgressBar(45, 0)
    bar.show(50, {**METRICS, "episode_return": float("nan"), "alpha": 1e-5, "eval_return": 2.5e7})
    bar.close()
    text = capsys.readouterr().err
    assert "45.0/45.0" in text
    assert text.rstrip().endswith(", entropy=0.634 alpha=1e-05 2.31k/s eval=2.5e+07 length=200")


def test_a_return_stays_until_another_episode_ends(capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: the return of the episodes that ended last, beside the latest entropy.
    lines = []
    for later in ({"episode_return": float("nan")}, {"episode_return": -7.0}):
        bar = ProgressBar(45, 0)
        bar.show(15, METRICS)
        bar.show(45, {"entropy": 0.5, **later})
        bar.close()
        lines.append(capsys.readouterr().err.rstrip().rsplit("\r", maxsplit=1)[-1])
    assert [line.split(", ")[1].split()[:2] for line in lines] == [
        ["return=-1234", "entropy=0.5"],
        ["return=-7", "entropy=0.5"],
    ]


def test_the_bar_names_the_program_that_is_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: the text while the function is traced, and after its first and its second call.
    seen = []

    def double(x: tf.Tensor) -> tf.Tensor:
        seen.append(capsys.readouterr().err)
        return 2 * x

    program = called_alike(compiled(double, "graph", auto="graph"), "the update")
    bar = ProgressBar(10, 0)
    with tell_compiled(bar.tell_compiled):
        program(tf.constant(1.0))
        after = capsys.readouterr().err
        program(tf.constant(2.0))
    assert len(seen) == 1
    assert "compiling the update:   0%" in seen[0]
    assert "compiling" not in after.rsplit("\r", maxsplit=1)[-1]
    assert capsys.readouterr().err == ""
    bar.close()
