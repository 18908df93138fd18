"""The report as a person sees it: real Chromium, with scripts and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from ameli_build.annotation.sheets import import_answers
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import write_json
from ameli_build.provenance import write_run_record
from ameli_build.report.run import make_report
from tests import made
from tests.chromium import chromium
from tests.report.report_world import SETTINGS, made_scores, reported_snapshot, row, write_predictions

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_report(reported_snapshot(tmp_path_factory.mktemp("report") / "snapshot"), SETTINGS).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """One Chromium for all tests of this module, which logs every request."""
    with chromium("390,900", ("browser", "performance")) as opened:
        yield opened


def log(browser: webdriver.Chrome, kind: str) -> list[Any]:
    found: list[Any] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return found


def test_the_page_has_no_error_and_no_request_and_fits_a_phone(browser: webdriver.Chrome, report: str) -> None:
    log(browser, "performance")
    browser.get(report)
    assert log(browser, "browser") == []
    events = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert report in asked
    assert {url for url in asked if not url.startswith(("data:", "file:"))} == set()
    images = "return [...document.images].every((image) => image.naturalWidth > 0 && image.hasAttribute('alt'))"
    assert browser.execute_script(images)
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_a_hostile_review_is_text(browser: webdriver.Chrome, report: str) -> None:
    browser.get(report)
    quote = browser.find_element(By.CSS_SELECTOR, "#miss-1 blockquote")
    assert "<script>alert('x')</script>" in quote.text
    assert quote.find_element(By.TAG_NAME, "mark").text == "laptop"
    assert not browser.find_elements(By.CSS_SELECTOR, "blockquote script")


ATTACKS = [
    "</script><script>window.taken=1</script>",
    '<img src=x onerror="window.taken=1">',
    "<svg/onload=window.taken=1>",
    ']]></style></title><iframe srcdoc="<script>parent.taken=1</script>">',
    "\"' autofocus onfocus=window.taken=1 x='",
    "{{ 7 * 7 }}{% raw %}${window.taken=1}",
    "javascript:window.taken=1",
]


def test_no_text_of_a_product_a_setting_or_an_annotator_runs_as_code(browser: webdriver.Chrome, tmp_path: Path) -> None:
    """Names, categories, SKUs of attributes, the data set's title, annotators, and the record of a run."""
    everything = " ".join(ATTACKS)
    settings = load_settings("demo", [f"release.name={json.dumps(everything)}"])
    snapshot = reported_snapshot(tmp_path / "snapshot")
    path = snapshot.dataset / "products.parquet"
    cell = dict.fromkeys(("group", "name", "value"), everything)
    table = pl.read_parquet(path).with_columns(
        name=pl.concat_str(pl.lit(everything), pl.col("name")),
        description=pl.lit(everything),
        categories=pl.lit([everything] * 2),
        attributes=pl.lit([cell], dtype=pl.List(pl.Struct(dict.fromkeys(cell, pl.String)))),
    )
    path.unlink()
    table.write_parquet(path)
    answers = snapshot.root / "answers.json"
    answers.write_text(
        json.dumps({"annotator": everything, "answers": [{"review_id": "r4", "choice": 1, "comment": everything}]})
    )
    import_answers(snapshot, [answers], settings)
    for name in ("run.json", "baseline/scores.json", "dataset/stats.json"):
        text = (snapshot.root / name).read_text(encoding="utf-8")
        record = json.loads(text.replace("no <model> here", json.dumps(everything)[1:-1]))
        (snapshot.root / name).unlink()
        (snapshot.root / name).write_text(json.dumps(record))
    log(browser, "browser")
    browser.get(make_report(snapshot, settings).as_uri())
    assert browser.execute_script("return window.taken") is None
    assert "window.taken=1</script>" in (browser.find_element(By.TAG_NAME, "body").get_attribute("textContent") or "")
    assert browser.find_elements(By.CSS_SELECTOR, "iframe, [onerror], [onload], [onfocus], a[href^=javascript]") == []
    assert log(browser, "browser") == []


@pytest.mark.parametrize(
    "attack",
    [
        "<img src=x onerror=window.taken=1>",
        "<svg onload=window.taken=1>",
        "\"' autofocus onfocus=window.taken=1 x='",
        "javascript:window.taken=1",
        "{{ 7 * 7 }}${window.taken=1}<!--<script>window.taken=1",
    ],
)
def test_no_id_runs_as_code(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    """Ids of reviews and products, and the names of files with answers."""
    ours = {"r1": "train", "r2": "train", "r3": "dev", attack: "test", f"r5 {attack}": "test"}
    monkeypatch.setattr(made, "SPLIT_OF", ours)
    monkeypatch.setattr(made, "SKUS", ["p1", "p2", "p3", attack])
    monkeypatch.setattr(made, "PRODUCT_OF", dict(zip(ours, ["p1", "p2", "p3", attack, attack], strict=True)))
    snapshot = made.released_snapshot(tmp_path / "snapshot", SETTINGS)
    tested = [review for review, split in ours.items() if split == "test"]
    write_predictions(snapshot, [row(review, ["p1", attack], ["p1", attack], 0.8) for review in tested])
    write_json(snapshot.root / "baseline" / "scores.json", made_scores().as_json())
    write_run_record(snapshot, SETTINGS, "build")
    answers = tmp_path / f"{attack}.json"
    answers.write_text(json.dumps({"annotator": attack, "answers": [{"review_id": attack, "choice": 1}]}))
    import_answers(snapshot, [answers], SETTINGS)
    log(browser, "browser")
    browser.get(make_report(snapshot, SETTINGS).as_uri())
    assert browser.execute_script("return window.taken") is None
    assert attack in (browser.find_element(By.TAG_NAME, "body").get_attribute("textContent") or "")
    assert browser.find_elements(By.CSS_SELECTOR, "iframe, [onerror], [onload], [onfocus], a[href^=javascript]") == []
    assert log(browser, "browser") == []


def test_the_filter_shows_one_kind(browser: webdriver.Chrome, report: str) -> None:
    browser.get(report)
    browser.find_element(By.CSS_SELECTOR, '#filter [data-lost="dropped"]').click()
    assert [miss.is_displayed() for miss in browser.find_elements(By.CLASS_NAME, "miss")] == [False, True]
    assert browser.find_element(By.ID, "shown").text == "1 shown"
    browser.find_element(By.ID, "clean").click()
    assert browser.find_element(By.ID, "shown").text == "0 shown"


def test_all_misses_are_visible_without_scripts(browser: webdriver.Chrome, report: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(report)
        assert [miss.is_displayed() for miss in browser.find_elements(By.CLASS_NAME, "miss")] == [True, True]
        assert not browser.find_element(By.ID, "filter").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
