"""A sheet in a browser, as tests open it and use it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from ameli_build.core.snapshot import Snapshot, write_table
from tests import made
from tests.made import released_snapshot


def show(browser: webdriver.Chrome, page: Path, *, guide: bool = False) -> None:
    """Open a sheet that nobody has answered yet, with the guide closed: all local files share one storage."""
    browser.get(page.as_uri())
    browser.execute_script("localStorage.clear()")
    browser.refresh()
    if not guide:
        close_guide(browser)


def close_guide(browser: webdriver.Chrome) -> None:
    """Close the guide, and wait: keys pressed too early could go to it."""
    browser.find_element(By.CSS_SELECTOR, "#guide form button").click()
    WebDriverWait(browser, 10, 0.02).until(lambda _: not browser.find_element(By.ID, "guide").is_displayed())


def press(browser: webdriver.Chrome, *keys: str) -> None:
    """Press keys, or type texts."""
    for key in keys:
        ActionChains(browser).send_keys(key).perform()


def undo(browser: webdriver.Chrome, modifier: str) -> None:
    """Press Z with a modifier."""
    ActionChains(browser).key_down(modifier).send_keys("z").key_up(modifier).perform()


def text(browser: webdriver.Chrome, name: str) -> str:
    """The text of the element with an id."""
    return browser.find_element(By.ID, name).text


def click(browser: webdriver.Chrome, selector: str) -> None:
    """Click an element."""
    browser.find_element(By.CSS_SELECTOR, selector).click()


def listed(browser: webdriver.Chrome) -> list[int]:
    """The numbers of the products in sight."""
    return [int(found.text) for found in browser.find_elements(By.CSS_SELECTOR, "#candidates .number")]


def review_ids(browser: webdriver.Chrome) -> list[str]:
    """The reviews of the sheet, in order."""
    sheet = json.loads(browser.find_element(By.ID, "sheet").get_attribute("textContent") or "{}")
    return [str(review_id) for review_id in sheet["ids"]]


def saved(
    browser: webdriver.Chrome, downloads: Path, name: str = "answers-sheet-01.json", button: str = "save"
) -> Path:
    """The file of answers after a click on the button."""
    path = downloads / name
    path.unlink(missing_ok=True)
    browser.find_element(By.ID, button).click()
    WebDriverWait(browser, 10, 0.05).until(lambda _: path.is_file() and path.stat().st_size > 0)
    return path


def choices(path: Path) -> list[Any]:
    """The choices of a file of answers, in the order of the sheet."""
    return [row["choice"] for row in json.loads(path.read_text(encoding="utf-8"))["answers"]]


def errors(browser: webdriver.Chrome) -> list[Any]:
    """Errors on the browser's console."""
    log: list[Any] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return [entry for entry in log if entry["level"] == "SEVERE"]


def snapshot_of(
    root: Path, monkeypatch: pytest.MonkeyPatch, products: Sequence[dict[str, Any]], review: str, reviews: int = 3
) -> Snapshot:
    """A released snapshot of `reviews` test reviews with one text, each with all of these products.

    A product has `name`, `categories`, `description` and `attributes` (pairs of name and value), or a default for each.
    """
    ours = {"r1": "train", "r2": "train", "r3": "dev"} | {f"t{n}": "test" for n in range(reviews)}
    monkeypatch.setattr(made, "SPLIT_OF", ours)
    monkeypatch.setattr(made, "SKUS", [f"p{n:02d}" for n in range(1, len(products) + 1)])
    monkeypatch.setattr(made, "PRODUCT_OF", dict.fromkeys(ours, "p01"))
    snapshot = released_snapshot(root)
    path = snapshot.dataset / "products.parquet"
    table = pl.read_parquet(path).sort("sku")
    columns = {
        name: [product.get(name, default) for product, default in zip(products, table[name], strict=True)]
        for name in ("name", "categories", "description")
    }
    rows = [
        [{"group": "Key Specs", "name": name, "value": value} for name, value in product.get("attributes", ())]
        for product in products
    ]
    columns["attributes"] = rows
    types = {name: table.schema[name] for name in columns}
    write_table(path, table.with_columns(pl.Series(name, values, types[name]) for name, values in columns.items()))
    path = snapshot.dataset / "test.parquet"
    test = pl.read_parquet(path).with_columns(text=pl.lit(review), candidates=pl.lit(table["sku"].to_list()))
    write_table(path, test.select(pl.read_parquet(path).columns))
    return snapshot
