"""Export of a trained policy to TensorFlow Lite, for LiteRT on telephones and small devices."""

from __future__ import annotations

import os
import pathlib
import tempfile
from typing import Any

import tensorflow as tf

from maxent_tf.learners import Learner
from maxent_tf.policies.program import Program
from maxent_tf.policies.stored import write_model

__all__ = ["export_tflite"]

# What is drawn or needs the density is left to the SavedModel.
_SIGNATURES = ("deterministic", "parameters", "initial_memory")


def export_tflite(
    learner: Learner, state: Any, path: str | pathlib.Path, *, index: Any = None
) -> None:
    """Exports the policy of one learner as a file of TensorFlow Lite.

    The file has the signatures `deterministic`, `parameters` and, if the policy has a recurrent
    memory, `initial_memory` of a SavedModel: see `saved_model.export`. It needs LiteRT alone, the
    package `ai-edge-litert`, or `tf.lite`. Weights stay float32. The logit of an impossible action,
    minus infinity, becomes the lowest float32, -3.4e38.

    Args:
      learner: The learner, which may be a wrapper such as `learners.Intrinsic`.
      state: The state of the learner, such as the attribute `state` of what `train` returns.
      path: The file to write, such as "policy.tflite". A file that is there is replaced.
      index: The place of the learner in the batch shape, an integer or a sequence of integers; None
        for a learner of batch shape [].

    Raises:
      ValueError: If the state is another learner's, if `index` does not name one learner, or if the
        learner normalises observations, which it does in float64: LiteRT computes in float32.
    """
    program = Program(learner, state, index)
    if any(x.dtype == tf.float64 for x in program.variables):
        raise ValueError(
            f"{type(learner).__name__} normalises observations in float64, in which LiteRT does "
            "not compute: export with saved_model.export or onnx.export_onnx, or train without "
            "normalize_observation."
        )
    target = pathlib.Path(path)
    with tempfile.TemporaryDirectory(dir=target.absolute().parent) as beside:
        model = pathlib.Path(beside, "model")
        write_model(program, model)
        known = [name for name in _SIGNATURES if name in program.functions]
        converter = tf.lite.TFLiteConverter.from_saved_model(str(model), signature_keys=known)
        draft = pathlib.Path(beside, "draft")
        draft.write_bytes(converter.convert())
        os.replace(draft, target)
