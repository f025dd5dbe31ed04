"""Whether compiled programs could run on a GPU, asked without one.

TensorFlow's wheels for Linux register the kernels of GPUs on every machine. So every operation of a
program can be looked up, with the dtypes that it has there, and a program that XLA compiled can be
lowered for the platform "GPU". This leaves open whether the kernels compute the right thing.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest import mock

import tensorflow as tf
from tensorflow.python.framework import function_def_to_graph, kernels

# Tensors of these stay in the host's memory, and what takes no others runs there.
_ON_HOST = {tf.int32, tf.string, tf.variant}
# They hold a program together and compute nothing: TensorFlow's executor places them itself.
_STRUCTURE = {"Placeholder", "NoOp", "_Arg", "_Retval"}


class Program(NamedTuple):
    """A function that TensorFlow traced, and what it was called with.

    Attributes:
      function: as `tf.function` made it.
      traced: the concrete function.
      args: of the call.
    """

    function: Any
    traced: Any
    args: tuple[Any, ...]

    @property
    def name(self) -> str:
        """Where it is from."""
        code = self.function.python_function
        return getattr(code, "__qualname__", repr(code))

    @property
    def is_xla(self) -> bool:
        """Whether XLA compiles it."""
        return bool(self.function._jit_compile)


@contextlib.contextmanager
def recorded() -> Iterator[list[Program]]:
    """Collects every compiled program that is called within the context, once a trace."""
    programs: dict[tuple[int, str], Program] = {}
    kind = type(tf.function(lambda: 0))
    trace, call = kind.get_concrete_function, kind.__call__

    def record(function: Any, *args: Any, **options: Any) -> Any:
        concrete = trace(function, *args, **options)
        programs[id(function), concrete.name] = Program(function, concrete, args)
        return concrete

    def called(function: Any, *args: Any, **options: Any) -> Any:
        assert not options, "the package passes every argument of a program by position"
        # Within another program, the call is a part of that program.
        if tf.executing_eagerly():
            record(function, *args)
        return call(function, *args)

    with (
        mock.patch.object(kind, "get_concrete_function", record),
        mock.patch.object(kind, "__call__", called),
    ):
        found: list[Program] = []
        yield found
    found.extend(programs.values())


def without_kernels(program: Program) -> set[str]:
    """What of a program no GPU could run: operations with their dtypes, and variables."""
    graph = program.traced.graph
    library = {f.signature.name: f for f in graph.as_graph_def().library.function}
    return set(_missing(graph, library, program.is_xla))


def _missing(graph: Any, library: dict[str, Any], xla: bool) -> Iterator[str]:
    for operation in graph.get_operations():
        node = operation.node_def
        if operation.type not in _STRUCTURE and _lives_on_gpu(operation):
            devices = ("XLA_GPU_JIT",) if xla else ("GPU", "DEFAULT")
            if not any(_has_kernel(node, device) for device in devices):
                types = {name: _type_names(a) for name, a in node.attr.items() if _type_names(a)}
                yield f"{operation.type}{types} has no kernel for {devices[0]}"
        reads = any(x.dtype == tf.resource for x in operation.inputs) and "dtype" in node.attr
        if xla and reads and tf.as_dtype(node.attr["dtype"].type) in _ON_HOST:
            yield f"{operation.type} of a variable that TensorFlow keeps on the host, under XLA"
        for name in _functions(node):
            if name in library:
                inner = function_def_to_graph.function_def_to_graph(library[name])
                compiled = xla or library[name].attr["_XlaMustCompile"].b
                yield from _missing(inner, library, compiled)


def _lives_on_gpu(operation: Any) -> bool:
    """Whether anything that an operation takes or gives is in the memory of the GPU."""
    tensors = [*operation.inputs, *operation.outputs]
    dtypes = {x.dtype.base_dtype for x in tensors} - {tf.resource}
    if "dtype" in operation.node_def.attr:
        dtypes.add(tf.as_dtype(operation.node_def.attr["dtype"].type))
    return bool(dtypes - _ON_HOST)


def _functions(node: Any) -> Iterator[str]:
    for attribute in node.attr.values():
        for function in (attribute.func, *attribute.list.func):
            if function.name:
                yield function.name


def _type_names(attribute: Any) -> list[str]:
    if attribute.HasField("type"):
        return [tf.as_dtype(attribute.type).name]
    return [tf.as_dtype(x).name for x in attribute.list.type]


def _has_kernel(node: Any, device: str) -> bool:
    def fits(constraint: Any) -> bool:
        attribute, allowed = node.attr[constraint.name], constraint.allowed_values.list.type
        given = [attribute.type] if attribute.HasField("type") else attribute.list.type
        return set(given) <= set(allowed)

    return any(
        kernel.device_type == device and all(map(fits, kernel.constraint))
        for kernel in _registered(node.op)
    )


@functools.cache
def _registered(operation: str) -> list[Any]:
    return list(kernels.get_registered_kernels_for_op(operation).kernel)


def lowered(program: Program) -> str | None:
    """The program in XLA's language for a GPU; None where it reads variables, which is refused."""
    if any(x.dtype == tf.resource for x in program.traced.captured_inputs):
        return None
    lower = program.function.experimental_get_compiler_ir(*program.args)
    return lower(stage="hlo", platform_name="GPU")
