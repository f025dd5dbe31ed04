"""The built site, read as its visitors do: in Chromium, from a server on this machine.

Run `sphinx-build docs docs/_build/html` first. Oracle: the browser, and the files that were built.
"""

import functools
import http.server
import pathlib
import threading
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SITE = pathlib.Path(__file__).parents[2] / "docs" / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
WAIT = 30  # seconds, for what should take a fraction of one


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and keeps its log to itself."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    assert PAGES, f"nothing is built in {SITE}"
    handler = functools.partial(Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def until(browser: Any, script: str) -> Any:
    """Returns what a script returns, once that is true."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, WAIT).until(lambda driver: driver.execute_script(script))


def complaints(browser: Any) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_every_page_loads_without_an_error(browser: Any, address: str) -> None:
    wrong = {}
    for page in PAGES:
        browser.get(address + page)
        # All of it comes from this server, and every picture is one.
        foreign, broken = browser.execute_script(
            """
            const urls = performance.getEntriesByType("resource").map(entry => entry.name);
            const images = [...document.images].filter(i => i.loading != "lazy");
            return [
              urls.filter(url => !url.startsWith(location.origin) && !url.startsWith("data:")),
              images.filter(i => i.complete && !i.naturalWidth).map(i => i.src),
            ];
            """
        )
        if found := [*complaints(browser), *foreign, *broken]:
            wrong[page] = found
    assert not wrong


def test_every_link_within_the_site_leads_somewhere(browser: Any, address: str) -> None:
    targets: dict[str, set[str]] = {}
    links = set()
    for page in PAGES:
        browser.get(address + page)
        ids, hrefs = browser.execute_script(
            """
            return [
              [...document.querySelectorAll("[id]")].map(e => e.id),
              [...document.links].map(e => e.href),
            ];
            """
        )
        targets[page] = {"", *ids}
        links |= {(page, href) for href in hrefs if href.startswith(address)}
    dead = []
    for page, href in sorted(links):
        parts = urllib.parse.urlsplit(href)
        path = urllib.parse.unquote(parts.path).lstrip("/") or "index.html"
        fragment = urllib.parse.unquote(parts.fragment)
        there = fragment in targets[path] if path in targets else (SITE / path).is_file()
        if not there:
            dead.append((page, href))
    assert not dead


def test_mathematics_is_typeset(browser: Any, address: str) -> None:
    for page in ("theory/squashed_gaussian.html", "theory/rates.html"):
        browser.get(address + page)
        formulas = len(browser.find_elements("css selector", ".math"))
        assert formulas > 5
        typeset = 'document.querySelectorAll(".math mjx-container mjx-math").length'
        until(browser, f"return {typeset} >= {formulas}")
        assert not browser.find_elements("css selector", "mjx-merror")


def test_figures_are_shown(browser: Any, address: str) -> None:
    for page in ("experiments/premature_convergence.html", "examples/plot_four_rooms.html"):
        browser.get(address + page)
        # Lazy ones load as they come into view.
        size = """
            const images = [...document.querySelectorAll("article img")];
            images.forEach(image => image.loading = "eager");
            return images.length && images.every(i => i.complete && i.naturalWidth > 100);
        """
        assert until(browser, size)


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("squashed", "squashed_gaussian"),
        ("hyperparameters", "learners/sac"),
        ("save policy", "guide/checkpoints"),
        ("load model", "guide/checkpoints"),
        ("resume", "guide/checkpoints"),
        ("environment", "guide/gymnasium"),
        ("illegal actions", "guide/gymnasium"),
        ("video", "guide/gymnasium"),
        ("command line", "guide/install"),
    ],
)
def test_search_finds_the_page_that_tells(
    browser: Any, address: str, words: str, page: str
) -> None:
    # Oracle: the page on which the subject stands.
    browser.get(f"{address}search.html?q={urllib.parse.quote(words)}")
    links = """[...document.querySelectorAll("ul.search li a")].map(e => e.href)"""
    assert until(browser, f"return {links}.some(href => href.includes('{page}'))")


def test_a_figure_is_a_link_to_itself_at_full_size(browser: Any, address: str) -> None:
    # Oracle: the server, which must have the address that the link names.
    browser.get(f"{address}experiments/premature_convergence.html")
    pairs = browser.execute_script(
        """
        const images = [...document.querySelectorAll("article img")];
        return images.map(i => [i.src, i.closest("a") ? i.closest("a").href : ""]);
        """
    )
    assert pairs
    assert all(source == target for source, target in pairs)


def test_pages_fit_a_telephone(browser: Any, address: str) -> None:
    browser.set_window_size(420, 900)
    wide = {}
    for page in PAGES:
        browser.get(address + page)
        excess = browser.execute_script(
            "return document.documentElement.scrollWidth - window.innerWidth"
        )
        if excess > 0:
            wide[page] = excess
    assert not wide
