"""The run of a sweep, which is one of the experiment or one of its controls."""

from __future__ import annotations

from experiments.frame import Arrays
from experiments.maxent_irl import controls, fits
from experiments.maxent_irl.sweep import Controls, Sweep


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Fits everything; see `fits.run` and `controls.run`."""
    if isinstance(sweep, Controls):
        return controls.run(sweep, progress)
    return fits.run(sweep, progress)
