"""Compilation modes against what TensorFlow says of the program."""

from typing import Any

import pytest
import tensorflow as tf

from maxent_tf import tracing
from maxent_tf.training.compilation import called_alike, compiled


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


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_what_is_traced_knows_whether_xla_compiles_it(mode: str) -> None:
    # Oracle: the mode; also inside a loop, and no longer once the program has been called.
    seen = []

    def counted(x: tf.Tensor) -> tf.Tensor:
        def body(k: tf.Tensor) -> tuple[tf.Tensor]:
            seen.append(tracing.is_for_xla())
            return (k + 1,)

        return tf.while_loop(lambda k: k < x, body, (tf.constant(0),))[0]

    assert int(compiled(counted, mode, auto=mode)(tf.constant(2))) == 2
    assert set(seen) == {mode == "xla"}
    assert not tracing.is_for_xla()


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ValueError, match=r"compile must be one of .*, not 'jit'"):
        compiled(is_eager, "jit", auto="xla")


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_calls_alike_are_traced_once(mode: str) -> None:
    # Oracles: what the function itself returns; how often Python has run it; and TensorFlow, which
    # must not take another dtype for the first call's.
    runs = []

    def total(parts: dict[str, tf.Tensor], offset: tf.Tensor) -> tf.Tensor:
        runs.append(offset)
        return tf.reduce_sum(parts["a"]) + parts["b"] + offset

    program = called_alike(compiled(total, mode, auto=mode), "the total")
    for k in range(3):
        parts = {"a": tf.fill([2], float(k)), "b": tf.constant(k / 2)}
        assert float(program(parts, tf.constant(1.0))) == 2 * k + k / 2 + 1
    assert len(runs) == (3 if mode == "eager" else 1)
    if mode != "eager":
        with pytest.raises((TypeError, ValueError), match="int32"):
            program(parts, tf.constant(1))


def test_programs_made_anew_are_not_taken_for_one_that_is_always_traced(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Oracle: TensorFlow's own warning, which it still gives for a program that is always traced.
    def made_anew(x: tf.Tensor) -> tf.Tensor:
        return x + 1

    def always_traced(x: tf.Tensor) -> tf.Tensor:
        return x + 1

    tf.get_logger().addHandler(caplog.handler)
    try:
        for _ in range(7):
            compiled(made_anew, "graph", auto="graph")(tf.constant(1.0))
        assert "retracing" not in caplog.text
        program = compiled(always_traced, "graph", auto="graph")
        for size in range(1, 8):
            program(tf.zeros([size]))
        assert "retracing" in caplog.text
    finally:
        tf.get_logger().removeHandler(caplog.handler)
