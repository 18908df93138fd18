"""A sheet as a person uses it: real Chromium, clicks and keys, the saved file imported."""

from __future__ import annotations

import json
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
from tests import made
from tests.made import HOSTILE, released_snapshot
from tests.sheet_page import errors, press, review_ids, saved, show, text

pytestmark = pytest.mark.browser
SETTINGS = load_settings("demo")


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A sheet with the reviews r4 (hostile text) and r5, gold at position 4 of four."""
    snapshot = released_snapshot(tmp_path / "snapshot")
    return export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)[0]


def test_two_reviews_are_answered_saved_and_imported(browser: webdriver.Chrome, sheet: Path, downloads: Path) -> None:
    show(browser, sheet)
    ids = review_ids(browser)
    assert text(browser, "progress-text") == "0 of 2 answered"
    # the first by mouse: open a product, choose it, go on
    browser.find_element(By.CSS_SELECTOR, "#candidate-3 .head").click()
    assert "Screen Size" not in text(browser, "candidate-3")  # the same for all four
    browser.find_element(By.ID, "only").click()
    assert "Screen Size" in text(browser, "candidate-3")
    browser.find_element(By.CSS_SELECTOR, "#candidate-3 .choose").click()
    assert text(browser, "chosen").startswith("4. Acme")
    browser.find_element(By.ID, "on").click()
    # the second by keyboard: go to product 2, rule it out, choose number 1, with a comment
    press(browser, "2", "x")
    assert browser.find_elements(By.CSS_SELECTOR, "#candidate-1.out")
    press(browser, "c", "not sure", Keys.ESCAPE, Keys.ARROW_UP, Keys.ENTER)
    assert text(browser, "progress-text") == "2 of 2 answered"
    assert errors(browser) == []
    path = saved(browser, downloads)
    rows = {row["review_id"]: row for row in json.loads(path.read_text(encoding="utf-8"))["answers"]}
    assert [rows[review]["choice"] for review in ids] == [4, 1]
    assert (rows[ids[1]]["comment"], rows[ids[1]]["out"]) == ("not sure", [2])
    snapshot = Snapshot(sheet.parents[2])
    report = import_answers(snapshot, [path], SETTINGS)
    assert report.tasks["clean-test"]["accuracy"] == 0.5
    assert report.problems == ()


def test_answers_survive_a_reload_and_can_be_loaded(browser: webdriver.Chrome, sheet: Path, downloads: Path) -> None:
    show(browser, sheet)
    press(browser, "0", "3", Keys.ENTER)
    assert text(browser, "progress-text") == "2 of 2 answered"
    browser.refresh()
    assert text(browser, "progress-text") == "2 of 2 answered"
    path = saved(browser, downloads)
    browser.execute_script("localStorage.clear()")
    browser.refresh()
    assert text(browser, "progress-text") == "0 of 2 answered"
    browser.find_element(By.ID, "file").send_keys(str(path))
    WebDriverWait(browser, 10, 0.05).until(lambda _: text(browser, "progress-text") == "2 of 2 answered")
    other = downloads / "other.json"
    other.write_text(json.dumps({"answers": [], "fingerprint": "0", "sheet": "sheet-01"}), encoding="utf-8")
    browser.find_element(By.ID, "file").send_keys(str(other))
    WebDriverWait(browser, 10, 0.05).until(lambda _: "another sheet" in text(browser, "kept"))
    assert text(browser, "progress-text") == "2 of 2 answered"


def test_hostile_review_is_inert(browser: webdriver.Chrome, sheet: Path) -> None:
    show(browser, sheet)
    ids = review_ids(browser)
    browser.find_element(By.CSS_SELECTOR, f"#strip li:nth-child({ids.index('r4') + 1}) button").click()
    assert browser.find_element(By.CSS_SELECTOR, "#review .text").text == HOSTILE
    assert browser.find_elements(By.CSS_SELECTOR, "main script, main a, main iframe") == []
    assert errors(browser) == []  # an alert would have failed the commands before


def test_a_browser_without_storage_warns(browser: webdriver.Chrome, sheet: Path) -> None:
    refuse = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    added = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": refuse})
    show(browser, sheet)
    try:
        press(browser, "0")
        assert text(browser, "progress-text") == "1 of 2 answered"
        assert "does not keep answers" in text(browser, "kept")
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
        browser.execute_script("window.onbeforeunload = null")


@pytest.mark.parametrize(("task", "choice"), [("informativeness", "yes"), ("mentions", "right")])
def test_the_other_tasks_are_answered_and_imported(
    browser: webdriver.Chrome, tmp_path: Path, downloads: Path, task: str, choice: str
) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    (page,) = export_sheets(snapshot, "html", 1, 0, task, SETTINGS)
    show(browser, page)
    assert (task == "mentions") == bool(browser.find_elements(By.CSS_SELECTOR, "#review mark"))
    press(browser, "1")
    browser.find_element(By.CSS_SELECTOR, "#choices [data-choice='?']").click()
    assert text(browser, "progress-text") == "2 of 5 answered"
    path = saved(browser, downloads, f"answers-{task}-01.json")
    choices = [row["choice"] for row in json.loads(path.read_text(encoding="utf-8"))["answers"]]
    assert choices == [choice, "?", None, None, None]
    report = import_answers(snapshot, [path], SETTINGS)
    assert report.tasks[task]["answers"] == 2
    assert errors(browser) == []


@pytest.mark.parametrize(
    "names", [("constructor", "__proto__"), ("toString", "hasOwnProperty"), ("valueOf", "__defineGetter__")]
)
def test_ids_that_are_names_of_javascript_properties(
    browser: webdriver.Chrome,
    tmp_path: Path,
    downloads: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, str],
) -> None:
    monkeypatch.setattr(made, "SPLIT_OF", {"r1": "train", "r2": "train", "r3": "dev", **dict.fromkeys(names, "test")})
    monkeypatch.setattr(made, "PRODUCT_OF", {"r1": "p1", "r2": "p2", "r3": "p3", **dict.fromkeys(names, "p4")})
    snapshot = released_snapshot(tmp_path / "snapshot")
    (page,) = export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)
    show(browser, page)
    assert sorted(review_ids(browser)) == sorted(names)
    assert text(browser, "progress-text") == "0 of 2 answered"
    press(browser, "4", Keys.ENTER)
    assert text(browser, "progress-text") == "1 of 2 answered"
    press(browser, "2", "x", "c", "odd id", Keys.ESCAPE, "1", Keys.ENTER)
    browser.refresh()
    assert text(browser, "progress-text") == "2 of 2 answered"
    path = saved(browser, downloads)
    rows = json.loads(path.read_text(encoding="utf-8"))["answers"]
    assert [row["review_id"] for row in rows] == review_ids(browser)
    assert [row["choice"] for row in rows] == [4, 1]
    assert rows[1]["comment"] == "odd id"
    browser.execute_script("localStorage.clear()")
    browser.refresh()
    browser.find_element(By.ID, "file").send_keys(str(path))
    WebDriverWait(browser, 10, 0.05).until(lambda _: text(browser, "progress-text") == "2 of 2 answered")
    assert errors(browser) == []
    assert import_answers(snapshot, [path], SETTINGS).tasks["clean-test"]["answers"] == 2


HOSTILE_TEXTS = [
    "</script><script>document.title='taken'</script>",
    "<!--<script>document.title='taken'",
    "<img src=x onerror=\"document.title='taken'\">",
    "<svg/onload=document.title='taken'>",
    "{{ 7 * 7 }}{% raw %}${document.title='taken'}",
    "]]></title></style><iframe srcdoc=\"<script>parent.document.title='taken'</script>\">",
    "&lt;script&gt;document.title='taken'&lt;/script&gt;",
    "\u2028\u2029\x00\u202e\"';document.title='taken'//",
    "javascript:document.title='taken'",
]


@pytest.mark.parametrize("task", ["clean-test", "informativeness", "mentions"])
def test_no_text_runs_as_code(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    """Each hostile text is in a review's body, and in a product's name, category, description and attributes."""
    everything = " ".join(HOSTILE_TEXTS)
    monkeypatch.setattr(made, "HOSTILE", f"laptop {everything}")
    snapshot = released_snapshot(tmp_path / "snapshot")
    path = snapshot.dataset / "products.parquet"
    row = {"group": everything, "name": everything, "value": everything}
    table = pl.read_parquet(path).with_columns(
        name=pl.concat_str(pl.lit(everything), pl.col("name")),
        description=pl.lit(everything),
        categories=pl.lit([everything] * 2),
        attributes=pl.lit([row], dtype=pl.List(pl.Struct(dict.fromkeys(row, pl.String)))),
    )
    path.unlink()
    table.write_parquet(path)
    (page,) = export_sheets(snapshot, "html", 1, 0, task, SETTINGS)
    show(browser, page)
    title, read = browser.title, ""
    for _ in review_ids(browser):
        if task == "clean-test":
            browser.find_element(By.CSS_SELECTOR, "#candidate-0 .head").click()
            press(browser, "1", "p", "2", "p", "f", "onerror", Keys.ESCAPE, "v")
            assert "taken'</script>" in (browser.find_element(By.ID, "compare").get_attribute("textContent") or "")
            press(browser, Keys.ESCAPE, "z", Keys.ARROW_DOWN, Keys.ESCAPE)
        read += browser.find_element(By.ID, "review").get_attribute("textContent") or ""
        press(browser, "0")
    assert browser.title == title
    assert "taken'</script>" in read
    assert browser.find_elements(By.CSS_SELECTOR, "dialog :is(script, a, iframe, svg, img[onerror])") == []
    assert browser.find_elements(By.CSS_SELECTOR, "main script, main a, main iframe, main svg, main img[onerror]") == []
    assert errors(browser) == []


HOSTILE_IDS = [
    "<img src=x onerror=document.title='taken'>",
    "<svg onload=document.title='taken'>",
    "\"'><iframe srcdoc=\"<img src=x onerror=parent.document.title='taken'>\">",
    "javascript:document.title='taken'",
    "{{ 7 * 7 }}${document.title='taken'}<!--<script>",
]


@pytest.mark.parametrize("task", ["clean-test", "informativeness", "mentions"])
@pytest.mark.parametrize("attack", HOSTILE_IDS)
def test_no_id_runs_as_code(
    browser: webdriver.Chrome, tmp_path: Path, downloads: Path, monkeypatch: pytest.MonkeyPatch, task: str, attack: str
) -> None:
    """Ids of reviews and products on sheets, and in tools that show HTML unchanged."""
    ours = {"r1": "train", "r2": "train", "r3": "dev", f"r4 {attack}": "test", attack: "test"}
    monkeypatch.setattr(made, "SPLIT_OF", ours)
    monkeypatch.setattr(made, "SKUS", ["p1", "p2", "p3", attack])
    monkeypatch.setattr(made, "PRODUCT_OF", dict(zip(ours, ["p1", "p2", "p3", attack, attack], strict=True)))
    snapshot = released_snapshot(tmp_path / "snapshot")
    (page,) = export_sheets(snapshot, "html", 1, 0, task, SETTINGS)
    show(browser, page)
    title, ids = browser.title, review_ids(browser)
    assert attack in ids
    for number, _ in enumerate(ids):
        if task == "clean-test":
            browser.find_element(By.CSS_SELECTOR, "#candidate-0 .head").click()
        press(browser, "1" if number == 0 else "0")
    path = saved(browser, downloads, f"answers-{'sheet' if task == 'clean-test' else task}-01.json")
    assert browser.title == title
    assert browser.find_elements(By.CSS_SELECTOR, "main script, main a, main iframe, main svg, main img[onerror]") == []
    assert errors(browser) == []
    given = json.loads(path.read_text(encoding="utf-8"))
    assert [row["review_id"] for row in given["answers"]] == ids
    tasks = json.loads(export_sheets(snapshot, "labelstudio", 1, 0, task, SETTINGS)[0].read_text(encoding="utf-8"))
    data = [exported["data"] for exported in tasks]
    shown = [str(option["html"]) for fields in data for option in fields.get("options", ())]
    shown += [str(product["details"]) for fields in data for product in fields["products"]]
    tool = tmp_path / "tool.html"
    tool.write_text("<!doctype html><meta charset=utf-8><title>tool</title><main>" + "".join(shown) + "</main>")
    browser.get(tool.as_uri())
    assert browser.title == "tool"
    assert browser.find_elements(By.CSS_SELECTOR, "main script, main a, main iframe, main svg, main img[onerror]") == []


@pytest.mark.parametrize("task", ["clean-test", "informativeness", "mentions"])
def test_no_text_runs_as_code_in_a_tool_that_shows_html_unchanged(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    """Tasks of Label Studio contain HTML, and Label Studio shows it."""
    everything = " ".join(HOSTILE_TEXTS)
    monkeypatch.setattr(made, "HOSTILE", f"laptop {everything}")
    snapshot = released_snapshot(tmp_path / "snapshot")
    row = dict.fromkeys(("group", "name", "value"), everything)
    for path in (snapshot.dataset / "products.parquet", snapshot.table_path("clean/products")):
        table = pl.read_parquet(path).with_columns(
            name=pl.concat_str(pl.lit(everything), pl.col("name")),
            description=pl.lit(everything),
            attributes=pl.lit([row], dtype=pl.List(pl.Struct(dict.fromkeys(row, pl.String)))),
        )
        path.unlink()
        table.write_parquet(path)
    tasks = json.loads(export_sheets(snapshot, "labelstudio", 1, 0, task, SETTINGS)[0].read_text(encoding="utf-8"))
    data = [exported["data"] for exported in tasks]
    shown = [str(option["html"]) for fields in data for option in fields.get("options", ())]
    shown += [str(product["details"]) for fields in data for product in fields["products"]]
    page = tmp_path / "tool.html"
    page.write_text("<!doctype html><meta charset=utf-8><title>tool</title><main>" + "".join(shown) + "</main>")
    browser.get(page.as_uri())
    assert browser.title == "tool"
    assert "taken'</script>" in browser.find_element(By.TAG_NAME, "main").get_attribute("textContent")
    assert browser.find_elements(By.CSS_SELECTOR, "main script, main a, main iframe, main svg, main img[onerror]") == []
    assert errors(browser) == []
