"""What autodoc is told about the package's docstrings, which are written to be read as they are."""

from __future__ import annotations

import re
from typing import Any

from public_api import data_comment
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject

# A shape with a batch in front, [*P, B], which reStructuredText would take for emphasis.
_SHAPE = re.compile(r"\[(?:[^\[\]]*, )?\*\w+[^\[\]]*\]")
_WITHOUT_SECTIONS = ("attribute", "data", "property")
_kept: dict[str, list[str]] = {}  # docstrings by name, as they were before Napoleon


def _quote_shapes(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = line.split("`")
            # Every second part stands between backticks already.
            parts[::2] = [_SHAPE.sub(r"``\g<0>``", part) for part in parts[::2]]
            lines[i] = "`".join(parts)


def _comment_data(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    # Autodoc looks for the comment in the module that exports, not in the one that defines.
    if what == "data":
        lines[:] = data_comment(name)


def _keep_summary(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    if what in _WITHOUT_SECTIONS:
        _kept[name] = list(lines)


def _restore_summary(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    # Napoleon takes what stands before a colon in these for a type.
    if any(line.startswith(":type:") for line in lines):
        lines[:] = _kept.get(name, lines)


def _elide_factories(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: Any
) -> tuple[str | None, Any]:
    # The signature of a dataclass shows `<factory>`, which is no Python, for a default it makes.
    return signature and signature.replace("<factory>", "..."), returns


def _skip_foreign(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    # TFP's metaclass copies methods, with docstrings in Markdown, into every distribution. The
    # fields of a NamedTuple are told under its "Attributes:".
    foreign = str(getattr(obj, "__module__", "")).startswith("tensorflow_probability")
    field = str(getattr(obj, "__doc__", "")).startswith("Alias for field number")
    return True if foreign or field else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects the changes to autodoc; Napoleon reads docstrings at priority 500."""
    app.connect("autodoc-process-docstring", _comment_data, priority=50)
    app.connect("autodoc-process-docstring", _quote_shapes, priority=100)
    app.connect("autodoc-process-docstring", _keep_summary, priority=150)
    app.connect("autodoc-process-docstring", _restore_summary, priority=550)
    app.connect("autodoc-process-signature", _elide_factories)
    app.connect("autodoc-skip-member", _skip_foreign)
    for field in PyObject.doc_field_types:
        if field.name == "variable":  # what Napoleon makes of "Attributes:"
            field.label = "Attributes"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
