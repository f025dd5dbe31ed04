"""The work of other libraries, in interpreters of their own and timed there on request."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

from experiments.benchmarks.timing import Sample


class Child:
    """A script that times one call of its work for every line that it receives.

    The script hands its call to `serve` of `experiments/benchmarks/peers/serve.py`. `serve` makes
    the call once, answers with the versions of the packages in use, and then answers each line with
    the seconds that one more call took. The script starts at once. Use this class as a context
    manager, or call `close`.

    Args:
      python: The interpreter.
      script: The script that the interpreter runs.
      arguments: The arguments of the script, as JSON.
    """

    def __init__(
        self, python: str | os.PathLike[str], script: pathlib.Path, arguments: Mapping[str, Any]
    ):
        self._name = f"{script.name} in {python}"
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (`close` does)
        self._process = subprocess.Popen(
            [python, script, json.dumps(arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the script and waits for it."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def versions(self) -> dict[str, str]:
        """Returns the versions that the script runs on, once it is warm.

        Call this method before `sample`, and only once.
        """
        return self._answer()

    def sample(self) -> Sample:
        """Has the script make its call, and returns how long the call took."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Sample(*self._answer())

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            raise RuntimeError(f"{self._name} ended:\n{self._errors.read()[-3000:]}")
        return json.loads(line)
