"""The bibliography has every paper that a docstring of the package cites.

Oracle: the addresses in the sources themselves.
"""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]


def test_papers_cited_in_docstrings_are_in_the_bibliography() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "maxent_tf").rglob("*.py"))
    cited = set(re.findall(r"https?://(?:arxiv\.org/abs|doi\.org)/[^\s,;\"]*[\w]", sources))
    bibliography = (ROOT / "docs" / "references.bib").read_text()
    assert len(cited) > 40
    assert not {address for address in cited if f"{{{address}}}" not in bibliography}
