"""The claims of the project and of its experiments, and the rows of the literature."""

import importlib
import inspect
import pathlib

import pytest

from experiments import claims, literature
from experiments.report.comparisons import COMPARISONS
from experiments.reproduce.__main__ import ROWS

PACKAGES = pathlib.Path(inspect.getfile(claims)).parent


def test_there_are_twelve_claims_and_their_experiments_exist() -> None:
    # Oracle: the packages, the rows of the literature, and the code that draws the figures.
    rows = claims.main_claims()
    assert [row.number for row in rows] == [f"C{i}" for i in range(1, 13)]
    numbers = {row.number for row in literature.rows()}
    for row in rows:
        assert set(row.literature) <= numbers
        for name in row.experiments:
            assert importlib.import_module(f"experiments.{name}").RUN_TIME
        drawn = inspect.getsource(
            importlib.import_module(f"experiments.{row.experiments[0]}.figures")
        )
        assert f'"{row.figure}"' in drawn


def test_every_experiment_has_its_claim_and_tests_one_of_the_project_or_one_of_its_own() -> None:
    # Oracle: the pages of the documentation.
    pages = {path.stem for path in (claims.DOCS / "experiments").glob("*.md")} - {"index"}
    assert sorted(row.experiment for row in claims.experiment_claims()) == sorted(pages)
    tested = {name for row in claims.main_claims() for name in row.experiments}
    further = {row.experiment for row in claims.further_claims()}
    assert tested | further == pages
    assert not tested & further


def test_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match="not 'perhaps'"):
        claims.Claim(claim="x", verdict="perhaps", finding="y")


def test_every_row_of_the_literature_says_what_measures_it() -> None:
    # Oracle: the rows that are reproduced, and the experiments that can be compared.
    rows = literature.rows()
    assert [row.number for row in rows] == [f"R{i}" for i in range(1, 25)]
    assert [row.number for row in rows if "reproduce" in row.measured_by] == list(ROWS)
    others = {name for row in rows for name in row.measured_by} - {"reproduce"}
    assert others == COMPARISONS.keys()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "heard"}, "kind of R0 is not in"),
        ({"measured_by": []}, "R0 needs measured_by or missing"),
    ],
)
def test_a_row_that_says_too_little_is_refused(changes: dict, message: str) -> None:
    fields = {
        "number": "R0",
        "result": "x",
        "target": "1",
        "kind": "theorem",
        "source": "y",
        "measured_by": ["z"],
    }
    with pytest.raises(ValueError, match=message):
        literature.Row(**fields | changes)
