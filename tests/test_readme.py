"""The README's example runs as printed, and shows what it says it shows."""

import pathlib
import re
from typing import Any

import numpy as np

README = pathlib.Path(__file__).parent.parent / "README.md"


def test_the_examples_run_and_entropy_finds_the_far_goal() -> None:
    # Oracle: the comments of the example itself.
    scope: dict[str, Any] = {}
    first, second = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    exec(first, scope)
    np.testing.assert_array_less(scope["found"].mean(axis=-1)[0], 0.05)
    assert scope["found"].mean(axis=-1)[2] > 0.95
    exec(second, scope)
    assert scope["result"].env_steps == 500


def test_the_commands_set_themselves_up() -> None:
    # Oracle: a fresh machine has python3 alone, so each line must make its own environment.
    lines = re.findall(r"```sh\n(.*?)\n```", README.read_text(), flags=re.DOTALL)
    assert len(lines) == 4
    assert all(line.startswith("python3 -m venv .venv && ") for line in lines)
