"""Which inputs of a graph its outputs depend on."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def depend_on(outputs: Sequence[tf.Tensor], inputs: Sequence[tf.Tensor]) -> list[bool]:
    """Returns for each input of a graph whether any output depends on it.

    An output of a function that the graph calls counts as dependent on all inputs of the function.

    >>> doubled = tf.function(lambda x, y: (2 * x, y))
    >>> traced = doubled.get_concrete_function(tf.zeros([]), tf.ones([]))
    >>> depend_on(traced.outputs[:1], traced.inputs)
    [True, False]
    """
    seen: set[str] = set()
    waiting = [x.op for x in outputs]
    while waiting:
        op = waiting.pop()
        if op.name not in seen:
            seen.add(op.name)
            waiting += [x.op for x in op.inputs]
            waiting += op.control_inputs
    return [x.op.name in seen for x in inputs]
