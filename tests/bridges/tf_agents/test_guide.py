"""The guide's example runs as printed, and shows what it says it shows."""

import pathlib
import re
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("tf_agents", reason="TF-Agents is not installed")

ROOT = pathlib.Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "guide" / "tf_agents.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)


def test_the_example_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    # Oracle: the guide's own words.
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    for block in blocks("python"):
        exec(block, scope)
    expected = scope["policy"].action(scope["step"]).action
    np.testing.assert_allclose(scope["loaded"].action(scope["step"]).action, expected, rtol=1e-5)
    assert scope["average_return"].result() < 0
    bonus = scope["loss"].extra.entropy_regularization_loss
    # Pendulum's actions lie in [-2, 2], whose uniform distribution has log 4 nats.
    assert -0.01 * np.log(4) * 2 < tf.reduce_sum(bonus) < 0


def test_the_gate_installs_as_the_guide_says() -> None:
    # Oracle: the guide's commands, in the gate's own environment.
    gate = (ROOT / ".ci" / "run").read_text()
    for line in blocks("sh")[1].splitlines()[1:4]:
        assert line.replace("python -m pip install", '"$work/legacy/bin/pip" install -q') in gate
