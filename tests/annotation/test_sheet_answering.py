"""Answers on a sheet in real Chromium: keys that stay in their review, undo, times, guide and the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from tests.chromium import chromium
from tests.made import released_snapshot
from tests.sheet_page import (
    choices,
    click,
    close_guide,
    errors,
    listed,
    press,
    saved,
    show,
    snapshot_of,
    text,
    undo,
)

pytestmark = pytest.mark.browser
SETTINGS = load_settings("demo")
FROZEN = "Date.now = () => 1e12; window.stopwatch = 0; performance.now = () => window.stopwatch;"


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[webdriver.Chrome]:
    """A Chromium in which no time passes between keys; tests set the seconds."""
    with chromium("1400,1000", ("browser",), downloads) as opened:
        opened.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": FROZEN})
        yield opened


@pytest.fixture
def sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three reviews, each with fourteen products."""
    snapshot = snapshot_of(tmp_path / "snapshot", monkeypatch, [{}] * 14, "A laptop.")
    return export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)[0]


def cursor(browser: webdriver.Chrome) -> list[str]:
    """Ids of the marked products."""
    return [str(found.get_attribute("id")) for found in browser.find_elements(By.CSS_SELECTOR, ".candidate.cursor")]


@pytest.mark.parametrize(
    ("keys", "marked"),
    [
        (("1", Keys.ENTER, "2"), 2),
        (("1", Keys.ARROW_RIGHT, "3"), 3),
        (("1", "0", Keys.ENTER, "1"), 1),
        (("1", "x", "4"), 4),
        (("1", "c", Keys.ESCAPE, "2"), 2),
        (("0", "1", Keys.ARROW_RIGHT, Keys.ARROW_LEFT, "3"), 3),
    ],
)
def test_digits_do_not_join_over_another_key(
    browser: webdriver.Chrome, sheet: Path, keys: tuple[str, ...], marked: int
) -> None:
    show(browser, sheet)
    press(browser, *keys)
    assert cursor(browser) == [f"candidate-{marked - 1}"]


def test_digits_do_not_join_over_a_click(browser: webdriver.Chrome, sheet: Path) -> None:
    show(browser, sheet)
    press(browser, "1")
    click(browser, "#strip li:nth-child(2) button")
    press(browser, "2")
    assert cursor(browser) == ["candidate-1"]
    press(browser, "1", "3")
    assert cursor(browser) == ["candidate-12"]


def test_a_second_enter_answers_nothing(browser: webdriver.Chrome, sheet: Path) -> None:
    show(browser, sheet)
    press(browser, "5", Keys.ENTER, Keys.ENTER, "x", " ", "p")
    assert text(browser, "progress-text") == "1 of 3 answered"
    assert cursor(browser) == []


@pytest.mark.parametrize("dialog", ["guide", "zoom", "compare"])
def test_keys_after_a_dialog_go_to_the_review(browser: webdriver.Chrome, sheet: Path, dialog: str) -> None:
    """A browser leaves the focus on a closed dialog's button until it draws the page again."""
    show(browser, sheet)
    for key in ("5", "Enter"):
        browser.execute_script(
            """document.querySelector(`#${arguments[0]} form button`).dispatchEvent(
                new KeyboardEvent("keydown", {key: arguments[1], bubbles: true}))""",
            dialog,
            key,
        )
    assert text(browser, "progress-text") == "1 of 3 answered"


@pytest.mark.parametrize("key", ["Enter", "0", "?"])
def test_a_key_held_down_answers_once(browser: webdriver.Chrome, sheet: Path, key: str) -> None:
    show(browser, sheet)
    press(browser, "5")
    event = """document.body.dispatchEvent(
        new KeyboardEvent("keydown", {key: arguments[0], repeat: arguments[1], bubbles: true}))"""
    for repeat in (False, True, True):
        browser.execute_script(event, key, repeat)
    assert text(browser, "progress-text") == "1 of 3 answered"


def test_a_double_click_counts_as_one_click(browser: webdriver.Chrome, sheet: Path) -> None:
    show(browser, sheet)
    button = browser.find_element(By.CSS_SELECTOR, "#candidate-2 .choose")
    webdriver.ActionChains(browser).double_click(button).perform()
    assert text(browser, "progress-text") == "1 of 3 answered"


@pytest.mark.parametrize("modifier", [Keys.CONTROL, Keys.META])
def test_undo_takes_back_the_last_answer(
    browser: webdriver.Chrome, sheet: Path, downloads: Path, modifier: str
) -> None:
    show(browser, sheet)
    press(browser, "4", Keys.ENTER, "0", "7", Keys.ENTER)
    assert text(browser, "progress-text") == "3 of 3 answered"
    press(browser, Keys.ARROW_LEFT, Keys.ARROW_LEFT, "9", Keys.ENTER)  # another answer for the first
    press(browser, "c", "a comment")
    undo(browser, modifier)  # in a field, the field undoes its own text
    press(browser, Keys.ESCAPE)
    assert choices(saved(browser, downloads)) == [9, "?", 7]
    undo(browser, modifier)
    assert "Review 1 of 3" in text(browser, "review")
    assert choices(saved(browser, downloads)) == [4, "?", 7]
    undo(browser, modifier)
    undo(browser, modifier)
    assert text(browser, "progress-text") == "1 of 3 answered"
    assert "Review 2 of 3" in text(browser, "review")
    press(browser, "3", Keys.ENTER)
    click(browser, "#undo")
    click(browser, "#undo")
    assert choices(saved(browser, downloads)) == [None, None, None]
    assert not browser.find_element(By.ID, "undo").is_enabled()
    assert errors(browser) == []


def test_an_answer_restored_by_undo_counts_as_the_later_answer(
    browser: webdriver.Chrome, sheet: Path, downloads: Path, tmp_path: Path
) -> None:
    show(browser, sheet)
    press(browser, "4", Keys.ENTER, Keys.ARROW_LEFT, "9", Keys.ENTER)
    other = saved(browser, downloads).rename(tmp_path / "other.json")
    undo(browser, Keys.CONTROL)
    back = saved(browser, downloads)
    for first, second in ((other, back), (back, other)):
        snapshot = Snapshot(sheet.parents[2])
        (snapshot.root / "sheets" / "answers" / "clean-test.parquet").unlink(missing_ok=True)
        for path in (first, second):
            import_answers(snapshot, [path], SETTINGS)
        assert pl.read_parquet(snapshot.root / "sheets" / "answers.parquet")["position"].to_list() == [4]


def test_undo_takes_back_an_answer_lost_by_ruling_out(browser: webdriver.Chrome, sheet: Path) -> None:
    show(browser, sheet)
    click(browser, "#candidate-2 .choose")
    click(browser, "#candidate-2 .rule")
    assert text(browser, "progress-text") == "0 of 3 answered"
    undo(browser, Keys.CONTROL)
    assert text(browser, "progress-text") == "1 of 3 answered"
    assert not browser.find_elements(By.CSS_SELECTOR, ".candidate.out")


def test_each_answer_has_a_time_and_seconds(browser: webdriver.Chrome, sheet: Path, downloads: Path) -> None:
    browser.get(sheet.as_uri())
    browser.execute_script("localStorage.clear()")
    browser.refresh()
    browser.execute_script("stopwatch = 60000")  # with the guide open
    close_guide(browser)
    browser.execute_script("stopwatch += 4200")
    press(browser, "2", Keys.ENTER)
    browser.execute_script("stopwatch += 1000")
    press(browser, Keys.ARROW_RIGHT)
    browser.execute_script("stopwatch += 2500")
    press(browser, "0", Keys.ARROW_LEFT)
    hide = """Object.defineProperty(document, "hidden", {value: arguments[0], configurable: true});
        document.dispatchEvent(new Event("visibilitychange"))"""
    browser.execute_script(hide, True)
    browser.execute_script("stopwatch += 900000")
    browser.execute_script(hide, False)
    browser.execute_script("stopwatch += 500")
    press(browser, "3", Keys.ENTER)
    path = saved(browser, downloads)
    rows = json.loads(path.read_text(encoding="utf-8"))["answers"]
    assert [row["choice"] for row in rows] == [2, 3, "?"]
    assert [row["seconds"] for row in rows] == [4.2, 1.5, 2.5]
    assert all(datetime.fromisoformat(row["answered_at"]).tzinfo for row in rows)
    # a later answer adds its seconds, also in another browser
    browser.execute_script("localStorage.clear()")
    browser.refresh()
    browser.find_element(By.ID, "file").send_keys(str(path))
    WebDriverWait(browser, 10, 0.05).until(lambda _: text(browser, "progress-text") == "3 of 3 answered")
    close_guide(browser)
    browser.execute_script("stopwatch += 1000")
    press(browser, "9", Keys.ENTER)
    again = json.loads(saved(browser, downloads).read_text(encoding="utf-8"))["answers"]
    assert [row["seconds"] for row in again] == [5.2, 1.5, 2.5]
    assert again[1:] == rows[1:]
    report = import_answers(Snapshot(sheet.parents[2]), [downloads / "answers-sheet-01.json"], SETTINGS)
    assert (report.tasks["clean-test"]["answers"], report.problems) == (3, ())


def test_a_review_without_an_answer_has_no_time(browser: webdriver.Chrome, sheet: Path, downloads: Path) -> None:
    show(browser, sheet)
    press(browser, "2", Keys.ENTER)
    undo(browser, Keys.CONTROL)
    rows = json.loads(saved(browser, downloads).read_text(encoding="utf-8"))["answers"]
    assert all(set(row) == {"review_id", "choice", "comment", "words", "out"} for row in rows)


@pytest.mark.parametrize("task", ["clean-test", "informativeness", "mentions"])
def test_the_guide_opens_at_the_first_start_only(browser: webdriver.Chrome, tmp_path: Path, task: str) -> None:
    (page,) = export_sheets(released_snapshot(tmp_path / "snapshot"), "html", 1, 0, task, SETTINGS)
    show(browser, page, guide=True)
    assert "An example" in text(browser, "guide")
    press(browser, "1")
    assert text(browser, "progress-text").startswith("0 of")
    press(browser, Keys.ESCAPE)
    assert not browser.find_element(By.ID, "guide").is_displayed()
    browser.refresh()
    assert not browser.find_element(By.ID, "guide").is_displayed()
    assert errors(browser) == []


def test_the_end_asks_to_save_and_send(browser: webdriver.Chrome, sheet: Path, downloads: Path) -> None:
    show(browser, sheet)
    press(browser, "1", Keys.ENTER, "0")
    assert not browser.find_element(By.ID, "done").is_displayed()
    press(browser, "2", Keys.ENTER)
    assert text(browser, "done-text").startswith('All 3 reviews are answered (1 with "cannot tell"). Save')
    path = saved(browser, downloads, button="done-save")
    assert choices(path) == [1, "?", 2]
    assert text(browser, "done-text").endswith("Send this file to the person who gave you this sheet.")
    assert "answers-sheet-01.json" in text(browser, "done-text")
    assert not browser.find_element(By.ID, "done-save").is_displayed()
    press(browser, "3", Keys.ENTER)  # another answer: the saved file is old
    assert browser.find_element(By.ID, "done-save").is_displayed()
    undo(browser, Keys.CONTROL)
    undo(browser, Keys.CONTROL)
    assert not browser.find_element(By.ID, "done").is_displayed()
    saved(browser, downloads)
    assert text(browser, "done-text").startswith("1 of 3 reviews are not answered yet")


def test_the_end_on_a_server_asks_for_nothing(browser: webdriver.Chrome, sheet: Path) -> None:
    source = """new MutationObserver((_, observer) => {
        document.documentElement.dataset.server = ""; observer.disconnect();
    }).observe(document, {childList: true})"""
    added = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    try:
        show(browser, sheet)
        press(browser, "0", "0", "0")
        assert text(browser, "done-text").endswith("there is nothing to send.")
        assert not browser.find_element(By.ID, "done-save").is_displayed()
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_a_filter_stays_in_its_review(browser: webdriver.Chrome, sheet: Path) -> None:
    show(browser, sheet)
    press(browser, "f", "p03")
    assert listed(browser) == [3]
    press(browser, Keys.ENTER, Keys.ENTER)
    assert text(browser, "progress-text") == "1 of 3 answered"
    assert listed(browser) == list(range(1, 15))
    assert browser.find_element(By.ID, "filter").get_attribute("value") == ""
