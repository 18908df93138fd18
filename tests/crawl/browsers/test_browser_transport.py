"""Fetching through a real Chromium gives the same answers and verdicts as fetching without a browser."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from crawl.browsing import pool_of, settings_of
from crawl.crawling import archived, html_page, settings_for
from demo.small_world import picture, small_world
from faults.http_faults import AbortedChunks, Drip, FaultPlan, Hang, LyingLength, Reset, Rule, Status
from faults.server import always, misbehaving

from ameli_build.archive.records import Response
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.browsers.browser_transport import MARK, BrowserTransport
from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.crawl.fetching.failures import FetchFailed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.run import crawl
from ameli_build.demo.answers import Answer
from ameli_build.demo.server import LoopbackServer
from ameli_build.demo.storefront import Storefront

pytestmark = pytest.mark.browser

WORLD = small_world(6)
PAGE = b"<html><title>Good</title><body>good</body></html>"


def moved(location: str, status: int = 302) -> Answer:
    return Answer(b"", status=status, headers=(("Location", location),))


PAGES: dict[str, Answer | bytes] = {
    "/robots.txt": Answer("User-agent: *\nDisallow: /private # é".encode(), "text/plain"),
    "/good": PAGE,
    "/latin": Answer("<html><meta charset=iso-8859-1><title>é</title></html>".encode("latin-1"), "text/html"),
    "/packed": Answer(gzip.compress(PAGE), headers=(("Content-Encoding", "gzip"),)),
    "/json": Answer('{"topics": ["<b>&é"]}'.encode(), "application/json"),
    "/kept": Answer(PAGE, headers=(("Cache-Control", "max-age=1000"),)),
    "/denied": b"<html><title>Access Denied</title></html>",
    "/download": Answer(b"\0\1", "application/octet-stream"),
    "/once": moved("/twice"),
    "/twice": moved("/good", 301),
    "/scripted": b"<html><title>a</title><script>location.replace('/good')</script></html>",
    "/to-private": moved("/private"),
    "/private": PAGE,
    "/away": moved("http://elsewhere.invalid/secret"),
    "/loop": moved("/loop"),
    "/big": b"<html>" + b"x" * 300_000 + b"</html>",
}


@pytest.fixture(scope="module")
def pool() -> Iterator[BrowserPool]:
    """One browser for all tests of this file."""
    with pool_of(settings_of(transport="browser", click_timeout=1.0, read_timeout=3.0)) as browsers:
        yield browsers


@contextmanager
def fetching(
    pool: BrowserPool, *rules: Rule, **values: Any
) -> Iterator[tuple[Fetcher, LoopbackServer, list[Response]]]:
    """A fetcher that uses a browser, its server, and the redirects that it reports."""
    redirects: list[Response] = []
    with misbehaving(PAGES, *rules) as server:
        settings = settings_for(server.url, transport="browser", **values).crawl
        fetcher = Fetcher(
            settings, keep=lambda kind, response: redirects.append(response) if kind == "redirect" else None
        )
        fetcher.transport = BrowserTransport(fetcher.transport, pool, settings)
        fetcher.transport._site = server.url.removeprefix("http://")  # the settings of the pool allow every port
        try:
            yield fetcher, server, redirects
        finally:
            fetcher.close()


def fetched(fetcher: Fetcher, server: LoopbackServer, path: str, kind: str = "page") -> Response:
    return fetcher.get(server.url + path, kind, lambda response: html_page(response) if kind == "page" else b"")[0]


@pytest.mark.parametrize("path", ["/good", "/latin", "/packed", "/kept", "/json"])
def test_an_answer_equals_the_served_body(pool: BrowserPool, path: str) -> None:
    with fetching(pool) as (fetcher, server, _):
        response = fetched(fetcher, server, path, "reviews" if path == "/json" else "page")
        plain = PAGES[path]
        wanted = plain.body if isinstance(plain, Answer) else plain
        assert response.data == (gzip.decompress(wanted) if path == "/packed" else wanted)
        assert (response.status, response.url, response.final_url) == (200, server.url + path, server.url + path)
        assert MARK in response.headers
        names = [name.lower() for name, _ in response.headers]
        assert "content-encoding" not in names
        assert "etag" in names


def test_each_visit_requests_the_page_again(pool: BrowserPool) -> None:
    with fetching(pool) as (fetcher, server, _):
        fetched(fetcher, server, "/kept")
        fetched(fetcher, server, "/kept")
        assert [seen.target for seen in server.seen].count("/kept") == 2


def test_each_redirect_is_reported_and_requested_once(pool: BrowserPool) -> None:
    with fetching(pool) as (fetcher, server, redirects):
        response = fetched(fetcher, server, "/once")
        assert (response.final_url, response.data) == (f"{server.url}/good", PAGE)
        assert [(redirect.final_url, redirect.status) for redirect in redirects] == [
            (f"{server.url}/once", 302),
            (f"{server.url}/twice", 301),
        ]
        assert [seen.target for seen in server.seen].count("/good") == 1
        fetched(fetcher, server, "/good")
        assert [seen.target for seen in server.seen].count("/good") == 2


def test_a_redirect_by_script_is_followed(pool: BrowserPool) -> None:
    with fetching(pool) as (fetcher, server, _):
        response = fetched(fetcher, server, "/scripted")
        assert response.data in (PAGE, PAGES["/scripted"])  # the page at the time when its HTML arrived


@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        ("/missing", "http_404", 404),
        ("/denied", "blocked", 200),
        ("/json", "wrong_type", 200),
        ("/download", "wrong_type", 200),
        ("/private", "robots", 0),
        ("/to-private", "robots", 0),
        ("/away", "forbidden_host", 0),
        ("/loop", "redirect_loop", 302),
        ("/big", "too_large", 200),
    ],
)
def test_an_unusable_page_fails_with_its_kind(pool: BrowserPool, path: str, kind: str, status: int) -> None:
    with fetching(pool, max_page_bytes=100_000) as (fetcher, server, _):
        with pytest.raises(FetchFailed) as caught:
            fetched(fetcher, server, path)
        assert (caught.value.kind, caught.value.status) == (kind, status)
        assert fetched(fetcher, server, "/good").data == PAGE


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Status(503, retry_after="0"), "http_503"),
        (Status(429, retry_after="0"), "http_429"),
        (LyingLength(50), "short_body"),
        (AbortedChunks(), "short_body"),
        (Reset(), ""),
        (Drip(), "deadline"),
        (Hang(), "deadline"),
    ],
    ids=str,
)
def test_a_passing_fault_costs_one_retry(pool: BrowserPool, fault: Any, kind: str) -> None:
    with fetching(pool, always(fault, "/good", 1)) as (fetcher, server, _):
        assert fetched(fetcher, server, "/good").data == PAGE
        assert sum(fetcher.retried.values()) == 1
        assert not kind or kind in fetcher.retried


def test_a_whole_crawl_archives_the_same_with_and_without_browser(tmp_path: Path) -> None:
    def run(name: str, shop: Storefront, **values: Any) -> dict[tuple[str, str], str]:
        settings = settings_for(shop.site_url, specifications="json", **values)
        crawl(Snapshot(tmp_path / name), settings, categories=("abcat0502000", "abcat0901000"))
        pages = archived(tmp_path / name).items()
        return {key: page.path or page.error or f"{page.final_url} {page.digest}" for key, page in pages}

    with Storefront(WORLD, FaultPlan((Rule(r"7000101\.p", Status(500), 1),)), pictures=picture) as shop:
        by_browser = run("browser", shop, transport="browser", browsers=2)
        assert by_browser == run("requests", shop)
    marked = {kind for (kind, _), page in archived(tmp_path / "browser").items() if MARK[0].lower() in page.headers}
    assert marked == {"listing", "page", "reviews"}


ESCAPES = {
    "location": "location = 'URL'",
    "replace": "location.replace('URL')",
    "fetch": "fetch('URL', {mode: 'no-cors'})",
    "beacon": "navigator.sendBeacon('URL', 'x')",
    "frame": "document.body.append(Object.assign(document.createElement('iframe'), {src: 'URL'}))",
    "window": "window.open('URL')",
    "form": "const f = document.createElement('form'); f.action = 'URL'; document.body.append(f); f.submit()",
    "socket": "new WebSocket('URL'.replace('http', 'ws'))",
    "link": "document.head.append(Object.assign(document.createElement('link'), {rel: 'prefetch', href: 'URL'}))",
    "refresh": "document.write('<meta http-equiv=refresh content=\"0;url=URL\">')",
}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "LOCALHOST."])
def test_scripts_of_a_page_reach_no_other_port_of_this_machine(tmp_path: Path, host: str) -> None:
    """The profile of the demo allows pictures from any port of `localhost`."""
    with misbehaving({}) as victim:
        url = f"http://{host}:{victim.server_port}/x"
        scripts = {name: script.replace("URL", url) for name, script in ESCAPES.items()}
        pages = {
            f"/{name}": f"<html><body><p>x<script>{code}</script></html>".encode() for name, code in scripts.items()
        }
        with misbehaving(pages) as shop:
            settings = load_settings("demo").crawl.model_copy(
                update={"site_url": shop.url, "transport": "browser", "retries": 0, "rate": 1e4, "read_timeout": 10.0}
            )
            with pool_of(settings) as pool:
                fetcher = Fetcher(settings)
                fetcher.transport = BrowserTransport(fetcher.transport, pool, settings)
                for path in pages:
                    with suppress(FetchFailed):
                        fetcher.get(f"{shop.url}{path}", "page", html_page)
                fetcher.close()
        assert victim.seen == []
        assert len([seen for seen in shop.seen if seen.target != "/robots.txt"]) >= len(pages)
