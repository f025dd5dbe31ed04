"""The command `export`: the policy of a run, for programs without this package."""

from __future__ import annotations

import functools
import pathlib
from typing import Any, Literal

from maxent_tf.checks import one_of
from maxent_tf.cli import runs
from maxent_tf.cli.command import call
from maxent_tf.cli.extras import require

_NAMES = {"saved-model": "saved_model", "tflite": "policy.tflite", "onnx": "policy.onnx"}


def export(
    run: pathlib.Path,
    /,
    *,
    format: Literal["saved-model", "tflite", "onnx"] = "saved-model",
    learner: int | None = None,
    output: pathlib.Path | None = None,
) -> None:
    """Export the policy of a run, which then acts in programs that do not have this package.

    Args:
      run: The folder of the run.
      format: saved-model for TensorFlow, tflite for LiteRT, onnx for onnxruntime and others.
      learner: The number of the learner; None for the one whose policy the run has stored.
      output: What to write, a directory for saved-model, else a file; None for saved_model,
        policy.tflite or policy.onnx in the folder of the run. An exported policy that is there is
        replaced.
    """
    one_of("format", format, tuple(_NAMES))
    trained = runs.open_run(run)
    seeds = trained.settings.run.seeds
    if learner is None:
        learner = runs.read_evaluation(run)["policy_of_learner"] if seeds > 1 else 0
    if not 0 <= learner < seeds:
        raise ValueError(f"--learner must be in 0 .. {seeds - 1} for this run, not {learner}.")
    target = run / _NAMES[format] if output is None else output
    index = None if seeds == 1 else learner
    _exporter(format)(trained.learner, trained.state, target, index=index)
    print(f"wrote {target}: the {trained.which} policy of learner {learner}")


def _exporter(format: str) -> Any:
    if format == "onnx":
        require("onnx", "onnx")
        from maxent_tf.bridges.onnx import export_onnx

        return export_onnx
    if format == "tflite":
        from maxent_tf.bridges.tflite import export_tflite

        return export_tflite
    from maxent_tf.bridges.saved_model import export as export_saved_model

    return export_saved_model


main = functools.partial(call, export)
