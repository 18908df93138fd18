"""The report as a person sees it: real Chromium, with scripts and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from ameli_build.report.run import make_report
from tests.chromium import chromium
from tests.report.report_world import SETTINGS, reported_snapshot

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_report(reported_snapshot(tmp_path_factory.mktemp("report") / "snapshot"), SETTINGS).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """One Chromium for all tests of this module, which notes every request."""
    with chromium("390,900", ("browser", "performance")) as opened:
        yield opened


def log(browser: webdriver.Chrome, kind: str) -> list[Any]:
    found: list[Any] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return found


def test_no_error_no_request_and_no_width_beyond_a_phone(browser: webdriver.Chrome, report: str) -> None:
    log(browser, "performance")
    browser.get(report)
    assert log(browser, "browser") == []
    events = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    assert report in asked
    assert {url for url in asked if not url.startswith(("data:", "file:"))} == set()
    images = "return [...document.images].every((one) => one.naturalWidth > 0 && one.hasAttribute('alt'))"
    assert browser.execute_script(images)
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_a_hostile_review_is_text(browser: webdriver.Chrome, report: str) -> None:
    browser.get(report)
    quote = browser.find_element(By.CSS_SELECTOR, "#miss-1 blockquote")
    assert "<script>alert('x')</script>" in quote.text
    assert quote.find_element(By.TAG_NAME, "mark").text == "laptop"
    assert not browser.find_elements(By.CSS_SELECTOR, "blockquote script")


def test_the_filter_shows_one_kind(browser: webdriver.Chrome, report: str) -> None:
    browser.get(report)
    browser.find_element(By.CSS_SELECTOR, '#filter [data-lost="dropped"]').click()
    assert [one.is_displayed() for one in browser.find_elements(By.CLASS_NAME, "miss")] == [False, True]
    assert browser.find_element(By.ID, "shown").text == "1 shown"
    browser.find_element(By.ID, "clean").click()
    assert browser.find_element(By.ID, "shown").text == "0 shown"


def test_all_is_there_without_scripts(browser: webdriver.Chrome, report: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(report)
        assert [one.is_displayed() for one in browser.find_elements(By.CLASS_NAME, "miss")] == [True, True]
        assert not browser.find_element(By.ID, "filter").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
