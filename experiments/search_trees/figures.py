"""The figures: errors and regrets over the simulations, and the errors on the whole grid."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from experiments.frame import Result


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by their file names."""
    return {}
