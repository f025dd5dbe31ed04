"""Cross-references: backticks to public names, and types of other projects to their own pages.

The addresses of TensorFlow, TensorFlow Probability, TF-Agents, NumPy and Gymnasium follow from the
names, so no inventory is fetched.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from public_api import ROOT, public_names
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

_TENSORFLOW = "https://www.tensorflow.org/api_docs/python/tf/"
_PROBABILITY = "https://www.tensorflow.org/probability/api_docs/python/tfp/"
_AGENTS = "https://www.tensorflow.org/agents/api_docs/python/tf_agents/"
_GYMNASIUM = "https://gymnasium.farama.org/api/"
_RAY = "https://docs.ray.io/en/latest/ray-core/api/doc/"

# From a pattern of full names to the page of what matches.
_PAGES = [
    (r"(?:tf|tensorflow)\.(?:python\.framework\.\w+\.)?(Tensor|DType|Operation)", _TENSORFLOW),
    (r"(?:tf|tensorflow)\.((?:\w+\.)*\w+)", _TENSORFLOW),
    (r"tfd\.(\w+)", _PROBABILITY + "distributions/"),
    (r"tfb\.(\w+)", _PROBABILITY + "bijectors/"),
    (r"tensorflow_probability\.python\.(distributions|bijectors)\.\w+\.(\w+)", _PROBABILITY),
    (r"tf_agents\.((?:\w+\.)*\w+)", _AGENTS),
    # A union of stand-ins is not evaluated.
    (r"(PyEnvironment|TFEnvironment)", _AGENTS + "environments/"),
    (r"(?:np|numpy)\.((?:\w+\.)*\w+)", "https://numpy.org/doc/stable/reference/generated/numpy."),
    (r"gymnasium\.vector\.(?:\w+\.)*VectorEnv", _GYMNASIUM + "vector/"),
    (r"gymnasium\.(?:core\.)?Env", _GYMNASIUM + "env/"),
    (r"gymnasium\.(?:spaces\.)?Space", _GYMNASIUM + "spaces/"),
    (r"ray\.exceptions\.(\w+)", _RAY + "ray.exceptions."),
]
# What the standard library, typing and the package's private modules define has no page here.
_NO_PAGE = re.compile(
    r"(None|Any|NDArray|ArrayLike|Callable|Iterable|Iterator|Mapping|Sequence|Literal|Path|Union"
    r"|bool|float|int|str|object|tuple|dict|list|set|type|Protocol|NamedTuple|[A-Z]\w*Error"
    rf"|(typing|collections|pathlib|numpy\.typing|dataclasses|functools|abc|types|{ROOT})\..*)"
)


def _address(target: str) -> str | None:
    for pattern, page in _PAGES:
        if match := re.fullmatch(pattern, target):
            path = "/".join(match.groups())
            if "numpy.org" in page or page.startswith(_RAY):
                return f"{page}{path}.html"
            if page in (_TENSORFLOW, _AGENTS):
                return page + path.replace(".", "/")
            return page + path
    return None


def _public(target: str, node: pending_xref) -> str | None:
    """Returns the documented name that `target` means where it stands."""
    target = re.sub(r"^mx\.", f"{ROOT}.", target.removesuffix("()"))
    module, of_class = node.get("py:module"), node.get("py:class")
    prefixes = [f"{module}.{of_class}." if of_class else "", f"{module}." if module else "", ""]
    for prefix in [*prefixes, f"{ROOT}."]:
        if name := public_names().get(prefix + target):
            return name
    # A bare name that only one module exports.
    found = {name for name in public_names().values() if name.rpartition(".")[2] == target}
    return found.pop() if len(found) == 1 else None


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    python = env.domains.python_domain
    head, _, member = target.rpartition(".")
    owner = _public(head, node) if head else None
    for name in (_public(target, node), f"{owner}.{member}" if owner else None):
        if name in python.objects:
            entry = python.objects[name]
            return make_refnode(
                app.builder, node["refdoc"], entry.docname, entry.node_id, content, name
            )
    if address := _address(target):
        return nodes.reference("", "", content, internal=False, refuri=address)
    return content if node.get("optional") or _NO_PAGE.fullmatch(target) else None


class _NameRole(XRefRole):
    """Backticks: a link where the text is a public name, else code."""

    def process_link(
        self, env: BuildEnvironment, refnode: Any, has_title: bool, title: str, target: str
    ) -> tuple[str, str]:
        refnode["optional"] = True
        refnode["refdomain"], refnode["reftype"] = "py", "obj"
        refnode["py:module"] = env.ref_context.get("py:module")
        refnode["py:class"] = env.ref_context.get("py:class")
        return title, target


def setup(app: Sphinx) -> dict[str, Any]:
    """Adds the role of bare backticks and the resolver."""
    app.add_role("name", _NameRole(innernodeclass=nodes.literal))
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
