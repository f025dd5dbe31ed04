"""The page of all stored results in Chromium, on a telephone and on a desk, light and dark."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.experiments.report_pages import report, run

# The width that the page lacks, texts of too little contrast, the widths of figures, and how bright
# the page is.
_MEASURES = """
const done = arguments[0];
const luminance = color => {
  const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255).map(
    x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = element => {
  const color = getComputedStyle(element).backgroundColor;
  return color == "rgba(0, 0, 0, 0)" ? behind(element.parentElement) : color;
};
const ratio = element => {
  const pair = [luminance(getComputedStyle(element).color), luminance(behind(element))];
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
};
const texts = [...document.querySelectorAll("body *")].filter(e => e.innerText);
const images = [...document.images];
images.forEach(image => image.loading = "eager");
Promise.all(images.map(image => image.decode())).then(() => done([
  document.documentElement.scrollWidth - window.innerWidth,
  texts.map(e => [e.tagName, e.className, ratio(e)]).filter(t => t[2] < 4.5),
  images.map(image => image.naturalWidth),
  luminance(behind(document.body)),
]));
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    output = tmp_path_factory.mktemp("results")
    run(output)
    return output


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_fits_and_reads_in_a_browser(
    results: pathlib.Path, browser: Any, width: int, scheme: str
) -> None:
    # Oracle: the browser, and the ratio of luminances, 4.5, that WCAG 2 asks of text.
    report(results)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
    browser.get((results / "report.html").as_uri())
    excess, contrasts, widths, page = browser.execute_async_script(_MEASURES)
    assert excess <= 0
    assert not contrasts
    assert len(widths) == 2
    assert min(widths) > 100
    assert (page < 0.05) == (scheme == "dark")
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
