"""Runs policies of TensorFlow Lite where there is an interpreter and nothing of what made them.

Usage: python tflite_models.py FOLDER, with FOLDER/NAME.tflite, and FOLDER/NAME.npz the inputs of
its signatures by name. The outputs go to FOLDER/NAME.out.npz, "signature/output".
"""

import importlib.util
import pathlib
import sys

import numpy as np


def main(folder: str) -> None:
    alone = importlib.util.find_spec("ai_edge_litert") is not None
    for absent in ("maxent_tf", "tensorflow_probability", "gymnasium", *["tensorflow"] * alone):
        sys.modules[absent] = None  # type: ignore[assignment]  # importing it now fails
    if alone:
        from ai_edge_litert import interpreter as library
    else:
        import tensorflow as tf

        # An attribute that TensorFlow makes when it is asked for: it cannot be imported by name.
        library = tf.lite

    for path in sorted(pathlib.Path(folder).glob("*.tflite")):
        interpreter = library.Interpreter(model_path=str(path))
        inputs = dict(np.load(path.with_suffix(".npz")))
        outputs = {}
        for name, signature in interpreter.get_signature_list().items():
            run = interpreter.get_signature_runner(name)
            given = {x: inputs[x] for x in signature["inputs"]}
            outputs.update({f"{name}/{x}": y for x, y in run(**given).items()})
        np.savez(path.with_suffix(".out.npz"), **outputs)
    print("LiteRT" if alone else "tf.lite")


if __name__ == "__main__":
    main(sys.argv[1])
