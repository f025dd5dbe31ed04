"""Runs exported policies where there is TensorFlow and nothing of what made them.

Usage: python saved_models.py FOLDER, with FOLDER/NAME a SavedModel and FOLDER/NAME.npz the inputs
of its signatures by name. The outputs go to FOLDER/NAME.out.npz, "signature/output".
"""

import pathlib
import sys

import numpy as np


def main(folder: str) -> None:
    for absent in ("maxent_tf", "tensorflow_probability", "keras", "tf_keras", "gymnasium"):
        sys.modules[absent] = None  # type: ignore[assignment]  # importing it now fails
    import tensorflow as tf

    for path in sorted(pathlib.Path(folder).glob("*.npz")):
        signatures = tf.saved_model.load(str(path.with_suffix(""))).signatures
        inputs = dict(np.load(path))
        outputs = {}
        for name, signature in signatures.items():
            names = signature.structured_input_signature[1]
            given = {x: tf.constant(inputs[x]) for x in names}
            outputs.update({f"{name}/{x}": y.numpy() for x, y in signature(**given).items()})
        np.savez(path.with_suffix(".out.npz"), **outputs)


if __name__ == "__main__":
    main(sys.argv[1])
