"""TOML files hold plain data."""

import pathlib

import pytest

from maxent_tf.cli import toml_file

PLAIN = {
    "text": 'a "quoted" \\ path, ü',
    "small": 1e-05,
    "large": float("inf"),
    "count": 3,
    "flag": True,
    "nothing": None,
    "sizes": (64, 64),
    "empty": (),
    "inner": {"kind": "adam", "deeper": {"rate": 0.1}},
}


def test_what_is_written_is_toml() -> None:
    # Oracle: Python's own reader, which it has from 3.11 on.
    tomllib = pytest.importorskip("tomllib")
    read = tomllib.loads(toml_file.dumps(PLAIN))
    assert read == {**PLAIN, "nothing": "None", "sizes": [64, 64], "empty": []}


def test_a_file_gives_back_what_was_written(tmp_path: pathlib.Path) -> None:
    # Oracle: the data itself.
    (tmp_path / "a.toml").write_text(toml_file.dumps(PLAIN), "utf-8")
    assert toml_file.load(tmp_path / "a.toml") == PLAIN


def test_errors_name_the_file(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match=r"no file .*absent\.toml"):
        toml_file.load(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("alpha = = 1")
    with pytest.raises(ValueError, match=r"bad\.toml' is no TOML"):
        toml_file.load(tmp_path / "bad.toml")
