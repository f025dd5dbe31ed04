"""Export of a trained policy to ONNX; it needs the extra `onnx`."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import tensorflow as tf

try:
    import onnx
    from onnx import helper
except ImportError as error:
    raise ImportError(
        "maxent_tf.bridges.onnx needs ONNX: pip install 'maxent_tf[onnx]'. What is missing: "
        f"{error}"
    ) from error

from maxent_tf.bridges.onnx_operations import OPSET, Graph, element_type, translated
from maxent_tf.learners import Learner
from maxent_tf.policies.program import Program

__all__ = ["export_onnx"]


def export_onnx(
    learner: Learner, state: Any, path: str | pathlib.Path, *, index: Any = None
) -> None:
    """Exports the policy of one learner to ONNX, for onnxruntime and other implementations.

    The inputs are the observations, [B, *O], as in `saved_model.export`, and the recurrent
    `memory`, if the policy has one; before the first step it is 0. The outputs are the `action`
    without exploration, [B, *A], the `next_memory`, and the parameters of the action distribution,
    such as `logits`, or `loc` and `scale`. B is free. The operations are those of ONNX 18.

    The package's own networks and heads can be exported. A network of your own can be, if it
    consists of operations that they have, too.

    Args:
      learner: The learner, which may be a wrapper such as `learners.Intrinsic`.
      state: The state of the learner, such as the attribute `state` of what `train` returns. The
        statistics of a learner that was trained on normalised observations are part of the policy.
      path: The file to write, such as "policy.onnx". A file that is there is replaced.
      index: The place of the learner in the batch shape, an integer or a sequence of integers; None
        for a learner of batch shape [].

    Raises:
      ValueError: If the state is another learner's, if `index` does not name one learner, or if the
        policy consists of operations that are not known here, which the message names.
    """
    program = Program(learner, state, index)
    graph = Graph()
    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for name in ("deterministic", "parameters"):
        if name in program.functions:
            _add(graph, program.functions[name], inputs, outputs)
    used = {name for node in graph.nodes for name in node.input}
    constants = [x for x in graph.constants if x.name in used]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "policy", [*inputs.values()], [*outputs.values()], constants
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        # The version of the format that came with these operations.
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    draft = f"{os.fspath(path)}.draft"
    pathlib.Path(draft).write_bytes(model.SerializeToString())
    os.replace(draft, path)


def _add(graph: Graph, function: Any, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    """Adds a concrete function to a graph, and its inputs and outputs to those of the graph."""
    names: dict[str, str] = {}
    for name, spec in function.structured_input_signature[1].items():
        placeholder = next(x for x in function.inputs if x.op.name == name)
        names[placeholder.name] = name
        inputs[name] = _value(name, spec)
    variables = {
        inside.name: value
        for value, inside in zip(
            function.captured_inputs,
            function.inputs[len(function.structured_input_signature[1]) :],
            strict=True,
        )
    }

    def name_of(x: tf.Tensor) -> str:
        if x.name not in names:
            for output, found in zip(x.op.outputs, _outputs(x.op), strict=True):
                names[output.name] = found
        return names[x.name]

    def _outputs(op: Any) -> list[str]:
        if op.type == "Placeholder":
            return [graph.constant(variables[op.outputs[0].name])]
        if op.type == "ReadVariableOp":
            handle = variables[op.inputs[0].name]
            value = tf.raw_ops.ReadVariableOp(resource=handle, dtype=op.outputs[0].dtype)
            return [graph.constant(value, key=id(handle))]
        if (value := tf.get_static_value(op.outputs[0])) is not None:
            return [graph.constant(value)]
        return translated(graph, op, [name_of(x) for x in op.inputs])

    for name, x in function.structured_outputs.items():
        shown = f"next_{name}" if name in inputs else name
        graph.nodes.append(helper.make_node("Identity", [name_of(x)], [shown]))
        outputs[shown] = _value(shown, x)


def _value(name: str, x: Any) -> Any:
    shape = ["batch" if n is None else n for n in x.shape.as_list()]
    return helper.make_tensor_value_info(name, element_type(x.dtype), shape)
