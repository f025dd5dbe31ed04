"""The command line as a user meets it."""

import pathlib
import subprocess
import sys

import pytest

from maxent_tf.cli import entry, main
from maxent_tf.cli.main import COMMANDS

ROOT = pathlib.Path(__file__).parents[2]


def test_the_module_is_a_command_that_needs_no_extra() -> None:
    # Oracle: every command stands in the help, also where tyro cannot be imported.
    program = "import runpy, sys; sys.modules['tyro'] = None; sys.argv = ['maxent_tf', '--help']; "
    program += "runpy.run_module('maxent_tf', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert all(f"  {command} " in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"usage: python -m maxent_tf {command}" in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["trian"])
    assert end.value.code == 2
    assert "'trian'" in capsys.readouterr().err


def test_an_error_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["maxent_tf", "evaluate", "nowhere"])
    with pytest.raises(SystemExit, match=r"RUN='nowhere' holds no config\.toml"):
        entry()
