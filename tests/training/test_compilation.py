"""Compilation modes against what TensorFlow says of the program."""

from typing import Any

import pytest
import tensorflow as tf

from maxent_tf.training.compilation import compiled


def is_eager(x: tf.Tensor) -> Any:
    return tf.constant(tf.executing_eagerly()), x + 1


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_modes_are_what_they_say(mode: str) -> None:
    # Oracles: TensorFlow's own account of where it runs, and of how it compiles.
    for function in (compiled(is_eager, mode, auto="eager"), compiled(is_eager, "auto", auto=mode)):
        eager, x = function(tf.constant(1.0))
        assert bool(eager) == (mode == "eager")
        assert float(x) == 2
        if mode != "eager":
            assert bool(function._jit_compile) == (mode == "xla")


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ValueError, match=r"compile must be one of .*, not 'jit'"):
        compiled(is_eager, "jit", auto="xla")
