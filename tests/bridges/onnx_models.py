"""Runs policies of ONNX where there is onnxruntime and nothing of what made them.

Usage: python onnx_models.py FOLDER, with FOLDER/NAME.onnx, and FOLDER/NAME.npz the inputs by name.
The outputs go to FOLDER/NAME.out.npz.
"""

import pathlib
import sys

import numpy as np


def main(folder: str) -> None:
    for absent in ("maxent_tf", "tensorflow", "tensorflow_probability", "onnx", "gymnasium"):
        sys.modules[absent] = None  # type: ignore[assignment]  # importing it now fails
    import onnxruntime

    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        session = onnxruntime.InferenceSession(str(path))
        inputs = dict(np.load(path.with_suffix(".npz")))
        outputs = session.run(None, {x.name: inputs[x.name] for x in session.get_inputs()})
        names = [x.name for x in session.get_outputs()]
        np.savez(path.with_suffix(".out.npz"), **dict(zip(names, outputs, strict=True)))


if __name__ == "__main__":
    main(sys.argv[1])
