"""The guide's Python does what the guide says.

Oracle: Python itself, and what the pages claim of the results.
"""

import pathlib
import re
from typing import Any

import numpy as np
import pytest

import maxent_tf as mx

DOCS = pathlib.Path(__file__).parents[2] / "docs"


def code(page: str) -> str:
    """Returns a page's Python blocks, joined, at their line numbers."""
    lines, inside = [], False
    for line in (DOCS / "guide" / f"{page}.md").read_text().splitlines():
        fence = line.startswith("```")
        inside = (line == "```python") if fence else inside
        lines.append("" if fence or not inside else line)
    return "\n".join(lines)


def run(page: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(code(page), f"{page}.md", "exec"), namespace)
    return namespace


PAGES = {path.stem for path in (DOCS / "guide").glob("*.md") if code(path.stem).strip()}
# The page on TF-Agents is run where that is: tests/bridges/tf_agents/test_guide.py.
OTHERS = sorted(PAGES - {"first_ablation", "your_own", "tf_agents"})


def test_the_first_ablation_finds_what_the_page_says() -> None:
    # "Without entropy no learner finds the far goal. ... that falls from 0.3, all of them do."
    found = run("first_ablation")["found"]
    assert not found[0].any()
    assert found[2].all()


@pytest.mark.gate
@pytest.mark.parametrize("page", OTHERS)
def test_the_code_of_a_page_runs(
    page: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where files that a page writes are nobody's
    if page == "networks":
        pytest.importorskip("keras", minversion="3.0")
    run(page)


def test_what_one_brings_fits_in() -> None:
    names = run("your_own")
    # Entropy in bits at a price for each bit is entropy in nats at that price over log 2.
    nats = mx.tabular.soft_value_iteration(names["m"], [0.1 / np.log(2)])
    np.testing.assert_allclose(names["in_bits"].v, nats.v, atol=1e-9)
    assert np.isfinite(names["result"].history["entropy"]).all()
    assert float(names["warm_restarts"](500)) == pytest.approx(0.05)
    # The learner of one's own: Boltzmann's policy of two arms that pay 1 and .5, at alpha .5.
    np.testing.assert_allclose(names["chance"], 1 / (1 + np.exp(-1)), atol=0.1)


def test_numbers_on_the_page_of_temperatures() -> None:
    # Oracle: the functions that the page names.
    text = (DOCS / "theory" / "temperature.md").read_text()
    rows = re.findall(r"^\| (0\.\d+) \| (0\.\d+) \| (\d\.\d+) Δ \|$", text, re.MULTILINE)
    assert rows
    for fraction, probability, alpha in rows:
        target = float(fraction) * np.log(2)
        assert f"{mx.temperature.forced_probability(target):.3f}" == probability
        assert f"{mx.temperature.implied_alpha(1.0, target):.2f}" == alpha


def test_the_first_page_prints_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: the output that stands below each block of code.
    text = (DOCS / "index.md").read_text()
    blocks = re.findall(r"```(python|text)\n(.*?)```", text, flags=re.DOTALL)
    program = "".join(block for kind, block in blocks if kind == "python")
    shown = [block for kind, block in blocks if kind == "text"]
    exec(compile(program, "index.md", "exec"), {})
    assert capsys.readouterr().out == "".join(shown)


def test_every_experiment_has_its_row_among_the_claims() -> None:
    # Oracle: the pages of the experiments, and the bold verdict that each of them begins with.
    pages = {path.stem: path.read_text() for path in (DOCS / "experiments").glob("*.md")}
    pages.pop("index")
    rows = (DOCS / "claims.yml").read_text()
    assert set(re.findall(r"^- experiment: (\w+)$", rows, re.MULTILINE)) == set(pages)
    for name, text in pages.items():
        assert "**Claim.**" in text, name
        assert "**Verdict.**" in text, name
