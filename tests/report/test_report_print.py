"""The report on paper: Chromium prints it, and its pages are counted."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from ameli_build.core.snapshot import write_json
from ameli_build.provenance import write_run_record
from ameli_build.report.run import make_report
from tests import made
from tests.chromium import chromium
from tests.report.report_world import SETTINGS, made_scores, row, write_predictions

pytestmark = pytest.mark.browser
WIDTH, HEIGHT = 703, 1032
"""A page of A4 without its margins, in CSS pixels."""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium("1300,900", ("browser",)) as opened:
        yield opened


def reported(root: Path, monkeypatch: pytest.MonkeyPatch, misses: int, words: int = 20) -> str:
    """The URL of a report with this many misses, each with a text of this many words."""
    tested = [f"t{n}" for n in range(misses)]
    reviews = {"r1": "train", "r2": "train", "r3": "dev", **dict.fromkeys(tested, "test")}
    monkeypatch.setattr(made, "SPLIT_OF", reviews)
    monkeypatch.setattr(made, "PRODUCT_OF", dict.fromkeys(reviews, "p4"))
    snapshot = made.released_snapshot(root, SETTINGS)
    path = snapshot.dataset / "test.parquet"
    table = pl.read_parquet(path).with_columns(text=pl.concat_str("text", pl.lit(" lovely" * words)))
    path.unlink()
    table.write_parquet(path)
    write_predictions(snapshot, [row(review, ["p1", "p4"], ["p1", "p4"], 0.8) for review in tested])
    write_json(snapshot.root / "baseline" / "scores.json", made_scores().as_json())
    write_run_record(snapshot, SETTINGS, "build")
    return make_report(snapshot, SETTINGS).as_uri()


def pages(browser: webdriver.Chrome) -> int:
    """How many pages Chromium prints."""
    asked = {"printBackground": True, "preferCSSPageSize": True}
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", asked)["data"])
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.fixture
def paper(browser: webdriver.Chrome) -> Iterator[None]:
    """The window is a page of paper."""
    size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    yield
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_light(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.get(reported(tmp_path / "snapshot", monkeypatch, 1))
    ink = "return getComputedStyle(document.body).color"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": features})
    assert (browser.execute_script(ink) == "rgb(29, 33, 38)") == (scheme == "light")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": features})
    assert browser.execute_script(ink) == "rgb(29, 33, 38)"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def shown(browser: webdriver.Chrome, selector: str) -> int:
    return sum(element.is_displayed() for element in browser.find_elements(By.CSS_SELECTOR, selector))


def test_thirty_misses_are_as_long_as_six(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for misses in (1, 6, 30):
        browser.get(reported(tmp_path / str(misses), monkeypatch, misses))
        counts.append(pages(browser))
    assert counts[0] < counts[1] == counts[2] <= 8


@pytest.mark.usefixtures("paper")
def test_elements_for_screens_only_are_not_printed(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.get(reported(tmp_path / "snapshot", monkeypatch, 8))
    assert shown(browser, "nav, button, input, .files, summary") == 0
    assert shown(browser, "article") == 6
    assert shown(browser, "#claims table, #retrieval table, #linking table, #data table") == 6
    after = "return getComputedStyle(document.getElementById('misses'), '::after').content"
    assert browser.execute_script(after) == '"The first six cards. The page itself has all."'
    beyond = (
        "[...document.querySelectorAll('main *')].filter((node) => node.getBoundingClientRect().right > innerWidth)"
    )
    assert browser.execute_script(f"return {beyond}.map((node) => node.outerHTML.slice(0, 90))") == []


@pytest.mark.usefixtures("paper")
@pytest.mark.parametrize("words", [0, 120, 400])
def test_a_card_fits_on_a_page_whole(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: int
) -> None:
    browser.get(reported(tmp_path / "snapshot", monkeypatch, 2, words))
    cards = browser.find_elements(By.TAG_NAME, "article")
    assert [card.value_of_css_property("break-inside") for card in cards] == ["avoid", "avoid"]
    assert max(card.size["height"] for card in cards) < HEIGHT
    quote = "return [...document.querySelectorAll('blockquote')].every((q) => q.scrollHeight <= q.clientHeight + 1)"
    assert browser.execute_script(quote)
