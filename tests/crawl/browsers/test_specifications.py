"""The click in a real Chromium, on pages of the storefront and on broken pages."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from crawl.browsing import clicker_of, pool_of, processes_of, settings_of
from demo.small_world import picture, small_world
from faults.http_faults import Drip, Hang
from faults.server import always, misbehaving

from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.crawl.browsers.specifications import Clicker, ClickFailed
from ameli_build.crawl.fetching.throttle import Stopped, Throttle
from ameli_build.demo.answers import Answer
from ameli_build.demo.storefront import Storefront
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.shop import CLICK

pytestmark = pytest.mark.browser

SETTINGS = settings_of()
WORLD = small_world(6)

PAGES = {
    "/never": b"<html><title>No button</title><div class='shop-specifications'></div></html>",
    "/empty": b"<html><title>Empty drawer</title><button class='show-full-specs-btn'>Specifications</button></html>",
    "/late": b"""<html><title>Late</title><div class="shop-specifications"></div><script>
        setTimeout(() => {
          const button = document.createElement("button");
          button.textContent = "Specifications";
          document.querySelector("div").append(button);
          setTimeout(() => button.addEventListener("click", () => {
            const rows = "<ul class='specifications-list'><li class='list-item'>x</li></ul>";
            document.body.insertAdjacentHTML("beforeend", rows);
          }, {once: true}), 300);
        }, 200);</script></html>""",
    "/slow": b"""<html><title>Row by row</title><div class="shop-specifications"><button>Specifications</button></div>
        <ul class="specifications-list"><li class="list-item">0</li></ul><script>
        document.querySelector("button").onclick = () => {
          let number = 0;
          const timer = setInterval(() => {
            if (++number > 4) return clearInterval(timer);
            document.querySelector("ul").insertAdjacentHTML("beforeend", `<li class="list-item">row-${number}</li>`);
          }, 110);
        };</script></html>""",
    "/nagging": b"""<html><title>Nagging</title><script>
        alert("Welcome"); open("/never"); const asked = {};
        const press = (name, answer) => { asked[name] = answer; document.getElementById(name).remove(); };</script>
        <div id="survey" role="dialog"><button id="survey_invite_no" onclick="press('survey')">No</button></div>
        <div id="offer" role="dialog" aria-modal="true">
        <button aria-label="Close" onclick="press('offer')">x</button></div>
        <div class="shop-specifications"><button>Specifications</button></div>
        <ul class="specifications-list"></ul><script>
        document.querySelector(".shop-specifications button").onclick = () => {
          if (!("survey" in asked && "offer" in asked)) return;
          alert("Really?"); open("/never", "_blank");
          document.querySelector("ul").innerHTML = "<li class='list-item'>after it all</li>";
        };</script></html>""",
    "/filled": b"""<html><title>Text after rows</title>
        <div class="shop-specifications"><button>Specifications</button></div>
        <ul class="specifications-list"></ul><script>
        document.querySelector("button").onclick = () => {
          document.querySelector("ul").innerHTML = "<li class='list-item'></li>";
          setTimeout(() => { document.querySelector("li").textContent = "in time"; }, 120);
        };</script></html>""",
    "/busy": b"<html><title>Busy</title><script>setTimeout(() => { for (;;); }, 50)</script></html>",
    "/elsewhere": b"<html><title>Elsewhere</title><script>location = 'http://localhost:1/';</script></html>",
}


def drawer(script: str) -> bytes:
    """A page whose button runs a script with `add(text)` and `list`."""
    return f"""<html><title>Drawer</title><div class="shop-specifications"><button>Specifications</button></div>
        <ul class="specifications-list"></ul><script>
        const list = document.querySelector("ul");
        const add = text => list.insertAdjacentHTML("beforeend", `<li class="list-item">${{text}}</li>`);
        document.querySelector("button").onclick = async () => {{ {script} }};</script></html>""".encode()


LATE: dict[str, Answer | bytes] = {
    "/gaps": drawer("for (const n of [1, 2, 3, 4]) setTimeout(() => add('row-' + n), n * 400);"),
    "/placeholder": drawer(
        "add('Loading specifications...'); setTimeout(() => { list.innerHTML = ''; add('row-4'); }, 900);"
    ),
    "/busy-list": drawer(
        "list.setAttribute('aria-busy', 'true'); add('...');"
        " setTimeout(() => { list.removeAttribute('aria-busy'); add('row-4'); }, 900);"
    ),
    "/fetched": drawer("add('first'); const got = await fetch('/rows'); add(await got.text());"),
    "/xhr": drawer(
        "add('first'); const one = new XMLHttpRequest(); one.onload = () => add(one.responseText);"
        " one.open('GET', '/rows'); one.send();"
    ),
    "/script": drawer(
        "add('first'); document.head.append(Object.assign(document.createElement('script'), {src: '/rows.js'}));"
    ),
    "/fetched-twice": drawer(
        "add('first'); await (await fetch('/rows')).text(); add('second'); add(await (await fetch('/rows')).text());"
    ),
    "/text-last": drawer(
        "add('row-'); setTimeout(() => { list.lastChild.textContent += 'x'; }, 450);"
        " setTimeout(() => { list.lastChild.textContent = 'row-4'; }, 900);"
    ),
    "/endless-request": drawer("fetch('/hang'); add('row-4');"),
    "/rows": Answer(b"row-4", "text/plain"),
    "/rows.js": Answer(b"add('row-4')", "text/javascript"),
    "/hang": Answer(b"", "text/plain"),
    "/ever-growing": drawer("setInterval(() => add('another'), 200);"),
    "/ever-loading": drawer("add('Please wait...');"),
}


WHOLE = (
    "/gaps",
    "/placeholder",
    "/busy-list",
    "/fetched",
    "/fetched-twice",
    "/xhr",
    "/script",
    "/text-last",
    "/endless-request",
)


@pytest.mark.parametrize("page", WHOLE)
def test_a_sheet_is_read_when_it_is_complete(clicker: Clicker, page: str) -> None:
    rules = (always(Drip(0.12), "/rows$"), always(Drip(0.12), r"/rows\.js"), always(Hang(), "/hang"))
    with misbehaving(LATE, *rules) as server:
        html = clicker.click(server.url + page, "shop")
    assert "row-4</li>" in html
    assert "Loading specifications" not in html.split("<script>")[0]


@pytest.mark.parametrize("page", ["/ever-growing", "/ever-loading"])
def test_a_sheet_that_keeps_changing_is_incomplete(clicker: Clicker, page: str) -> None:
    with misbehaving(LATE) as server, pytest.raises(ClickFailed) as caught:
        clicker.click(server.url + page, "shop")
    assert caught.value.kind == "not_whole"


@pytest.fixture(scope="module")
def pool() -> Iterator[BrowserPool]:
    """One browser for all tests of this file."""
    with pool_of(SETTINGS) as browsers:
        yield browsers


@pytest.fixture(scope="module")
def clicker(pool: BrowserPool) -> Clicker:
    """Clicks in that browser."""
    return clicker_of(pool, SETTINGS)


@pytest.mark.parametrize("product", WORLD.products[:6], ids=lambda product: f"{product.generation}{product.sku}")
def test_the_click_shows_every_row_in_every_generation(clicker: Clicker, product: object) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        url = f"{shop.site_url}/site/{product.sku}.p?skuId={product.sku}"  # type: ignore[attr-defined]
        html = clicker.click(url, "shop")
    parsed = parse_product_page(html.encode(), url)
    wanted = {(row.name, {"true": "Yes", "false": "No"}.get(row.value, row.value)) for row in product.attributes}  # type: ignore[attr-defined]
    assert {(row.name, row.value) for row in parsed.product.attributes} == wanted
    assert parsed.product.sku == product.sku  # type: ignore[attr-defined]


@pytest.mark.parametrize(("page", "kind"), [("/never", "no_button"), ("/empty", "no_rows"), ("/elsewhere", "browser")])
def test_a_failed_click_has_its_kind(clicker: Clicker, page: str, kind: str) -> None:
    with misbehaving(PAGES) as server, pytest.raises(ClickFailed) as caught:
        clicker.click(server.url + page, "shop")
    assert caught.value.kind == kind


def test_a_late_button_with_a_later_listener_is_clicked(clicker: Clicker) -> None:
    with misbehaving(PAGES) as server:
        assert "list-item" in clicker.click(f"{server.url}/late", "shop")


def test_rows_that_arrive_one_by_one_are_awaited(clicker: Clicker) -> None:
    with misbehaving(PAGES) as server:
        assert "row-4" in clicker.click(f"{server.url}/slow", "shop")


def test_text_that_arrives_after_its_row_is_awaited(clicker: Clicker) -> None:
    with misbehaving(PAGES) as server:
        assert "in time" in clicker.click(f"{server.url}/filled", "shop")


def test_surveys_modal_windows_alerts_and_new_windows_are_dismissed(clicker: Clicker, pool: BrowserPool) -> None:
    with misbehaving(PAGES) as server:
        assert "after it all" in clicker.click(f"{server.url}/nagging", "shop")
    with pool.borrow() as browser:
        assert len(browser.driver.window_handles) == 1


def test_a_failed_page_is_retried_in_a_fresh_browser(clicker: Clicker, pool: BrowserPool) -> None:
    with misbehaving(PAGES) as server:
        clicker.click(f"{server.url}/late", "shop")
        with pool.borrow() as browser:
            first = browser.driver
        with pytest.raises(ClickFailed):
            clicker.click(f"{server.url}/never", "shop")
        assert [seen.target for seen in server.seen].count("/never") == 2
        clicker.click(f"{server.url}/late", "shop")
        with pool.borrow() as browser:
            assert browser.driver is not first


@pytest.mark.slow
def test_an_endless_script_costs_one_page() -> None:
    settings = settings_of(click_timeout=0.3, read_timeout=2.0)
    with misbehaving(PAGES) as server, pool_of(settings) as other, pytest.raises(ClickFailed) as caught:
        clicker_of(other, settings).click(f"{server.url}/busy", "shop")
    assert caught.value.kind == "browser"


def test_a_dead_browser_is_replaced(clicker: Clicker, pool: BrowserPool) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        url = f"{shop.site_url}/site/{WORLD.products[0].sku}.p"
        clicker.click(url, "shop")
        with pool.borrow() as browser:
            processes = processes_of(browser)
        assert processes
        for process in processes:
            os.kill(process, signal.SIGKILL)
        assert "row-title" in clicker.click(url, "shop")


def test_the_end_of_the_crawl_ends_a_running_click() -> None:
    stop = threading.Event()
    settings = settings_of(click_timeout=60.0)
    with misbehaving(PAGES) as server, pool_of(settings, stop) as other:
        with other.borrow():
            pass
        threading.Timer(0.5, stop.set).start()
        with pytest.raises(Stopped):
            Clicker(other, Throttle(1e4, stop), 60.0, CLICK).click(f"{server.url}/busy", "shop")


DOWNLOADS: dict[str, Answer | bytes] = {
    "/attachment": Answer(b"not wanted", "application/octet-stream"),
    "/link": b"<html><a id='a' href='/attachment' download='evil.sh'>x</a><script>a.click()</script></html>",
    "/blob": b"""<html><script>const a = document.createElement('a'); a.download = 'evil.desktop';
        a.href = URL.createObjectURL(new Blob(['x'])); a.click();</script></html>""",
    "/frame": b"<html><iframe src='/attachment'></iframe></html>",
    "/data": b"""<html><script>const a = document.createElement('a'); a.download = 'evil.html';
        a.href = 'data:application/octet-stream,x'; document.documentElement.append(a); a.click();</script></html>""",
}


@pytest.mark.parametrize("page", DOWNLOADS)
def test_no_page_downloads_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = settings_of(click_timeout=1.0)
    with misbehaving(DOWNLOADS) as server, pool_of(settings) as pool, pytest.raises(ClickFailed):
        clicker_of(pool, settings).click(server.url + page, "shop")
    assert not list(tmp_path.rglob("*"))
