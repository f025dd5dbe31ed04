"""The README's commands, one after the other; only training is made shorter."""

import pathlib
import shlex

import numpy as np
import pytest

import maxent_tf as mx
from maxent_tf.cli import main

README = pathlib.Path(__file__).parents[2] / "README.md"
COMMAND = ".venv/bin/maxent-tf "
RUN = pathlib.Path("runs/Pendulum-v1_sac_0")


def arguments(command: str) -> list[str]:
    """Returns the arguments of the only line of the README with this command."""
    lines = [line for line in README.read_text().splitlines() if line.startswith(COMMAND + command)]
    (line,) = lines
    return shlex.split(line.removeprefix(COMMAND))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Returns a folder in which the README's line that trains has been run."""
    folder = tmp_path_factory.mktemp("home")
    small = ["--steps", "80", "--learning-starts", "40", "--hidden-sizes", "4"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        main(arguments("train") + small)
    return folder


@pytest.fixture(autouse=True)
def home(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every command run where the README's reader runs all of them."""
    monkeypatch.chdir(folder)


def test_the_ablation_has_the_temperatures_of_its_line() -> None:
    # Oracle: the temperatures in the line, and what --quick says of seeds and episodes.
    main(arguments("ablate"))
    result = mx.Ablation.load("runs/CartPole-v1_a2c_ablation_0_quick")
    assert [setting.alpha for setting in result.settings] == [0, 0.01, 0.1]
    assert result.returns.shape == (3, 2, 2)


def test_the_evaluation_is_of_all_learners(capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: the number of seeds in the line that trains.
    main(arguments("evaluate"))
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split()[0] for row in rows] == ["0", "1", "2", "3", "4"]


def test_the_film_is_a_film() -> None:
    # Oracle: the type of file that MP4 files name in their first bytes.
    pytest.importorskip("moviepy")
    pytest.importorskip("pygame")
    main(arguments("record"))
    (film,) = (RUN / "videos").glob("*.mp4")
    assert film.read_bytes()[4:8] == b"ftyp"


def test_the_figure_is_drawn() -> None:
    # Oracle: the first bytes of PNG files. No episode has ended in this short run.
    main(arguments("plot"))
    assert (RUN / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_exported_policy_acts() -> None:
    # Oracle: the bounds of Pendulum's torque.
    main(arguments("export"))
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(RUN / "policy.tflite"))
    program = interpreter.get_signature_runner("deterministic")
    action = program(observation=np.zeros([1, 3], np.float32))["action"]
    assert action.shape == (1, 1)
    assert abs(action.item()) <= 2
