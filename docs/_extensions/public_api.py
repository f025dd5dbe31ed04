"""The public names of the package, and a warning for each that the reference leaves out.

A name is public if it is in the `__all__` of the package or of a module in there, and so on down,
or in that of a package that is imported by its own name alone. What several modules export is
documented once, in the deepest of them.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import types
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.autodoc.mock import mock
from sphinx.pycode import ModuleAnalyzer
from sphinx.util import logging
from sphinx.util.inspect import signature

ROOT = "maxent_tf"
# Public too, but imported by their own names alone. What some of them need is not here to build the
# site.
BESIDE = (
    *(f"maxent_tf.bridges.{name}" for name in ("onnx", "saved_model", "tf_agents", "tflite")),
    "maxent_tf.distributed",
)
_log = logging.getLogger(__name__)


def _import_beside(path: str) -> None:
    with mock(["tf_agents", "onnx", "ray"]):
        module = importlib.import_module(path)
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value):
            # Autodoc would find that of the stand-in's `__new__`.
            value.__signature__ = signature(value.__init__, bound_method=True)


for _path in BESIDE:
    _import_beside(_path)


def modules() -> Iterator[types.ModuleType]:
    """Yields the public modules: those reached through `__all__`, deepest first."""
    for path in BESIDE:
        yield from _reached(path)
    yield from _reached(ROOT)


def _reached(name: str) -> Iterator[types.ModuleType]:
    module = importlib.import_module(name)
    for member in getattr(module, "__all__", ()):
        if inspect.ismodule(getattr(module, member)):
            yield from _reached(f"{name}.{member}")
    yield module


def is_data(value: Any) -> bool:
    """Whether a public value is neither a module nor a class or function of the package."""
    if inspect.ismodule(value):
        return False
    ours = str(getattr(value, "__module__", "")).startswith(ROOT)
    return not (ours and (inspect.isclass(value) or inspect.isroutine(value)))


def data() -> dict[str, list[str]]:
    """Returns the public data of each module that has any; `__version__` is told in the text."""
    found = {}
    for module in modules():
        members = [m for m in getattr(module, "__all__", ()) if is_data(getattr(module, m))]
        found[module.__name__] = [m for m in members if not m.startswith("__")]
    return found


def data_comment(name: str) -> list[str]:
    """Returns the lines of the `#:` comment on a datum, there or in the module that defines it."""
    module, _, member = name.rpartition(".")
    package = importlib.import_module(module)
    inner = pkgutil.iter_modules(getattr(package, "__path__", []), f"{module}.")
    for candidate in [module, *(info.name for info in inner)]:
        comments = ModuleAnalyzer.for_module(candidate).find_attr_docs()
        if comment := comments.get(("", member)):
            return comment
    return []


@functools.cache
def public_names() -> dict[str, str]:
    """Returns where each public class, function and datum is documented.

    Returns:
      From every name it goes by, that of its definition and those of all its exports, to the one
      under which the reference has it.
    """
    names: dict[str, str] = {}
    for module in modules():
        for member in getattr(module, "__all__", ()):
            value = getattr(module, member)
            exported = f"{module.__name__}.{member}"
            if member in data()[module.__name__]:
                names[exported] = exported
            elif not (inspect.ismodule(value) or is_data(value)):
                defined = f"{value.__module__}.{value.__qualname__}"
                names[exported] = names.setdefault(defined, exported)
    return names


def undocumented(documented: set[str]) -> Iterator[str]:
    """Yields what is wrong with the reference.

    Args:
      documented: the full names of everything that the reference describes.
    """
    for module in modules():
        if not inspect.getdoc(module):
            yield f"{module.__name__} has no docstring"
        if module.__name__ not in documented:
            yield f"{module.__name__} is missing from the reference"
        if not hasattr(module, "__all__"):
            yield f"{module.__name__} does not say what is public: it has no __all__"
    for name in sorted(set(public_names().values())):
        module, _, member = name.rpartition(".")
        value = getattr(importlib.import_module(module), member)
        if name not in documented:
            yield f"{name} is missing from the reference"
        if is_data(value):
            if not data_comment(name):
                yield f"{name} has no comment that begins with #: where it is defined"
            continue
        if not _own_docstring(value):
            yield f"{name} has no docstring"
        if inspect.isclass(value):
            for method, function in vars(value).items():
                if _is_public_method(method, function) and not inspect.getdoc(function):
                    yield f"{name}.{method} has no docstring"


def _own_docstring(value: Any) -> str | None:
    # A class without one would show its base's, a NamedTuple the list of its fields.
    text = value.__doc__
    generated = inspect.isclass(value) and text and text.startswith(f"{value.__name__}(")
    return None if generated else text


def _is_public_method(name: str, value: Any) -> bool:
    method = inspect.isroutine(value) or isinstance(value, property | classmethod | staticmethod)
    return method and not name.startswith("_")


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    documented = {name for name, *_ in env.domains.python_domain.get_objects()}
    for problem in undocumented(documented):
        _log.warning(problem, type="public_api")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects the check to the build."""
    app.connect("env-check-consistency", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
