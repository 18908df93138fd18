"""The click, in a real Chromium on the storefront's pages and on broken ones."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.small_world import picture, small_world
from faults.server import misbehaving

from ameli_build.catalog.pages import parse_product_page
from ameli_build.crawl.browser import Browser
from ameli_build.crawl.specifications import Clicker, ClickFailed
from ameli_build.crawl.supervise import session_members
from ameli_build.crawl.throttle import Throttle
from ameli_build.demo.storefront import Storefront
from ameli_build.settings import CrawlSettings
from ameli_build.snapshot import RunFailed

pytestmark = pytest.mark.browser

SETTINGS = CrawlSettings(click_timeout=2.0, read_timeout=10.0)
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
    "/country": b"""<html><title>Best Buy International: Select your Country - Best Buy</title><p>?</p><script>
        if (document.cookie.includes("intl_splash=false")) document.title = "The shop";</script></html>""",
    "/elsewhere": b"<html><title>Elsewhere</title><script>location = 'http://localhost:1/';</script></html>",
}


@pytest.fixture(scope="module")
def clicker() -> Iterator[Clicker]:
    """One browser for all tests of this file."""
    if shutil.which("chromedriver") is None:
        pytest.skip("no chromedriver on the PATH")
    one = Clicker(Browser(SETTINGS, ["127.0.0.1"]), Throttle(1e4, threading.Event()), SETTINGS.click_timeout)
    yield one
    one.close()


@pytest.mark.parametrize("product", WORLD.products[:6], ids=lambda product: f"{product.generation}{product.sku}")
def test_the_click_shows_every_row_in_every_generation(clicker: Clicker, product: object) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        url = f"{shop.site_url}/site/{product.sku}.p?skuId={product.sku}"  # type: ignore[attr-defined]
        html = clicker.click(url, "shop")
    parsed = parse_product_page(html.encode(), url)
    wanted = {(row.name, {"true": "Yes", "false": "No"}.get(row.value, row.value)) for row in product.attributes}  # type: ignore[attr-defined]
    assert {(row.name, row.value) for row in parsed.product.attributes} == wanted
    assert parsed.product.sku == product.sku  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("page", "kind"), [("/never", "no_button"), ("/empty", "no_rows"), ("/elsewhere", "no_button")]
)
def test_a_page_that_does_not_open_is_named(clicker: Clicker, page: str, kind: str) -> None:
    with misbehaving(PAGES) as server, pytest.raises(ClickFailed) as caught:
        clicker.click(server.url + page, "shop")
    assert caught.value.kind == kind


def test_a_button_that_comes_late_and_listens_later_is_clicked(clicker: Clicker) -> None:
    with misbehaving(PAGES) as server:
        assert "list-item" in clicker.click(f"{server.url}/late", "shop")


def test_rows_that_come_one_by_one_are_awaited(clicker: Clicker) -> None:
    with misbehaving(PAGES) as server:
        assert "row-4" in clicker.click(f"{server.url}/slow", "shop")


def test_the_question_for_the_country_is_answered(clicker: Clicker) -> None:
    with misbehaving(PAGES) as server:
        assert clicker._browser.open(f"{server.url}/country").title == "The shop"


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving(PAGES) as server, misbehaving({}) as proxy:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        browser = Browser(SETTINGS, ["127.0.0.1"])
        try:
            assert browser.open(f"{server.url}/never").title == "No button"
        finally:
            browser.close()
        assert proxy.seen == []


def test_a_browser_that_dies_is_replaced(clicker: Clicker) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        url = f"{shop.site_url}/site/{WORLD.products[0].sku}.p"
        clicker.click(url, "shop")
        driver = clicker._browser._driver
        assert driver is not None
        browser = int(driver.service.process.pid)  # type: ignore[attr-defined]
        for process in session_members(browser):
            if "chromium" in Path(f"/proc/{process}/cmdline").read_text():
                os.kill(process, signal.SIGKILL)
        assert "row-title" in clicker.click(url, "shop")
        assert clicker._browser._driver is not driver


def test_it_starts_anew_after_so_many_pages() -> None:
    settings = SETTINGS.model_copy(update={"pages_per_browser": 1})
    browser = Browser(settings, ["127.0.0.1"])
    with misbehaving(PAGES) as server:
        first = browser.open(f"{server.url}/never")
        second = browser.open(f"{server.url}/never")
    browser.close()
    assert first is not second


def test_a_missing_browser_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunFailed, match=r"Chromium is not on the PATH.*apt-get install chromium"):
        Browser(SETTINGS, []).open("http://127.0.0.1/")


def test_a_browser_that_cannot_start_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("chromium", "chromedriver"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunFailed, match=r"does not start \(.*crawl\.specifications=json"):
        Browser(SETTINGS, []).open("http://127.0.0.1/")


def test_no_browser_outlives_a_killed_crawler(tmp_path: Path) -> None:
    script = (
        "import time; from ameli_build.crawl.browser import Browser\n"
        "from ameli_build.settings import CrawlSettings\n"
        "browser = Browser(CrawlSettings(), []); driver = browser.open('data:text/html,<title>x</title>')\n"
        "print(driver.service.process.pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as crawler:
        assert crawler.stdout is not None
        session = int(crawler.stdout.readline())
        assert len(session_members(session)) > 3
        assert list(tmp_path.glob("ameli-browser-*"))
        crawler.kill()
    end = time.monotonic() + 20
    while (_alive(session) or list(tmp_path.glob("ameli-browser-*"))) and time.monotonic() < end:
        threading.Event().wait(0.1)
    assert _alive(session) == []
    assert not list(tmp_path.glob("ameli-browser-*"))


def _alive(session: int) -> list[int]:
    """Members of a session that are not just waiting to be reaped."""
    return [one for one in session_members(session) if _state(one) not in ("Z", "")]


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
