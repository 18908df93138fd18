"""The pages as a person sees them: real Chromium, from a server and from files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from ameli_build.browse import static
from ameli_build.browse.static import export_pages
from ameli_build.core.errors import UnusableInput
from ameli_build.core.reasons import DROPPED
from ameli_build.core.snapshot import Snapshot, write_table
from tests import made
from tests.browse.browse_world import browsed_snapshot, served
from tests.chromium import chromium
from tests.report.report_world import SETTINGS, row, write_predictions

pytestmark = pytest.mark.browser

ATTACKS = [
    "</script><script>window.taken=1</script>",
    '<img src=x onerror="window.taken=1">',
    "<svg/onload=window.taken=1>",
    ']]></style></title></select></textarea><iframe srcdoc="<script>parent.taken=1</script>">',
    "\"' autofocus onfocus=window.taken=1 x='",
    "{{ 7 * 7 }}{% raw %}${window.taken=1}",
    "javascript:window.taken=1",
    "&lt;b&gt;\u202eabc",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """One Chromium for all tests of this module, which logs every request."""
    with chromium("390,900", ("browser", "performance")) as opened:
        yield opened


def log(browser: webdriver.Chrome, kind: str) -> list[Any]:
    found: list[Any] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return found


def requested(browser: webdriver.Chrome) -> set[str]:
    events = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    return {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}


def texts(browser: webdriver.Chrome, selector: str) -> list[str]:
    return [element.text for element in browser.find_elements(By.CSS_SELECTOR, selector)]


def pictures_load(browser: webdriver.Chrome) -> None:
    shown = (
        "return document.images.length > 0 && [...document.images].slice(0, 1).every((image) => image.naturalWidth > 0)"
    )
    WebDriverWait(browser, 20).until(lambda there: there.execute_script(shown))


PAGES = ["/", "/reviews", "/reviews?q=%3Cb%3E", "/review?id=r4", "/review?id=r6", "/products", "/product?sku=p4", "/no"]


@pytest.mark.parametrize("target", PAGES)
def test_a_page_has_no_script_no_foreign_request_and_fits_a_phone(
    browser: webdriver.Chrome, url: str, target: str
) -> None:
    log(browser, "performance"), log(browser, "browser")
    browser.get(url + target)
    asked = requested(browser)
    assert url + target in asked
    assert {address for address in asked if not address.startswith((f"{url}/", "data:"))} == set()
    assert [entry for entry in log(browser, "browser") if "404" not in entry["message"]] == []
    assert browser.execute_script("return document.scripts.length") == 0
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.execute_script("return [...document.images].every((image) => image.hasAttribute('alt'))")
    assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1


@pytest.mark.parametrize("reason", ["object_not_found", "wrong_variant", "uninformative", "w" * 90])
def test_a_long_reason_fits_a_phone(browser: webdriver.Chrome, tmp_path: Path, reason: str) -> None:
    snapshot = browsed_snapshot(tmp_path)
    gone = [("r6", "p1", "informativeness", reason, "product found in none of 4 images", "0.25", "0.3")]
    write_table(snapshot.table_path("clean/dropped"), pl.DataFrame(gone, DROPPED, orient="row"))
    with served(tmp_path) as address:
        for target in ("/", f"/reviews?reason={reason}", "/review?id=r6"):
            browser.get(address + target)
            assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
            inside = "(tag) => tag.getBoundingClientRect().right <= innerWidth"
            assert browser.execute_script(f"return [...document.querySelectorAll('.tag')].every({inside})")


def test_a_bar_of_the_funnel_opens_its_reviews_with_value_and_threshold(browser: webdriver.Chrome, url: str) -> None:
    browser.get(url)
    browser.find_element(By.LINK_TEXT, "no photograph").click()
    (card,) = texts(browser, ".card")
    assert "value 0" in card
    assert "threshold 1" in card
    browser.find_element(By.LINK_TEXT, "Great").click()
    assert browser.find_element(By.TAG_NAME, "blockquote").text == "Great. I love this laptop."
    rows = texts(browser, ".life tbody tr")
    assert "no_image" in rows[0]
    assert "failed 0 1" in rows[0]
    assert rows[-1].endswith("not evaluated")


def test_the_form_can_be_used_with_only_the_keyboard(browser: webdriver.Chrome, url: str) -> None:
    browser.get(f"{url}/reviews")
    browser.execute_script("document.body.focus()")
    for _ in range(20):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element.get_attribute("name") == "q":
            break
    browser.switch_to.active_element.send_keys("alert( laptop", Keys.ENTER)
    WebDriverWait(browser, 20).until(lambda there: "q=alert" in there.current_url)
    assert texts(browser, "[role=status]") == ["1 review"]
    assert browser.find_element(By.NAME, "q").get_attribute("value") == "alert( laptop"


def test_filters_combine_and_stay_in_the_form(browser: webdriver.Chrome, url: str) -> None:
    browser.get(f"{url}/reviews")
    Select(browser.find_element(By.NAME, "gold")).select_by_visible_text("wrong")
    Select(browser.find_element(By.NAME, "split")).select_by_visible_text("test")
    Select(browser.find_element(By.NAME, "feature")).select_by_visible_text("image_similarity")
    browser.find_element(By.NAME, "least").send_keys("0.4")
    browser.find_element(By.CSS_SELECTOR, ".search button").click()
    WebDriverWait(browser, 20).until(lambda there: "gold=wrong" in there.current_url)
    assert texts(browser, "[role=status]") == ["2 reviews"]
    assert "image_similarity: 0.500" in texts(browser, ".card")[0]
    assert Select(browser.find_element(By.NAME, "gold")).first_selected_option.text == "wrong"


def test_a_hostile_review_is_text_next_to_its_gold_and_predicted_products(browser: webdriver.Chrome, url: str) -> None:
    browser.get(f"{url}/review?id=r4")
    quote = browser.find_element(By.TAG_NAME, "blockquote")
    assert "<script>alert('x')</script>" in quote.text
    assert quote.find_element(By.TAG_NAME, "mark").text == "laptop"
    assert "SKU p1" in browser.find_element(By.CSS_SELECTOR, "ol .bad").text
    assert "SKU p4" in browser.find_element(By.CSS_SELECTOR, "ol .good").text
    pictures_load(browser)


def cells(cell: dict[str, str]) -> pl.Expr:
    """A column of lists with only this attribute."""
    return pl.lit([cell], dtype=pl.List(pl.Struct(dict.fromkeys(cell, pl.String))))


def hostile_snapshot(root: Path, attack: str) -> Snapshot:
    """A snapshot whose texts, names, categories, attributes, reasons and details are all `attack`."""
    snapshot = browsed_snapshot(root)
    cell = dict.fromkeys(("group", "name", "value"), attack)
    for path in (snapshot.table_path("catalog/products"), snapshot.dataset / "products.parquet"):
        table = pl.read_parquet(path).with_columns(
            name=pl.lit(attack), description=pl.lit(attack), categories=pl.lit([attack] * 2), attributes=cells(cell)
        )
        write_table(path, table)
    links = snapshot.read("catalog/reviews").with_columns(title=pl.lit(attack), text=pl.lit(attack))
    write_table(snapshot.table_path("catalog/reviews"), links.with_columns(source=pl.lit(attack)))
    path = snapshot.dataset / "test.parquet"
    table = pl.read_parquet(path).with_columns(
        title=pl.lit(attack),
        text=pl.lit(attack),
        mention=pl.lit(attack),
        attributes=cells(dict.fromkeys(("name", "value"), attack)),
        images=pl.lit([attack, f"images/{attack}"]),
    )
    write_table(path, table)
    gone = [("r6", attack, "clean", attack, attack, attack, attack)]
    write_table(snapshot.table_path("clean/dropped"), pl.DataFrame(gone, DROPPED, orient="row"))
    return snapshot


def nothing_ran(browser: webdriver.Chrome, attack: str) -> None:
    assert browser.execute_script("return window.taken") is None
    assert attack in (browser.find_element(By.TAG_NAME, "body").get_attribute("textContent") or "")
    harmful = "script, iframe, svg[onload], [onerror], [onload], [onfocus], a[href^=javascript]"
    assert browser.find_elements(By.CSS_SELECTOR, harmful) == []
    assert [entry for entry in log(browser, "browser") if "404" not in entry["message"]] == []


@pytest.mark.parametrize("attack", [*ATTACKS, " ".join(ATTACKS)])
def test_no_text_runs_as_code(browser: webdriver.Chrome, tmp_path: Path, attack: str) -> None:
    root = hostile_snapshot(tmp_path / "snapshot", attack).root
    log(browser, "browser")
    with served(root) as address:
        for target in ("/", "/reviews", "/review?id=r4", "/review?id=r6", "/products", "/product?sku=p4"):
            browser.get(address + target)
            nothing_ran(browser, attack)
    for page in sorted(export_pages(root, SETTINGS, tmp_path / "files").parent.glob("*.html")):
        browser.get(page.as_uri())
        nothing_ran(browser, attack)


@pytest.mark.parametrize(
    "attack", ["<img src=x onerror=window.taken=1>", "../../x?a=1&b=2#c", "\"' onfocus=x='", "a b/%00"]
)
def test_any_id_has_its_page(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    ours = {"r1": "train", "r2": "train", "r3": "dev", attack: "test", f"r5 {attack}": "test"}
    monkeypatch.setattr(made, "SPLIT_OF", ours)
    monkeypatch.setattr(made, "SKUS", ["p1", "p2", "p3", attack])
    monkeypatch.setattr(made, "PRODUCT_OF", dict(zip(ours, ["p1", "p2", "p3", attack, attack], strict=True)))
    snapshot = made.released_snapshot(tmp_path / "snapshot", SETTINGS)
    judged = [review for review, split in ours.items() if split != "train"]
    write_predictions(snapshot, [row(review, ["p1", attack], ["p1", attack], 0.8) for review in judged])
    with served(snapshot.root) as address:
        browser.get(f"{address}/reviews?gold=wrong&split=test")
        browser.find_element(By.CSS_SELECTOR, ".card h3 a").click()
        nothing_ran(browser, attack)
        browser.find_element(By.CSS_SELECTOR, ".card.good a").click()
        assert attack in browser.find_element(By.TAG_NAME, "h1").text
        browser.find_element(By.LINK_TEXT, "2 reviews").click()
        assert len(browser.find_elements(By.CLASS_NAME, "card")) == 2


def test_a_sample_is_read_from_files(browser: webdriver.Chrome, root: Path, tmp_path: Path) -> None:
    index = export_pages(root, SETTINGS, tmp_path / "files")
    log(browser, "performance"), log(browser, "browser")
    browser.get(index.as_uri())
    browser.find_element(By.LINK_TEXT, "test").click()
    pictures_load(browser)
    assert len(browser.find_elements(By.CLASS_NAME, "card")) == 2
    browser.find_element(By.CSS_SELECTOR, ".card h3 a").click()
    pictures_load(browser)
    browser.find_element(By.CSS_SELECTOR, ".card.good a").click()
    pictures_load(browser)
    assert "Acme" in browser.find_element(By.TAG_NAME, "h1").text
    browser.find_element(By.LINK_TEXT, "Overview").click()
    assert {
        address for address in requested(browser) if not address.startswith((index.parent.as_uri(), "data:"))
    } == set()
    assert log(browser, "browser") == []
    names = {path.name for path in index.parent.rglob("*")}
    links = {
        href
        for page in index.parent.glob("*.html")
        for href in re.findall(r'(?:href|src)="([^"]+)"', page.read_text(encoding="utf-8"))
    }
    assert {href.rpartition("/")[2] for href in links if href != "data:,"} <= names


def test_a_sample_is_bounded(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static, "PAGE", 1)
    export_pages(root / "dataset", SETTINGS, tmp_path / "files")
    pages = [path.name.partition("-")[0] for path in (tmp_path / "files").glob("*.html")]
    assert {kind: pages.count(kind) for kind in ("reviews", "review", "product")} == {
        "reviews": 4, "review": 4, "product": 3,
    }  # fmt: skip


def test_a_sample_is_not_written_into_a_used_folder(root: Path) -> None:
    with pytest.raises(UnusableInput, match="not an empty folder"):
        export_pages(root, SETTINGS, root)
