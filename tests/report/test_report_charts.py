"""The drawings of the report in real Chromium: their numbers, hostile texts, dark mode, phones."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.report.run import make_report
from tests.chromium import chromium
from tests.report.charts_world import CALIBRATION, charted_snapshot
from tests.report.report_world import SETTINGS, reported_snapshot

pytestmark = pytest.mark.browser

SECTIONS = ("distributions", "calibration", "curves", "categories", "hits")
CONTRAST = """
const [mark, property] = arguments;
const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
const rgb = (colour) => {
  canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const light = (colour) => {
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = rgb(colour).map((value) => linear(value / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const own = light(getComputedStyle(mark)[property]);
const behind = light(getComputedStyle(mark.closest("section")).backgroundColor);
return (Math.max(own, behind) + 0.05) / (Math.min(own, behind) + 0.05);
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return charted_snapshot(tmp_path_factory.mktemp("charts") / "snapshot")


@pytest.fixture(scope="module")
def report(snapshot: Snapshot) -> str:
    return make_report(snapshot, SETTINGS).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium("1440,900", ("browser",)) as opened:
        yield opened


def within(browser: webdriver.Chrome, selector: str) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def cells(browser: webdriver.Chrome, selector: str) -> list[list[str]]:
    """The texts of the cells of table rows."""
    return [[cell.text for cell in row.find_elements(By.CSS_SELECTOR, "th, td")] for row in within(browser, selector)]


def figure(browser: webdriver.Chrome, title: str) -> list[tuple[str, str, list[str]]]:
    """Text, text alternative and titles of the bars of each panel of a distribution."""
    (found,) = [drawing for drawing in within(browser, "#distributions figure") if drawing.text.startswith(title)]
    return [
        (
            panel.text,
            panel.find_element(By.TAG_NAME, "svg").get_attribute("aria-label") or "",
            [str(bar.get_attribute("textContent")) for bar in panel.find_elements(By.TAG_NAME, "rect")],
        )
        for panel in found.find_elements(By.CLASS_NAME, "panel")
    ]


def counted(title: str) -> tuple[int, float, int, float]:
    """Range, count and percentage in the title of a bar; an open range ends at infinity."""
    found = re.fullmatch(r"([\d,]+)(?: to ([\d,]+)| (or more))?: ([\d,]+) \(([\d.]+) %\)", title)
    assert found is not None, title
    low, high, is_open, count, percent = found.groups()
    whole = [int(part.replace(",", "")) for part in (low, high or low, count)]
    return whole[0], float("inf") if is_open else whole[1], whole[2], float(percent)


LENGTHS = {
    "Words of a review": lambda row: len(row["text"].split()),
    "Photographs of a review": lambda row: len(row["images"]),
    "Attributes that a review states": lambda row: len(row["attributes"]),
    "Candidates of a review": lambda row: len(row["candidates"]),
}


@pytest.mark.parametrize("title", LENGTHS)
def test_bars_and_words_agree_with_the_files(
    browser: webdriver.Chrome, report: str, snapshot: Snapshot, title: str
) -> None:
    browser.get(report)
    panels = figure(browser, title)
    for split, (text, words, bars) in zip(("train", "dev", "test"), panels, strict=True):
        values = [LENGTHS[title](row) for row in pl.read_parquet(snapshot.dataset / f"{split}.parquet").to_dicts()]
        median, most = statistics.median(values), max(values)
        assert text.startswith(f"{split}\nmedian {median:g}, maximum {most}")
        assert f"{split}, {len(values)} values: median {median:g}, maximum {most};" in words
        for low, high, count, percent in map(counted, bars):
            assert count == sum(low <= value <= high for value in values)
            assert percent == pytest.approx(100 * count / len(values), abs=0.051)
        assert sum(counted(bar)[2] for bar in bars) == len(values)


def test_bars_of_products_agree_with_the_files(browser: webdriver.Chrome, report: str, snapshot: Snapshot) -> None:
    browser.get(report)
    products = pl.read_parquet(snapshot.dataset / "products.parquet").to_dicts()
    splits = [pl.read_parquet(snapshot.dataset / f"{split}.parquet") for split in ("train", "dev", "test")]
    gold = [sku for table in splits for sku in table["sku"]]
    expected = {
        "Attributes of a product": [
            len({attribute["name"] for attribute in product["attributes"]}) for product in products
        ],
        "Reviews of a product": [gold.count(product["sku"]) for product in products],
    }
    for title, values in expected.items():
        ((text, _, bars),) = figure(browser, title)
        assert f"median {statistics.median(values):g}, maximum {max(values)}" in text
        for low, high, count, _ in map(counted, bars):
            assert count == sum(low <= value <= high for value in values)
        assert sum(counted(bar)[2] for bar in bars) == len(values)


def test_bars_start_at_the_axis_and_are_as_high_as_their_numbers(browser: webdriver.Chrome, report: str) -> None:
    browser.get(report)
    for plot in within(browser, "#distributions svg.plot"):
        bars = plot.find_elements(By.TAG_NAME, "rect")
        shares = [counted(str(bar.get_attribute("textContent")))[3] for bar in bars]
        heights = [bar.rect["height"] for bar in bars]
        highest = max(range(len(bars)), key=shares.__getitem__)
        for share, height in zip(shares, heights, strict=True):
            assert height * shares[highest] == pytest.approx(share * heights[highest], abs=0.06 * heights[highest] + 6)
        bottoms = [bar.rect["y"] + bar.rect["height"] for bar in bars if bar.rect["height"]]
        assert max(bottoms) - min(bottoms) < 1.5


def test_categories_hits_curves_and_calibrations(browser: webdriver.Chrome, report: str) -> None:
    browser.get(report)
    text = {name: browser.find_element(By.ID, name).text for name in SECTIONS}
    rows = cells(browser, "#categories tbody tr")
    assert [row[:2] for row in rows] == [["all\nfew reviews", "2"], ["PC Laptops\nfew reviews", "2"]]
    assert [row[3::2] for row in rows] == [["75.0", "50.0", "100.0"]] * 2
    assert "means over 2 runs" in text["categories"]
    (card,) = within(browser, "#hits article")
    assert "1 of 3 other rows wrong" in card.text
    assert "right in 2 of 2 runs · wrong: V2TEL · review r4" in card.text
    assert card.find_element(By.CSS_SELECTOR, ".side.predicted h4").text == "Chosen by V2TEL"
    assert [line.text for line in card.find_elements(By.CSS_SELECTOR, ".side .quiet")][-1].endswith("SKU p1")
    labels = [drawing.get_attribute("aria-label") for drawing in within(browser, "#curves svg")]
    assert labels[1] == (
        "image adapters, MRR on dev, % by epoch: Seed 13: loss 3.000 in the first epoch, 1.500 in the last; "
        "MRR on dev 25.0 % before training; chosen: epoch 2 of 3 with 50.0 %. Seed 14: loss 3.100 in the first epoch, "
        "2.200 in the last; MRR on dev 30.0 % before training; chosen: epoch 0 of 3 with 30.0 %"
    )
    assert [len(drawing.find_elements(By.CLASS_NAME, "line")) for drawing in within(browser, "#curves svg")] == [
        2,
        2,
        1,
    ]
    assert "From 1,531 labelled reviews, 397 of them informative: precision 93.8 %" in text["calibration"]
    assert "precision 93.4 % (95 %: 90.6 to 95.4)" in text["calibration"]
    assert "This build uses other thresholds" not in text["calibration"]
    bars = within(browser, "#calibration .mark.bar")
    shares = [
        [part.rect["width"] / bar.rect["width"] for part in bar.find_elements(By.TAG_NAME, "rect")] for bar in bars
    ]
    assert shares == [pytest.approx([0.25, 0.5, 0.25], abs=0.02), pytest.approx([0, 1, 0], abs=0.02)]
    verdicts = cells(browser, "#calibration .scores tbody tr")
    assert [row[0] for row in verdicts] == ["photographs and text\na product is named", "text\nno product is named"]
    assert [row[2:] for row in verdicts] == [["0.250", "0.750", "92", "91"], ["–", "1.000", "90", "80"]]


def test_the_filter_of_misses_hides_no_right_prediction(browser: webdriver.Chrome, report: str) -> None:
    browser.get(report)
    browser.find_element(By.ID, "clean").click()
    assert [card.is_displayed() for card in within(browser, "#misses article")] == [False]
    assert [card.is_displayed() for card in within(browser, "#hits article")] == [True]
    assert browser.find_element(By.ID, "shown").text == "0 shown"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_and_words_can_be_seen(browser: webdriver.Chrome, report: str, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(report)
    for selector, property_, least in (
        ("#distributions .plot .kept", "fill", 3),
        ("#curves .line", "stroke", 3),
        ("#curves .chosen", "stroke", 3),
        ("#distributions .panel small", "color", 4.5),
        ("#distributions .panel .axis", "color", 4.5),
        ("#curves .panel p", "color", 4.5),
        ("#categories tbody small", "color", 4.5),
        ("#calibration .lead", "color", 4.5),
    ):
        mark = browser.find_element(By.CSS_SELECTOR, selector)
        assert browser.execute_script(CONTRAST, mark, property_) >= least, selector
    filters = browser.execute_script(
        "return getComputedStyle(document.querySelector('#calibration .drawing')).filter !== 'none'"
    )
    assert filters == (scheme == "dark")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_nothing_is_wider_than_the_page(browser: webdriver.Chrome, report: str, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(report)
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    for name in SECTIONS:
        assert browser.find_element(By.CSS_SELECTOR, f'nav a[href="#{name}"]')
        assert browser.find_element(By.ID, name).get_attribute("aria-labelledby") == f"h-{name}"
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


ATTACKS = (
    "</script><script>window.taken=1</script><img src=x onerror=window.taken=1>\"' onfocus=window.taken=1 autofocus x='"
)


def test_no_text_of_a_file_runs_as_code(browser: webdriver.Chrome, tmp_path: Path) -> None:
    """Names of trainings, methods, channels and categories, warnings, thresholds, and a drawing with a script."""
    snapshot = charted_snapshot(tmp_path / "snapshot")
    line: dict[str, Any] = {"seed": 1, "epoch": 0, "loss": [None, 1.0], "dev": [0.1, 0.2]}
    write_json(snapshot.root / "baseline" / "curves.json", {ATTACKS: [line]})
    record = CALIBRATION | {"warnings": [ATTACKS], "thresholds": {ATTACKS: 1}, "recall_at": {ATTACKS: {"0.5": 1.0}}}
    write_json(snapshot.root / "settings" / "calibration.json", record)
    script = b"<script>parent.taken=1</script>"
    drawing = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="parent.taken=1">' + script + b"</svg>"
    )
    (snapshot.root / "settings" / "informativeness.svg").write_bytes(drawing)
    verdicts = {"low": 0.1, "high": 0.2, "known": 20, "unknown": 20}
    write_json(snapshot.root / "baseline" / "link" / "index.json", {"thresholds": {ATTACKS: verdicts}})
    path = snapshot.dataset / "products.parquet"
    table = pl.read_parquet(path).with_columns(categories=pl.lit([ATTACKS]))
    path.unlink()
    table.write_parquet(path)
    browser.get(make_report(snapshot, SETTINGS).as_uri())
    assert browser.execute_script("return window.taken") is None
    assert within(browser, "[onerror], [onload], [onfocus], iframe") == []
    for name in ("calibration", "curves", "categories"):
        assert "onerror=window.taken=1" in browser.find_element(By.ID, name).text.lower()
    assert "<script>alert('x')</script>" in browser.find_element(By.CSS_SELECTOR, "#hits blockquote").text
    problems = [entry for entry in browser.get_log("browser") if "favicon" not in entry["message"]]  # type: ignore[no-untyped-call]
    assert problems == []


def test_sections_without_their_files_name_the_command_that_writes_them(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    snapshot = reported_snapshot(tmp_path / "snapshot")
    browser.get(make_report(snapshot, SETTINGS).as_uri())
    text = {name: browser.find_element(By.ID, name).text for name in SECTIONS}
    assert "No calibration of this snapshot: ameli calibrate SNAPSHOT LABELS" in text["calibration"]
    assert "No thresholds yet: ameli link SNAPSHOT" in text["calibration"]
    assert "This baseline recorded no curves or trained nothing" in text["curves"]
    assert "No right prediction to show." in text["hits"]
    for path in (snapshot.root / "baseline").glob("*"):
        path.unlink()
    browser.get(make_report(snapshot, SETTINGS).as_uri())
    for name in ("curves", "categories", "hits"):
        assert "Baseline not run yet: ameli baseline SNAPSHOT" in browser.find_element(By.ID, name).text


def test_a_calibration_that_the_build_does_not_use_is_marked(browser: webdriver.Chrome, tmp_path: Path) -> None:
    snapshot = charted_snapshot(tmp_path / "snapshot")
    path = snapshot.root / "settings" / "calibration.json"
    write_json(path, CALIBRATION | {"thresholds": {"image_similarity": 0.11}, "warnings": ["too few labels"]})
    (snapshot.root / "settings" / "informativeness.svg").unlink()
    browser.get(make_report(snapshot, SETTINGS).as_uri())
    banners = [banner.text for banner in within(browser, "#calibration .banner")]
    assert banners == ["This build uses other thresholds than this calibration.", "too few labels"]
    assert within(browser, "#calibration img") == []
    path.write_text("{", encoding="utf-8")
    with pytest.raises(UnusableInput, match=r"calibration\.json: unreadable"):
        make_report(snapshot, SETTINGS)
