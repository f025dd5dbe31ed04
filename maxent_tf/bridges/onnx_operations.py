"""The operations of ONNX that compute what operations of TensorFlow compute.

Only what the package's own networks and policies consist of is here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from onnx import helper, numpy_helper

OPSET = 18


class Graph:
    """The nodes and constants of a graph of ONNX under construction."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._shared: dict[Any, str] = {}

    def add(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> Any:
        """Adds a node and returns the name of its output, or the names of several."""
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value: Any, key: Any = None) -> str:
        """Returns the name of a constant; those with the same `key` are stored once."""
        if key is not None and key in self._shared:
            return self._shared[key]
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        if key is not None:
            self._shared[key] = name
        return name

    def integers(self, values: Any) -> str:
        """Returns the name of a vector of int64."""
        return self.constant(np.reshape(values, [-1]).astype(np.int64))

    def cast(self, x: str, dtype: tf.DType) -> str:
        """Returns a tensor in another dtype."""
        return self.add("Cast", [x], to=element_type(dtype))


def element_type(dtype: tf.DType) -> int:
    """Returns ONNX's number of a dtype."""
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype.as_numpy_dtype))


def translated(graph: Graph, op: Any, inputs: list[str]) -> list[str]:
    """Adds the nodes that compute an operation of TensorFlow, and returns their outputs.

    Args:
      graph: The graph to which the nodes are added.
      op: The operation.
      inputs: The names of the operation's inputs in the graph.

    Raises:
      ValueError: If the operation is not known.
    """
    if op.type in _ELEMENTWISE:
        outputs: Any = graph.add(_ELEMENTWISE[op.type], inputs)
    elif op.type in _OTHERS:
        outputs = _OTHERS[op.type](graph, op, inputs)
    else:
        raise ValueError(
            f"the policy computes {op.type} ({op.name}), which export_onnx does not know: it is "
            "for the package's own networks. Export a SavedModel with saved_model.export."
        )
    return [outputs] if isinstance(outputs, str) else outputs


_ELEMENTWISE = {
    "AddV2": "Add",
    "BiasAdd": "Add",  # of channels last
    "Exp": "Exp",
    "Greater": "Greater",
    "GreaterEqual": "GreaterOrEqual",
    "Less": "Less",
    "Maximum": "Max",
    "Minimum": "Min",
    "Mul": "Mul",
    "Neg": "Neg",
    "RealDiv": "Div",
    "Relu": "Relu",
    "Sigmoid": "Sigmoid",
    "Softmax": "Softmax",
    "Sqrt": "Sqrt",
    "Sub": "Sub",
    "Tanh": "Tanh",
}


def _static(op: Any, position: int) -> Any:
    return tf.get_static_value(op.inputs[position])


def _rank(op: Any, position: int = 0) -> int:
    return op.inputs[position].shape.rank


def _transposed_last(graph: Graph, x: str, rank: int) -> str:
    return graph.add("Transpose", [x], perm=[*range(rank - 2), rank - 1, rank - 2])


def _matmul(graph: Graph, op: Any, inputs: list[str]) -> str:
    names = ("transpose_a", "transpose_b") if op.type == "MatMul" else ("adj_x", "adj_y")
    factors = [
        _transposed_last(graph, x, _rank(op, i)) if op.get_attr(name) else x
        for i, (x, name) in enumerate(zip(inputs, names, strict=True))
    ]
    return graph.add("MatMul", factors)


def _convolution(graph: Graph, op: Any, inputs: list[str]) -> str:
    # TensorFlow has channels last, here NHWC; ONNX has them behind the batch.
    x = graph.add("Transpose", inputs[:1], perm=[0, 3, 1, 2])
    kernel = graph.add("Transpose", inputs[1:], perm=[3, 2, 0, 1])
    padding = {b"VALID": "VALID", b"SAME": "SAME_UPPER"}[op.get_attr("padding")]
    strides = list(op.get_attr("strides"))[1:3]
    y = graph.add("Conv", [x, kernel], auto_pad=padding, strides=strides)
    return graph.add("Transpose", [y], perm=[0, 2, 3, 1])


def _argmax(graph: Graph, op: Any, inputs: list[str]) -> str:
    chosen = graph.add("ArgMax", inputs[:1], axis=int(_static(op, 1)), keepdims=0)
    return graph.cast(chosen, op.outputs[0].dtype)


def _reduction(kind: str) -> Callable[[Graph, Any, list[str]], str]:
    def reduce(graph: Graph, op: Any, inputs: list[str]) -> str:
        axes = graph.integers(_static(op, 1))
        return graph.add(kind, [inputs[0], axes], keepdims=int(op.get_attr("keep_dims")))

    return reduce


def _concatenation(graph: Graph, op: Any, inputs: list[str]) -> str:
    return graph.add("Concat", inputs[:-1], axis=int(_static(op, len(inputs) - 1)))


def _pack(graph: Graph, op: Any, inputs: list[str]) -> str:
    axis = op.get_attr("axis")
    each = [graph.add("Unsqueeze", [x, graph.integers(axis)]) for x in inputs]
    return graph.add("Concat", each, axis=axis)


def _unpack(graph: Graph, op: Any, inputs: list[str]) -> list[str]:
    axis = op.get_attr("axis")
    parts = _split_in(graph, inputs[0], axis, [1] * op.get_attr("num"))
    return [graph.add("Squeeze", [x, graph.integers(axis)]) for x in parts]


def _split_in(graph: Graph, x: str, axis: int, sizes: Sequence[int]) -> list[str]:
    if len(sizes) == 1:
        return [x]
    return graph.add("Split", [x, graph.integers(sizes)], len(sizes), axis=axis)


def _split(graph: Graph, op: Any, inputs: list[str]) -> list[str]:
    axis = int(_static(op, 0))
    sizes = [x.shape[axis] for x in op.outputs]
    return _split_in(graph, inputs[1], axis, sizes)


def _split_by_sizes(graph: Graph, op: Any, inputs: list[str]) -> list[str]:
    axis = int(_static(op, 2))
    return _split_in(graph, inputs[0], axis, [x.shape[axis] for x in op.outputs])


def _slice(graph: Graph, op: Any, inputs: list[str]) -> str:
    """Returns a slice, whose places are known; only the lengths of axes need not be."""
    begin, end, strides = (_static(op, i) for i in (1, 2, 3))
    masks = {
        name: op.get_attr(f"{name}_mask")
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }

    def has(name: str, i: int) -> bool:
        return bool(masks[name] >> i & 1)

    consumed = sum(not has("new_axis", i) and not has("ellipsis", i) for i in range(len(begin)))
    axis = 0
    slices, dropped, kinds = [], [], []  # kinds: of each axis of the result, whether it is new
    for i in range(len(begin)):
        if has("ellipsis", i):
            kinds += [False] * (_rank(op) - consumed)
            axis += _rank(op) - consumed
        elif has("new_axis", i):
            kinds.append(True)
        else:
            first = 0 if has("begin", i) else int(begin[i])
            last = _FAR if has("end", i) else int(end[i])
            if has("shrink_axis", i):
                last = first + 1 if first != -1 else _FAR
                dropped.append(axis)
            else:
                kinds.append(False)
            if (first, last, int(strides[i])) != (0, _FAR, 1):
                slices.append((first, last, axis, int(strides[i])))
            axis += 1
    x = inputs[0]
    if slices:
        x = graph.add("Slice", [x, *map(graph.integers, zip(*slices, strict=True))])
    if dropped:
        x = graph.add("Squeeze", [x, graph.integers(dropped)])
    if any(kinds):
        x = graph.add("Unsqueeze", [x, graph.integers(np.flatnonzero(kinds))])
    return x


_FAR = 2**31 - 1


def _gather(graph: Graph, op: Any, inputs: list[str]) -> str:
    axis, batch_dims = int(_static(op, 2)), op.get_attr("batch_dims")
    if not batch_dims:
        return graph.add("Gather", inputs[:2], axis=axis)
    if axis % _rank(op) != batch_dims:
        raise ValueError(f"{op.name} gathers along axis {axis} with {batch_dims} batch axes.")
    places = graph.add("Unsqueeze", [graph.cast(inputs[1], tf.int64), graph.integers(-1)])
    return graph.add("GatherND", [inputs[0], places], batch_dims=batch_dims)


def _one_hot(graph: Graph, op: Any, inputs: list[str]) -> str:
    # Of floats, which every implementation has.
    depth, on, off = (_static(op, i) for i in (1, 2, 3))
    values = graph.constant(np.array([off, on], np.float32))
    places = [graph.cast(inputs[0], tf.int64), graph.integers(depth), values]
    hot = graph.add("OneHot", places, axis=op.get_attr("axis"))
    return graph.cast(hot, op.outputs[0].dtype)


def _pad(graph: Graph, op: Any, inputs: list[str]) -> str:
    pads = graph.integers(np.transpose(_static(op, 1)))
    return graph.add("Pad", [inputs[0], pads, inputs[2]])


def _filled(value: float) -> Callable[[Graph, Any, list[str]], str]:
    def fill(graph: Graph, op: Any, inputs: list[str]) -> str:
        content = np.array([value], op.outputs[0].dtype.as_numpy_dtype)
        shape = graph.add("Shape", inputs)
        return graph.add("ConstantOfShape", [shape], value=numpy_helper.from_array(content))

    return fill


def _shaped(kind: str) -> Callable[[Graph, Any, list[str]], str]:
    return lambda graph, op, inputs: graph.add(kind, [inputs[0], graph.cast(inputs[1], tf.int64)])


def _select(graph: Graph, op: Any, inputs: list[str]) -> str:
    if op.outputs[0].dtype != tf.bool:
        return graph.add("Where", inputs)
    # onnxruntime selects no flags.
    condition, if_true, if_false = inputs
    otherwise = graph.add("And", [graph.add("Not", [condition]), if_false])
    return graph.add("Or", [graph.add("And", [condition, if_true]), otherwise])


def _broadcast_shape(graph: Graph, op: Any, inputs: list[str]) -> str:
    # Ones in front of the shorter shape; then the larger of each two lengths, one of which is 1.
    rank = op.outputs[0].shape[0]
    shapes = []
    for x, shape in zip(inputs, op.inputs, strict=True):
        ones = graph.integers([1] * (rank - shape.shape[0]))
        shapes.append(graph.add("Concat", [ones, graph.cast(x, tf.int64)], axis=0))
    return graph.cast(graph.add("Max", shapes), op.outputs[0].dtype)


def _squeeze(graph: Graph, op: Any, inputs: list[str]) -> str:
    return graph.add("Squeeze", [inputs[0], graph.integers(op.get_attr("squeeze_dims"))])


def _einsum(graph: Graph, op: Any, inputs: list[str]) -> str:
    return graph.add("Einsum", inputs, equation=op.get_attr("equation").decode())


_OTHERS: dict[str, Callable[[Graph, Any, list[str]], Any]] = {
    "ArgMax": _argmax,
    "BatchMatMulV2": _matmul,
    "BroadcastArgs": _broadcast_shape,
    "BroadcastTo": _shaped("Expand"),
    "Cast": lambda graph, op, inputs: graph.cast(inputs[0], op.outputs[0].dtype),
    "ConcatV2": _concatenation,
    "Conv2D": _convolution,
    "Einsum": _einsum,
    "ExpandDims": lambda graph, op, inputs: graph.add(
        "Unsqueeze", [inputs[0], graph.integers(_static(op, 1))]
    ),
    "Fill": lambda graph, op, inputs: _shaped("Expand")(graph, op, inputs[::-1]),
    "GatherV2": _gather,
    "Identity": lambda graph, op, inputs: graph.add("Identity", inputs),
    "MatMul": _matmul,
    "Max": _reduction("ReduceMax"),
    "Mean": _reduction("ReduceMean"),
    "OneHot": _one_hot,
    "OnesLike": _filled(1),
    "Pack": _pack,
    "PadV2": _pad,
    "Range": lambda graph, op, inputs: graph.add("Range", inputs),
    "Reshape": _shaped("Reshape"),
    "SelectV2": _select,
    "Shape": lambda graph, op, inputs: graph.cast(graph.add("Shape", inputs), op.outputs[0].dtype),
    "Split": _split,
    "SplitV": _split_by_sizes,
    "Square": lambda graph, op, inputs: graph.add("Mul", [inputs[0], inputs[0]]),
    "Squeeze": _squeeze,
    "StopGradient": lambda graph, op, inputs: graph.add("Identity", inputs),
    "StridedSlice": _slice,
    "Sum": _reduction("ReduceSum"),
    "Tile": _shaped("Tile"),
    "Unpack": _unpack,
    "ZerosLike": _filled(0),
}
