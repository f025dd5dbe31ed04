"""On the site, every figure of a page is a link to itself at full size."""

from __future__ import annotations

import posixpath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri


def _link(app: Sphinx, doctree: nodes.document, page: str) -> None:
    if app.builder.format != "html":
        return
    here = app.builder.get_target_uri(page)
    for image in list(doctree.findall(nodes.image)):
        # What has no entry is another site's; what stands in a link leads elsewhere already.
        stored = app.env.images.get(image["uri"])
        if stored is None or isinstance(image.parent, nodes.reference):
            continue
        address = posixpath.join(relative_uri(here, app.builder.imagedir), stored[1])
        link = nodes.reference("", "", internal=True, refuri=address, classes=["full-size"])
        image.replace_self(link)
        link += image


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects the change to the writing of each page."""
    app.connect("doctree-resolved", _link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
