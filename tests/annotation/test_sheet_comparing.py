"""Products compared on a sheet in real Chromium: filter, pins, categories, attributes of the review, zoom, layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from ameli_build.annotation.sheets import export_sheets
from ameli_build.core.settings import load_settings
from tests.sheet_page import click, errors, listed, press, show, snapshot_of, text

pytestmark = pytest.mark.browser
SETTINGS = load_settings("demo")
REVIEW = "Scrolling at 144 Hz spoiled me. Went with the 1tb drive. The silver colour looks sharp."
LAPTOPS, TVS = ["Best Buy", "PC Laptops"], ["Best Buy", "All Flat-Screen TVs"]


def laptop(drive: str, rate: str, colour: str) -> dict[str, Any]:
    attributes = [("Screen Size", "14 inches"), ("Solid State Drive Capacity", drive), ("Refresh Rate", rate)]
    return {"name": f"Laptop {drive} {colour}", "categories": LAPTOPS, "attributes": [*attributes, ("Color", colour)]}


PRODUCTS = [
    laptop("512 gigabytes", "144 hertz", "Silver"),
    laptop("1000 gigabytes", "60 hertz", "Silver"),
    laptop("1000 gigabytes", "144 hertz", "Silver"),
    laptop("1000 gigabytes", "144 hertz", "Black <b>ink</b>"),
    {"name": 'TV 14"', "categories": TVS, "attributes": [("Screen Size", '27"'), ("Refresh Rate", "144 hertz")]},
    {"name": "TV 144", "categories": TVS, "attributes": [("Screen Size", "55 inches"), ("Refresh Rate", "144 hertz")]},
]


@pytest.fixture
def opened(browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> webdriver.Chrome:
    """The browser with a sheet of three reviews, each with four laptops and two TVs."""
    snapshot = snapshot_of(tmp_path / "snapshot", monkeypatch, PRODUCTS, REVIEW)
    show(browser, export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)[0])
    return browser


@pytest.mark.parametrize(
    ("query", "found", "marks"),
    [
        ("1tb", [2, 3, 4], {"1000 gigabytes"}),
        ("144", [1, 3, 4, 5, 6], {"144"}),
        ("144hz", [1, 3, 4, 5, 6], {"144 hertz"}),
        ("14in", [1, 2, 3, 4, 5], {"14 inches", '14"'}),
        ("27 inch", [5], {'27"'}),
        ("SILV", [1, 2, 3], {"Silver"}),
        ("1tb black", [4], {"1000 gigabytes", "Black"}),
        ("<b>ink", [4], {"Black", "b", "ink"}),
        ("nothing such", [], set()),
    ],
)
def test_the_filter_finds_products_by_value(
    opened: webdriver.Chrome, query: str, found: list[int], marks: set[str]
) -> None:
    press(opened, "f", query)
    assert listed(opened) == found
    assert {mark.text for mark in opened.find_elements(By.CSS_SELECTOR, "#candidates mark")} == marks
    press(opened, Keys.ESCAPE)
    assert listed(opened) == [1, 2, 3, 4, 5, 6]
    assert not opened.find_elements(By.CSS_SELECTOR, "#candidates mark, #candidates b b")
    assert errors(opened) == []


def test_a_filter_hides_no_answer(opened: webdriver.Chrome) -> None:
    press(opened, "2", "f", "144")  # the marked product is hidden
    click(opened, "#review h2")
    press(opened, Keys.ENTER)
    assert text(opened, "progress-text") == "0 of 3 answered"
    press(opened, "2")  # a number brings its product back
    assert listed(opened) == [1, 2, 3, 4, 5, 6]
    press(opened, "f", "144", Keys.ENTER, Keys.ARROW_DOWN, Keys.ENTER)
    click(opened, "#back")
    assert text(opened, "chosen").startswith("3. Laptop")


def test_ruled_out_products_can_be_hidden(opened: webdriver.Chrome) -> None:
    press(opened, "2", "x", "5", "x")
    assert listed(opened) == [1, 2, 3, 4, 5, 6]
    click(opened, "#hide")
    assert listed(opened) == [1, 3, 4, 6]
    assert text(opened, "left") == "4 of 6 products left, 4 shown"
    press(opened, "1", Keys.ARROW_DOWN, Keys.ENTER)
    assert listed(opened) == [1, 2, 3, 4, 5, 6]  # of the next review
    click(opened, "#back")
    assert text(opened, "chosen").startswith("3. ")
    press(opened, "h")
    assert listed(opened) == [1, 2, 3, 4, 5, 6]


def test_pinned_products_are_compared_in_a_table(opened: webdriver.Chrome) -> None:
    press(opened, "3", "p", "v")
    assert not opened.find_element(By.ID, "compare").is_displayed()
    press(opened, "1", "p", "v")
    heads = [found.text for found in opened.find_elements(By.CSS_SELECTOR, "#compare thead th")]
    assert [head.split(".")[0] for head in heads] == ["1", "3"]
    rows = [found.text for found in opened.find_elements(By.CSS_SELECTOR, "#compare tbody tr")]
    assert rows == ["Solid State Drive Capacity 512 gigabytes 1000 gigabytes"]
    click(opened, "#compare-only")
    names = [found.text for found in opened.find_elements(By.CSS_SELECTOR, "#compare tbody th")]
    assert sorted(names) == ["Color", "Refresh Rate", "Screen Size", "Solid State Drive Capacity"]
    press(opened, "2")  # keys belong to the table
    click(opened, "#compare thead th:last-child .choose")
    assert not opened.find_element(By.ID, "compare").is_displayed()
    assert text(opened, "chosen").startswith("3. ")


def test_at_most_four_are_pinned(opened: webdriver.Chrome) -> None:
    for number in "12345":
        press(opened, number, "p")
    assert len(opened.find_elements(By.CSS_SELECTOR, ".candidate.pinned")) == 4
    click(opened, "#compare-pinned")
    assert len(opened.find_elements(By.CSS_SELECTOR, "#compare thead th")) == 4
    assert not opened.find_elements(By.CSS_SELECTOR, "#compare b b")
    press(opened, Keys.ESCAPE, Keys.ARROW_RIGHT)
    assert not opened.find_elements(By.CSS_SELECTOR, ".candidate.pinned")


@pytest.mark.parametrize(
    ("number", "rows"),
    [
        (1, {"Solid State Drive Capacity", "Refresh Rate", "Color"}),  # all laptops have 14 inches
        (5, {"Screen Size"}),  # both TVs have 144 hertz
    ],
)
def test_products_differ_within_their_category(opened: webdriver.Chrome, number: int, rows: set[str]) -> None:
    press(opened, str(number), " ")
    names = opened.find_elements(By.CSS_SELECTOR, f"#more-{number - 1} tr:not(.group) th")
    assert {name.text for name in names} == rows


@pytest.mark.parametrize(
    ("review", "chips"),
    [
        (REVIEW, ["Refresh Rate", "Solid State Drive Capacity", "Color"]),
        ("A fine 1 terabyte machine.", ["Solid State Drive Capacity"]),
        ('The 27" fits our wall.', ["Screen Size"]),
        ("The black one.", []),
    ],
)
def test_chips_are_attributes_that_the_review_mentions(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, review: str, chips: list[str]
) -> None:
    snapshot = snapshot_of(tmp_path / "snapshot", monkeypatch, PRODUCTS, review, 1)
    show(browser, export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)[0])
    names = [found.text for found in browser.find_elements(By.CSS_SELECTOR, "#candidate-0 .chip > span")]
    assert sorted(names) == sorted(chips or ["Color", "Refresh Rate", "Screen Size", "Solid State Drive Capacity"])


def width(browser: webdriver.Chrome, side: str) -> float:
    """The width of an enlarged picture, as a part of its full size."""
    return float(
        browser.execute_script(
            "const i = document.querySelector(arguments[0]); return i.clientWidth / i.naturalWidth", f"#zoom-{side} img"
        )
    )


def loaded(browser: webdriver.Chrome) -> None:
    script = "return [...document.querySelectorAll('#zoom figure:not([hidden]) img')].every((i) => i.style.width)"
    WebDriverWait(browser, 10, 0.05).until(lambda _: browser.execute_script(script))


def test_photograph_and_product_are_shown_side_by_side(opened: webdriver.Chrome) -> None:
    press(opened, "2", "z")
    loaded(opened)
    assert opened.find_element(By.CSS_SELECTOR, "#zoom-product .caption").text.startswith("2. Laptop")
    photo, product = (opened.find_element(By.CSS_SELECTOR, f"#zoom-{side} .view") for side in ("photo", "product"))
    assert photo.rect["x"] + photo.rect["width"] <= product.rect["x"]
    press(opened, "1")
    assert width(opened, "photo") == 1
    assert width(opened, "product") > 1  # 40 pixels, fitted
    press(opened, *"+++++++")
    assert width(opened, "photo") == pytest.approx(1.5**7, rel=0.01)
    press(opened, "0", *"++")
    larger = width(opened, "photo")
    place = "return [arguments[0].scrollLeft, arguments[0].scrollTop]"
    before = opened.execute_script(place, photo)
    ActionChains(opened).drag_and_drop_by_offset(photo, -60, 0).perform()
    after = opened.execute_script(place, photo)
    assert after[0] != before[0]
    press(opened, Keys.ARROW_DOWN)
    WebDriverWait(opened, 10, 0.05).until(
        lambda _: opened.find_element(By.CSS_SELECTOR, "#zoom-product .caption").text.startswith("3. Laptop")
    )
    assert width(opened, "photo") == larger  # the photograph stays as it is
    assert opened.execute_script(place, photo) == after
    press(opened, Keys.ESCAPE, Keys.ENTER)
    click(opened, "#back")
    assert text(opened, "chosen").startswith("3. ")
    assert errors(opened) == []


def test_a_picture_of_an_open_product_is_enlarged(opened: webdriver.Chrome) -> None:
    click(opened, "#candidate-4 .head")
    click(opened, "#candidate-4 .picture")
    loaded(opened)
    assert opened.find_element(By.CSS_SELECTOR, "#zoom-product .caption").text.startswith("5. TV")
    assert opened.find_element(By.CSS_SELECTOR, "#zoom-photo .view").is_displayed()
    click(opened, '#zoom-photo [data-scale="full"]')
    assert width(opened, "photo") == 1


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (800, 900), (390, 844), (320, 600)])
def test_every_width_shows_the_question_and_starts_at_the_top(opened: webdriver.Chrome, size: tuple[int, int]) -> None:
    press(opened, "6", Keys.ENTER, Keys.ARROW_LEFT)  # an answer far down
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        opened.refresh()
        assert opened.execute_script("return scrollY") == 0
        lines = (
            "const h = document.querySelector('h1'); return h.offsetHeight / parseFloat(getComputedStyle(h).lineHeight)"
        )
        assert opened.execute_script(lines) < (1.5 if size[0] in (1440, 800) else 2.5)
        assert opened.execute_script("return document.documentElement.scrollWidth") <= size[0]
        opened.execute_script("scrollTo(0, document.body.scrollHeight)")
        click(opened, "#on")
        assert opened.execute_script("return scrollY") == 0
        assert opened.find_element(By.CSS_SELECTOR, "#review h2").rect["y"] < size[1]
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
