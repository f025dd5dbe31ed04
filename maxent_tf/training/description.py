"""Descriptions of objects by their contents, which are the same in every process."""

from __future__ import annotations

import collections
import dataclasses
import dis
import enum
import functools
import hashlib
import inspect
import random
import re
import sys
import types
from collections.abc import Iterator, Mapping, Set
from typing import Any

import numpy as np
import tensorflow as tf

# What these bring is known by its name: its insides are nobody's settings, and change from version
# to version.
_LIBRARIES = frozenset(
    {"builtins", "functools", "math", "operator", "numpy", "tensorflow", "tensorflow_probability"}
    | {"keras", "tf_keras", "gymnasium", "maxent_tf"}
)
# Of these libraries, objects hold what is made anew in every process, such as names with a count.
_OPAQUE = frozenset({"tensorflow", "tensorflow_probability", "keras", "tf_keras"})


class Description:
    """A description of objects and their contents, by the paths that lead to them.

    Structures, dataclasses, arrays, functions and other objects are described by their contents, to
    any depth. The contents of a function are the values that it closes over, takes as defaults,
    refers to, or contains as numbers. The contents of an object are its attributes and, if its
    class is the user's, what the class holds.

    Attributes:
      items: The descriptions that can be compared, by path.
      code: Digests of the code of the user's functions, by path. They can be compared within one
        version of Python.
      opaque: The types of the objects that cannot be described, by path.

    >>> description = Description()
    >>> description.add("rate", functools.partial(max, 0.1, key=None))
    >>> description.items
    {'rate': 'builtins.max', 'rate.args': '(0.1,)', 'rate.keywords.key': 'None'}
    """

    def __init__(self) -> None:
        self.items: dict[str, str] = {}
        self.code: dict[str, str] = {}
        self.opaque: dict[str, str] = {}
        # What is being described, by identity: things may refer to each other.
        self._within: set[int] = set()
        # Functions and classes, by identity, which are described where they are first met.
        self._met: dict[int, Any] = {}

    def add(self, path: str, value: Any) -> None:
        """Describes a value and all its contents."""
        if id(value) in self._within:
            self.items.setdefault(path, type(value).__qualname__)
            return
        self._within.add(id(value))
        try:
            self._add(path, value)
        finally:
            self._within.discard(id(value))

    def _add(self, path: str, value: Any) -> None:
        if isinstance(value, np.ndarray | np.generic | tf.Tensor | tf.Variable):
            self._add_array(path, np.asarray(value))
        elif tf.is_tensor(value):  # made of several, as a sparse one is
            for index, part in enumerate(tf.nest.flatten(value, expand_composites=True)):
                self.add(f"{path}[{index}]", part)
        elif isinstance(value, enum.Enum):
            self.items[path] = str(value)
        elif is_plain(value):
            self.items[path] = _shortened(repr(value))
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            self.items[path] = type(value).__qualname__
            for field in dataclasses.fields(value):
                self.add(f"{path}.{field.name}", getattr(value, field.name))
            self._add_class(path, type(value))
        elif isinstance(value, Mapping):
            for key, item in value.items():
                self.add(f"{path}.{key}", item)
        elif isinstance(value, Set):
            self._add_set(path, value)
        elif isinstance(value, tuple | list | collections.deque):
            for index, item in enumerate(value):
                self.add(f"{path}[{index}]", item)
        elif callable(value) and self._add_callable(path, value):
            return
        else:
            self._add_object(path, value)

    def _add_array(self, path: str, value: np.ndarray) -> None:
        if value.dtype != object:
            self.items[path] = _array(value)
        else:
            self.items[path] = f"objects of shape {list(value.shape)}"
            for index, item in enumerate(value.flat):
                self.add(f"{path}[{index}]", item)

    def _add_set(self, path: str, value: Set[Any]) -> None:
        texts = []
        for item in value:
            part = Description()
            part.add("", item)
            texts.append("".join(part.items.values()) if is_plain(item) else repr(part.items))
            self.opaque.update({f"{path}{{}}{inner}": kind for inner, kind in part.opaque.items()})
        self.items[path] = _shortened(f"{type(value).__qualname__}({', '.join(sorted(texts))})")

    def _add_callable(self, path: str, value: Any) -> bool:
        """Describes a function of any kind, or a class; returns whether the value is one."""
        if isinstance(value, functools.partial):
            self.add(path, value.func)
            self.add(f"{path}.args", value.args)
            self.add(f"{path}.keywords", value.keywords)
        elif isinstance(value, types.MethodType):
            self.add(path, value.__func__)
            self.add(f"{path}.self", value.__self__)
        elif isinstance(value, type):
            self.items[path] = f"class {value.__module__}.{value.__qualname__}"
            self._add_class(path, value)
        elif isinstance(value, types.FunctionType):
            self._add_function(path, value)
        elif callable(getattr(value, "python_function", None)):  # a tf.function
            self.add(path, value.python_function)
        elif callable(getattr(value, "__wrapped__", None)):  # a functools.cache
            self.add(path, value.__wrapped__)
        elif inspect.isroutine(value) or isinstance(value, np.ufunc):
            self.items[path] = _name(value)
            owner = getattr(value, "__self__", None)
            if not isinstance(owner, types.ModuleType | type(None)):
                self.add(f"{path}.self", owner)
        else:
            return False
        return True

    def _add_function(self, path: str, value: types.FunctionType) -> None:
        self.items[path] = _name(value)
        if _importable(value):
            return
        captured = inspect.getclosurevars(value)
        for name, item in captured.nonlocals.items():
            if item is not value:  # a function that calls itself
                self.add(f"{path}.{name}", item)
        if _is_library(value) or id(value) in self._met:
            return
        self._met[id(value)] = value
        if value.__defaults__:
            self.add(f"{path}.defaults", value.__defaults__)
        if value.__kwdefaults__:
            self.add(f"{path}.defaults", value.__kwdefaults__)
        numbers = {repr(x) for x in _constants(value.__code__) if not isinstance(x, str | bytes)}
        if numbers:
            self.items[f"{path}.constants"] = _shortened(", ".join(sorted(numbers)))
        self.code[path] = _digest_of_code(value.__code__)
        for name, item in captured.globals.items():
            if not isinstance(item, types.ModuleType):
                self.add(f"{path}.{name}", item)

    def _add_object(self, path: str, value: Any) -> None:
        self.items[path] = type(value).__qualname__
        if isinstance(value, np.random.Generator):
            self.add(f"{path}.state", value.bit_generator.state)
        elif isinstance(value, np.random.RandomState):
            self.add(f"{path}.state", value.get_state(legacy=False))
        elif isinstance(value, random.Random):
            self.items[f"{path}.state"] = _digest(repr(value.getstate()).encode())
        elif isinstance(value, np.dtype | tf.DType | tf.TensorShape | tf.TensorSpec):
            self.items[path] = repr(value)
        elif isinstance(value, types.ModuleType):
            self.items[path] = f"module {value.__name__}"
        elif _root(type(value)) in _OPAQUE:
            self.opaque[path] = _name(type(value))
        elif _root(type(value)) in sys.stdlib_module_names and (text := _text(value)):
            self.items[path] = _shortened(text)  # a date, a path
        else:
            attributes = dict(_attributes(value))
            for name, item in attributes.items():
                self.add(f"{path}.{name}", item)
            self._add_class(path, type(value))
            if not attributes and _is_library_or_installed(type(value)):
                if text := _text(value):
                    self.items[path] = _shortened(text)
                elif type(value) is not object and _root(type(value)) != "maxent_tf":
                    self.opaque[path] = _name(type(value))

    def _add_class(self, path: str, kind: type) -> None:
        """Describes the contents of the user's classes: their settings, and the code of methods."""
        for one in kind.__mro__:
            if _is_library_or_installed(one) or id(one) in self._met:
                continue
            self._met[id(one)] = one
            for name, member in vars(one).items():
                if name.startswith("__") and name != "__call__":
                    continue
                if isinstance(member, staticmethod | classmethod):
                    member = member.__func__
                elif isinstance(member, property):
                    member = member.fget
                elif isinstance(member, functools.cached_property):
                    member = member.func
                is_function = isinstance(member, types.FunctionType)
                if (hasattr(type(member), "__get__") and not is_function) or name == "_abc_impl":
                    continue
                # Fields with a default are described by their values.
                if f"{path}.{name}" not in self.items:
                    self.add(f"{path}.{name}", member)


def is_plain(value: Any) -> bool:
    """Returns whether a value, or every item of a tuple or list, is a number, text or alike."""
    if isinstance(value, tuple | list):
        return all(is_plain(item) for item in value)
    return value is None or isinstance(
        value, bool | int | float | complex | str | bytes | range | type(Ellipsis)
    )


def _text(value: Any) -> str:
    """Returns the text that a value prints, or "" if it only says where the value is in memory."""
    text = repr(value)
    plain = type(value).__repr__ is object.__repr__ or re.search(r"\b0x[0-9a-f]{4,}", text)
    return "" if plain else text


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and hasattr(value, name):
                yield name, getattr(value, name)
    for name, item in getattr(value, "__dict__", {}).items():
        # What is computed when first asked for tells nothing, and may not be there yet.
        member = inspect.getattr_static(type(value), str(name), None)
        if not isinstance(member, functools.cached_property):
            yield name, item


def _constants(code: types.CodeType) -> Iterator[Any]:
    """Yields the numbers and texts that a function's code uses."""
    inner = [x for x in code.co_consts if isinstance(x, types.CodeType)]
    names = {x.co_qualname if hasattr(x, "co_qualname") else x.co_name for x in inner}
    names |= {x.co_name for x in inner}
    # From Python 3.14 on, small integers are in the instructions alone.
    for instruction in dis.get_instructions(code):
        if instruction.opcode in dis.hasconst or instruction.opname == "LOAD_SMALL_INT":
            constant = instruction.argval
            for item in constant if isinstance(constant, tuple | frozenset) else (constant,):
                is_name = isinstance(item, str) and item.split(".")[-1] in names
                if item is not None and is_plain(item) and not is_name:
                    yield item
    for item in inner:
        yield from _constants(item)


def _digest_of_code(code: types.CodeType) -> str:
    """Returns the version of Python, and a digest of code that can be compared within it."""

    def parts(code: types.CodeType) -> Iterator[bytes]:
        yield code.co_code + repr(code.co_names).encode()
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                yield from parts(constant)

    constants = repr([*_constants(code)]).encode()
    return f"{sys.implementation.cache_tag} {_digest(b''.join(parts(code)) + constants)}"


def _name(value: Any) -> str:
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", repr(value))
    return f"{getattr(value, '__module__', None) or type(value).__module__}.{name}"


def _root(value: Any) -> str:
    """Returns the package that a function or a class belongs to."""
    return (getattr(value, "__module__", None) or type(value).__module__).split(".")[0]


def _is_library(value: Any) -> bool:
    return _root(value) in _LIBRARIES


def _is_library_or_installed(kind: type) -> bool:
    root = _root(kind)
    if root in _LIBRARIES or (root in sys.stdlib_module_names and root != "__main__"):
        return True
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    return "site-packages" in file or "dist-packages" in file


def _importable(value: types.FunctionType) -> bool:
    """Returns whether a library's function is found under its name, which then describes it."""
    found: Any = sys.modules.get(value.__module__)
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return _is_library(value) and (found is value or (found is not None and not value.__closure__))


# Longer arrays and texts are told apart by a digest.
_LONGEST_ARRAY = 16
_LONGEST_TEXT = 1000


def _array(value: np.ndarray) -> str:
    if value.size <= _LONGEST_ARRAY:
        return repr(value.tolist())
    digest = _digest(np.ascontiguousarray(value).tobytes())
    return f"{value.dtype} of shape {list(value.shape)}, sha256 {digest}"


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_TEXT:
        return text
    return f"{text[:50]}... ({len(text)} characters, sha256 {_digest(text.encode())})"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
