"""The guide to checkpoints runs as printed, and prints what its comments say."""

import pathlib
import re
from typing import Any

import numpy as np
import pytest

GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "checkpoints.md"


def test_the_examples_print_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: the comments beside the calls of print.
    scope: dict[str, Any] = {}
    text = GUIDE.read_text()
    for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(block, scope)
    expected = re.findall(r"^print\(.*\)  # (.*)$", text, flags=re.MULTILINE)
    assert capsys.readouterr().out.split("\n") == [*expected, ""]
    assert len(expected) == 5
    assert np.isfinite(scope["returns"]).all()
