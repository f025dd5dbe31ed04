"""The progress bar of a training run, cut to the width of the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# The labels of metrics by their names, the most important first. Losses and norms are for curves.
_SHOWN = {
    "episode_return": "return",
    "entropy": "entropy",
    "alpha": "alpha",
    "steps_per_second": "",
    "eval_return": "eval",
    "episode_length": "length",
}
_FORMAT = "{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {elapsed}<{remaining}{postfix}"
_WITHOUT_BAR = _FORMAT.replace("{bar}", "")
# The bar itself has at least this many characters, however many metrics there are.
_SHORTEST = 1


class ProgressBar:
    """A bar of tqdm with as many metrics as fit into a line.

    Args:
      num_steps: The length of the bar, in steps of each learner.
      done: The number of steps that were taken before.

    Raises:
      ImportError: If tqdm is not installed.
    """

    def __init__(self, num_steps: int, done: int):
        self._bar = _tqdm()(
            total=num_steps, initial=done, unit_scale=True, dynamic_ncols=True, bar_format=_FORMAT
        )
        self._latest: dict[str, float] = {}

    def close(self) -> None:
        """Ends the bar, which stays on the terminal."""
        self._bar.close()

    def tell_compiled(self, program: str | None) -> None:
        """Describes the bar by the program that is being compiled; None removes the description."""
        self._bar.set_description(None if program is None else f"compiling {program}")

    def show(self, env_steps: int, metrics: Mapping[str, float]) -> None:
        """Moves the bar to a number of steps, and shows the metrics that fit behind it.

        A metric that is NaN keeps the value that it had before: an episode does not end in every
        interval, and a return that came and went could not be read.
        """
        bar = self._bar
        done = min(env_steps, bar.total)
        self._latest |= {name: value for name, value in metrics.items() if math.isfinite(value)}
        bar.postfix = self._fitting(done)
        bar.update(done - bar.n)

    def _fitting(self, done: int) -> str:
        """Returns the text of as many of the latest metrics as the line has room for."""
        meter = self._bar.format_dict
        if meter["ncols"] is None:  # not a terminal, but a file or a notebook
            room = math.inf
        else:
            line = {**meter, "n": done, "ncols": None, "postfix": "x", "bar_format": _WITHOUT_BAR}
            room = meter["ncols"] - len(self._bar.format_meter(**line)) - _SHORTEST + len("x")
        text = ""
        for name in _SHOWN:
            if name in self._latest:
                longer = f"{text} {_labelled(name, self._latest[name])}".lstrip()
                if len(longer) > room:
                    break
                text = longer
        return text


def _labelled(name: str, value: float) -> str:
    if name == "steps_per_second":
        return f"{_tqdm().format_sizeof(value)}/s"
    digits = ".0f" if 1e3 <= abs(value) < 1e6 else ".3g"
    return f"{_SHOWN[name]}={value:{digits}}"


def _tqdm() -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError(
            "progress=True needs tqdm: pip install 'maxent_tf[experiments]'."
        ) from None
    return tqdm
