"""The page of `ameli link --serve` in Chromium, and the requests that its server refuses."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import uvicorn
from baseline_world import write_dataset
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_link_review import photograph

from ameli_build.core.errors import RunFailed
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.single.linker import Linker
from ameli_build.single.serve import Desk, application, serve
from tests.chromium import chromium

TEXT = "This laptop works. The red one looks good. It has 256 gigs."
HOSTILE = "<img src=x onerror=\"document.title='caught'\"><script>document.title='caught'</script>"


@pytest.fixture(scope="module")
def linker(tmp_path_factory: pytest.TempPathFactory) -> Linker:
    root = write_dataset(tmp_path_factory.mktemp("page"), {"train": 2, "dev": 24, "test": 2})
    products = pl.read_parquet(root / "dataset" / "products.parquet")
    hostile = pl.concat_str([pl.col("name"), pl.lit(f" {HOSTILE}")])
    silver = pl.col("name").str.ends_with("Silver")
    products = products.with_columns(name=pl.when(silver).then(hostile).otherwise("name"))
    products.write_parquet(root / "dataset" / "products.parquet")
    return Linker.open(Snapshot(root), load_settings("demo", ["crawl.max_image_bytes=200000"]))


@pytest.fixture(scope="module")
def port(linker: Linker) -> Iterator[int]:
    with running(linker) as number:
        yield number


@contextmanager
def running(linker: Linker) -> Iterator[int]:
    """Run the server of the page in a thread; yields its port."""
    server = uvicorn.Server(uvicorn.Config(application(Desk.of(linker, ocr=False)), log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium("390,900", ("browser", "performance")) as opened:
        yield opened


def ask(port: int, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
    """The status and the body of a response."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    given = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET" if sent is None else "POST", path, sent, given)
    response = connection.getresponse()
    return response.status, response.read()


def link(browser: webdriver.Chrome, port: int, text: str, photo: Path | None) -> list[Any]:
    """Fill in the form; return the products of the page."""
    browser.get(f"http://127.0.0.1:{port}/")
    if photo is not None:
        browser.find_element(By.ID, "photo").send_keys(str(photo))
    browser.find_element(By.ID, "text").send_keys(text)
    browser.find_element(By.ID, "go").click()
    WebDriverWait(browser, 60).until(lambda opened: opened.find_elements(By.CSS_SELECTOR, ".verdict, .error"))
    return browser.find_elements(By.CSS_SELECTOR, "li.product")


@pytest.mark.browser
def test_a_photograph_and_a_text_give_ten_products_with_pictures(
    browser: webdriver.Chrome, port: int, tmp_path: Path
) -> None:
    products = link(browser, port, TEXT, photograph(tmp_path / f"{'red' * 60}.png"))
    assert len(products) == 10
    assert "Laptop - 256 gigabytes - Red" in products[0].text
    assert "✓ Color: Red" in products[0].text
    texts = " ".join(product.text for product in products)
    assert "✗ Color: Black; the review says red" in texts
    loaded = (
        "return [...document.querySelectorAll('.picture')].every((image) => image.complete && image.naturalWidth > 0)"
    )
    WebDriverWait(browser, 20).until(lambda opened: opened.execute_script(loaded))
    assert "The product is in this catalogue" in browser.find_element(By.CSS_SELECTOR, ".verdict").text
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


@pytest.mark.browser
def test_markup_in_foreign_texts_is_shown_as_text(browser: webdriver.Chrome, port: int) -> None:
    products = link(browser, port, f"This laptop is silver. {HOSTILE}", None)
    assert HOSTILE in products[0].text
    assert browser.title == "Which product is this? · ameli link"


@pytest.mark.browser
def test_a_file_that_is_no_picture_is_reported_in_a_line(browser: webdriver.Chrome, port: int, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    assert link(browser, port, TEXT, tmp_path / "text.png") == []
    assert browser.find_element(By.CSS_SELECTOR, ".error").text == "photograph: not a picture of a known format"
    assert link(browser, port, "", None) == []
    assert "nothing to link" in browser.find_element(By.CSS_SELECTOR, ".error").text


@pytest.mark.parametrize("host", ["evil.test", "evil.test:80", "127.0.0.1.evil.test", "[::1]", ""])
def test_a_request_for_another_host_is_refused(port: int, host: str) -> None:
    assert ask(port, "/", Host=host)[0] == 400
    assert ask(port, "/link", {"text": TEXT, "photo": None}, Host=host)[0] == 400
    assert ask(port, "/", Host=f"localhost:{port}")[0] == 200


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_form_from_another_site_is_refused(port: int, kind: str) -> None:
    assert ask(port, "/link", {"text": TEXT, "photo": None}, Content_Type=kind)[0] == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"text": 7, "photo": null}',
        b'{"text": "a"}',
        b'{"text": "a", "photo": "%%%"}',
        b"\xff",
    ],
)
def test_a_request_in_another_form_is_refused(port: int, body: bytes) -> None:
    assert ask(port, "/link", body) == (400, b'{"error":"not a request of this page"}')


def test_an_upload_has_a_limit(port: int) -> None:
    for size, status in ((100_000, 400), (250_000, 400), (2_000_000, 413)):
        photo = base64.b64encode(b"x" * size).decode()
        assert ask(port, "/link", {"text": "", "photo": photo})[0] == status
    assert b"larger than 200,000 bytes" in ask(port, "/link", {"text": "", "photo": photo})[1]


@pytest.mark.parametrize("damage", ["missing", "cut", "another place", "no picture"])
def test_an_unusable_picture_is_not_served(linker: Linker, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(linker.index.products.parent, folder)
    desk = Desk.of(linker, ocr=False)
    sku, path = next(iter(desk.pictures.items()))
    assert desk.picture(sku)
    assert desk.picture("unknown") is None
    named = {"missing": "images/none.jpg", "another place": f"../../{path}"}.get(damage, "images/bad.jpg")
    body = (folder / path).read_bytes()
    (folder / "images" / "bad.jpg").write_bytes(body[:300] if damage == "cut" else b"<svg/>")
    (tmp_path.parent / "images").mkdir(exist_ok=True)
    (tmp_path.parent / path).write_bytes(body)
    index = replace(linker.index, products=folder / "products.parquet")
    spoiled = Desk(replace(linker, index=index), {sku: named}, ocr=False)
    assert spoiled.picture(sku) is None


def test_a_taken_port_is_reported(linker: Linker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(RunFailed, match=r"cannot listen .*--port"):
        serve(linker, taken.getsockname()[1])
