"""The page of all stored results: what it shows, what it names as missing, and what it loads."""

from __future__ import annotations

import importlib
import json
import pathlib
import pkgutil
import urllib.parse
from collections.abc import Callable

import pytest

import experiments
from experiments import check, literature
from experiments.claims import DOCS, further_claims, main_claims
from experiments.report import __main__ as command
from experiments.report import stored
from experiments.reproduce import __main__ as reproduce
from tests.experiments.report_pages import Page, report, run, write

NAMES = [
    module.name
    for module in pkgutil.iter_modules(experiments.__path__)
    if hasattr(importlib.import_module(f"experiments.{module.name}"), "RUN_TIME")
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    output = tmp_path_factory.mktemp("results")
    run(output)
    return output


@pytest.fixture(scope="module")
def page(results: pathlib.Path) -> Page:
    return report(results)


def test_every_claim_every_row_and_every_experiment_has_its_place(page: Page) -> None:
    # Oracle: twelve claims and twenty-four rows by their numbers, and the packages.
    for row in main_claims():
        assert row.claim in page.texts[row.number]
        assert row.verdict in page.texts[row.number]
    for row in literature.rows():
        assert row.result in page.texts[row.number]
    expected = {f"C{i}" for i in range(1, 13)} | {f"R{i}" for i in range(1, 25)} | set(NAMES)
    assert expected <= page.texts.keys()
    for row in further_claims():
        assert row.claim in page.texts["further"]


def test_what_is_stored_stands_there_and_what_is_not_is_missing(
    results: pathlib.Path, page: Page
) -> None:
    # Oracle: the summaries themselves, and the folders that there are.
    there = {"deep_sea_exact", "maxent_irl"}
    for name in NAMES:
        said = page.texts["missing"]
        if name in there:
            summary = json.loads((results / name / "summary.json").read_text())
            for sentence in summary["verdict"].splitlines():
                assert sentence in page.texts[name]
            assert f"{name} : only a quick run is stored" in said
            assert page.texts[name].startswith(f"{name} quick run")
        else:
            run_time = importlib.import_module(f"experiments.{name}").RUN_TIME
            assert f"{name} : not stored; a full run takes {run_time}:" in said
            assert f"python -m experiments.{name}" in page.texts[name]
    headline = json.loads((results / "deep_sea_exact" / "summary.json").read_text())["verdict"]
    assert f"deep_sea_exact : quick run {headline.splitlines()[0]}" in page.texts["C10"]
    assert "python -m experiments.exploration" in page.texts["C10"]


def test_targets_stand_beside_what_was_measured(page: Page) -> None:
    # Oracle: the row, run anew.
    checks = [each.as_row() for each in reproduce.ROWS["R5"]()]
    assert "3 of 3 hold" in page.texts["R5"]
    for texts in map(check.texts, checks):
        cells = (texts[name] for name in ("what", "target", "measured", "tolerance"))
        assert f"{' '.join(cells)} holds" in page.texts["R5"]
    assert "not measured" in page.texts["R2"]
    assert "python -m experiments.reproduce --rows R2" in page.texts["missing"]


def test_the_page_loads_nothing_but_the_figures_beside_it(
    results: pathlib.Path, page: Page
) -> None:
    # Oracle: the files in the folder of results; style sheets may load as well.
    figures = {path.relative_to(results).as_posix() for path in results.glob("*/*.png")}
    loaded = {urllib.parse.unquote(url) for url in page.loaded if not url.startswith("data:")}
    assert loaded == figures
    text = (results / "report.html").read_text()
    assert "url(" not in text
    assert "@import" not in text
    assert not {"script", "iframe", "object", "embed"} & {tag for tag, _ in page.tags}


def test_every_experiment_has_a_link_to_its_page_or_lacks_one(page: Page) -> None:
    # Oracle: the files of the documentation.
    for name in NAMES:
        linked = any(f"/experiments/{name}." in link for link in page.links)
        assert linked == (DOCS / "experiments" / f"{name}.md").exists()
        assert (f"{name} : no page in the documentation" in page.texts["missing"]) != linked


def test_every_link_within_the_checkout_leads_somewhere(results: pathlib.Path, page: Page) -> None:
    # Oracle: the elements of the page, and the files of the checkout.
    ids = {values.get("id") for _, values in page.tags}
    for link in page.links:
        parts = urllib.parse.urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https"
        elif parts.path:
            assert (results / urllib.parse.unquote(parts.path)).is_file(), link
        else:
            assert parts.fragment in ids, link
    assert all(values["alt"] for tag, values in page.tags if tag == "img")


def test_texts_of_results_are_escaped(tmp_path: pathlib.Path) -> None:
    # Oracle: the parser: no such element, and the text as it is stored.
    verdict = 'alpha < 1 & "more" <script>alert(1)</script>\nA second sentence.'
    write(tmp_path, "rates", {"rows": [], "verdict": verdict})
    page = report(tmp_path)
    assert not [tag for tag, _ in page.tags if tag == "script"]
    assert verdict.replace("\n", " ") in page.texts["rates"]
    assert verdict.splitlines()[0] in page.texts["C2"]
    assert "A second sentence." not in page.texts["C2"]
    assert "rates/a%20b%231.png" in page.loaded
    assert "rates is stored without the figure u_shape.png" in page.texts["C2"]


def test_provenance_is_that_of_the_result(tmp_path: pathlib.Path) -> None:
    # Oracle: what was stored by hand; a package that is not installed has no version.
    write(tmp_path, "rates", {"rows": [], "verdict": "Well."})
    said = report(tmp_path).texts["provenance"]
    assert "rates 2031-02-03 012345678* abacus, 3 cores /device:CPU:0 3 min seeds: 7" in said
    assert "1 of 1 results: python 3.99.0." in said
    assert "mujoco" not in said


def test_what_falls_short_is_told(tmp_path: pathlib.Path) -> None:
    # Oracle: by hand: one of two checks holds, and a null is what JSON has for infinity.
    rows = [
        {**each, "row": "R3", "tolerance": 0.1, "kind": "absolute"}
        for each in (
            {"what": "one", "target": 2.0, "measured": None, "holds": False},
            {"what": "other", "target": 2.0, "measured": 2.05, "holds": True},
        )
    ]
    write(tmp_path, "reproduce/R3", {"rows": rows, "verdict": "Well."})
    page = report(tmp_path)
    assert "1 of 2 hold" in page.texts["R3"]
    assert "one 2 not finite 0.1 falls short other 2 2.05 0.1 holds" in page.texts["R3"]


def test_a_folder_without_results_is_all_missing(tmp_path: pathlib.Path) -> None:
    # Oracle: the numbers of claims, rows and experiments.
    page = report(tmp_path)
    assert page.loaded == ["data:,"]
    assert all(f"python -m experiments.{name}" in page.texts["missing"] for name in NAMES)
    assert "Nothing is stored." in page.texts["provenance"]


def _cut(path: pathlib.Path) -> None:
    path.write_text(path.read_text()[:20])


def _empty(path: pathlib.Path) -> None:
    path.write_text("{}")


@pytest.mark.parametrize("file", ["summary.json", "provenance.json"])
@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (_cut, "cannot be read"),
        (_empty, "lacks the entries"),
        (pathlib.Path.unlink, "cannot be read"),
    ],
)
def test_files_that_no_experiment_wrote_are_named(
    tmp_path: pathlib.Path, file: str, harm: Callable[[pathlib.Path], None], message: str
) -> None:
    # Oracle: the errors that the docstring promises.
    write(tmp_path, "rates", {"rows": [], "verdict": "Well."})
    harm(tmp_path / "rates" / file)
    if (file, harm) == ("summary.json", pathlib.Path.unlink):
        assert stored.read(tmp_path, "rates") is None
        return
    with pytest.raises(ValueError, match=rf"rates.{file} {message}.*run the experiment again"):
        command.main(command.Arguments(tmp_path))


def test_a_folder_that_does_not_exist_is_refused(tmp_path: pathlib.Path) -> None:
    # Oracle: the error that names the argument, its value and the remedy.
    with pytest.raises(ValueError, match=r"--output .*nowhere is no folder: run an experiment"):
        command.Arguments(tmp_path / "nowhere")


def test_the_command_prints_what_the_page_counts(
    results: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: two experiments and two rows were run, R5 with three checks and R18 with two.
    report(results)
    said = capsys.readouterr().out
    assert f"2 of {len(NAMES)} experiments are stored, and 2 of 24 results" in said
    assert "5 of 5 checks" in said
