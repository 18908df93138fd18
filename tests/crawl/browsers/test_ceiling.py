"""A page with endless requests ends its visit and is counted; a busy page of a shop is not."""

from __future__ import annotations

import pytest
from crawl.browsing import clicker_of, pool_of, settings_of
from faults.server import misbehaving

from ameli_build.crawl.browsers import ceiling
from ameli_build.crawl.browsers.browser_transport import BrowserTransport
from ameli_build.crawl.browsers.specifications import ClickFailed
from ameli_build.crawl.checks import html_page
from ameli_build.crawl.fetching.failures import FetchFailed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.demo.answers import Answer
from ameli_build.demo.server import LoopbackServer

pytestmark = pytest.mark.browser

DOCUMENTS, REQUESTS, SLACK = 12, 60, 25
"""Limits lower than in a crawl, for quick tests; `SLACK` is the number of requests before the browser dies."""

WHILE_LOADING = {
    "/reload": "<script>location.reload()</script>",
    "/other": "<script>location = '/other?' + Math.random()</script>",
    "/replaced": "<script>location.replace('/replaced?' + Math.random())</script>",
    "/self-submitted": "<form></form><script>document.forms[0].submit()</script>",
    "/history": "<script>history.pushState({}, '', '/history?' + Math.random()); location.reload()</script>",
}
ONCE_LOADED = {
    "/refreshed": "<meta http-equiv=refresh content=0>",
    "/frame": "<iframe src=/reload></iframe>",
    "/frames": "<script>setInterval(() => document.body.append(Object.assign(document.createElement('iframe'),"
    " {src: '/blank?' + Math.random()})), 20)</script>",
    "/fetches": "<script>setInterval(() => fetch('/blank?' + Math.random()), 20)</script>",
    "/worker": "<script>new Worker(URL.createObjectURL(new Blob([`setInterval(() =>"
    " fetch('${location.origin}/blank?' + Math.random()), 20)`])))</script>",
}
OPENED = """<div class=shop-specifications><button>Specifications</button></div><script>
document.querySelector('button').onclick = () => setInterval(() => Object.assign(document.createElement('a'),
  {href: '/blank?' + Math.random(), target: '_blank'}).click(), 20)</script>"""
BUSY = "<iframe src=/blank></iframe>" * 15 + "".join(f"<script src=/script?{number}></script>" for number in range(150))


def page(body: str) -> bytes:
    return f"<!DOCTYPE html><html><body>{body}</body></html>".encode()


def hostile() -> LoopbackServer:
    bodies = {**WHILE_LOADING, **ONCE_LOADED, "/opened": OPENED, "/busy": BUSY, "/blank": ""}
    server: LoopbackServer = misbehaving(
        {path: page(body) for path, body in bodies.items()} | {"/script": Answer(b"1", "text/javascript")}
    )
    respond = server.respond
    server.respond = lambda target: respond(target.partition("?")[0])
    return server


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "MOST_DOCUMENTS", DOCUMENTS)
    monkeypatch.setattr(ceiling, "MOST_REQUESTS", REQUESTS)


@pytest.mark.parametrize("path", [*WHILE_LOADING, *ONCE_LOADED])
@pytest.mark.usefixtures("low")
def test_a_click_on_an_endless_page_fails_with_its_kind(path: str) -> None:
    with hostile() as server:
        settings = settings_of(server.url, click_timeout=20.0, read_timeout=30.0)
        with pool_of(settings) as pool:
            with pytest.raises(ClickFailed) as caught:
                clicker_of(pool, settings).click(f"{server.url}{path}", "h")
            assert caught.value.kind == "too_many_requests"
            assert len(server.seen) <= REQUESTS + SLACK
            asked = len(server.seen)
            with pool.borrow() as browser:  # another browser, within the ceiling
                browser.open(f"{server.url}/blank")
                assert browser.too_many == ""
            assert len(server.seen) <= asked + 2


@pytest.mark.parametrize("path", WHILE_LOADING)
@pytest.mark.usefixtures("low")
def test_an_endless_visit_fails_with_its_kind(path: str) -> None:
    with hostile() as server:
        settings = settings_of(server.url, transport="browser", read_timeout=30.0, rate=1e4)
        with pool_of(settings) as pool:
            fetcher = Fetcher(settings)
            fetcher.transport = BrowserTransport(fetcher.transport, pool, settings)
            with pytest.raises(FetchFailed) as caught:
                fetcher.get(f"{server.url}{path}", "page", html_page)
            assert caught.value.kind == "too_many_requests"
            assert not caught.value.again
            assert len(server.seen) <= 2 * DOCUMENTS + SLACK


@pytest.mark.usefixtures("low")
def test_a_button_cannot_open_endless_windows() -> None:
    with hostile() as server:
        settings = settings_of(server.url, click_timeout=1.0)
        with pool_of(settings) as pool, pytest.raises(ClickFailed):
            clicker_of(pool, settings).click(f"{server.url}/opened", "h")
        assert len(server.seen) <= 2 * (DOCUMENTS + SLACK)


def test_a_busy_page_is_within_the_ceiling() -> None:
    with hostile() as server:
        settings = settings_of(server.url, click_timeout=1.0)
        with pool_of(settings) as pool:
            for _ in range(4):  # each visit counts from 0
                with pool.borrow() as browser:
                    first = browser.driver
                    browser.open(f"{server.url}/busy")
                    assert browser.too_many == ""
            with pool.borrow() as browser:
                assert browser.driver is first
        assert len(server.seen) > 4 * 15
