"""Fetching from a server with every fault that the shop could have."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from crawl.crawling import html_page
from faults.http_faults import (
    ACCESS_DENIED,
    COUNTRY_PAGE,
    EMPTY_BODY,
    AbortedChunks,
    Bomb,
    Drip,
    Fault,
    FaultPlan,
    Hang,
    LyingLength,
    Page,
    Redirect,
    Reset,
    Rewrite,
    Rule,
    Status,
)
from faults.server import always, misbehaving

from ameli_build import __version__
from ameli_build.archive.records import Response
from ameli_build.core.errors import RunFailed
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.fetching.connections import Client
from ameli_build.crawl.fetching.failures import FetchFailed, Unchanged, retry_after
from ameli_build.crawl.fetching.fetch import Fetcher, validators
from ameli_build.demo.answers import Answer
from ameli_build.demo.server import LoopbackServer

PAGE = (
    b"<!DOCTYPE html><html><head><title>A lamp</title><script src='/captcha.js'></script></head>"
    + b"x" * 5000
    + (b"<body>lamp</body></html>")
)
PAGES: dict[str, Answer | bytes] = {
    "/lamp": PAGE,
    "/other": PAGE,
    "/lamp.jpg": Answer(b"\xff\xd8\xff" + b"j" * 3000, "image/jpeg"),
    "/hop": Answer(b"", status=301, headers=(("Location", "/lamp"),)),
}

COUNTRY = ("intl_splash", "false")


@contextmanager
def fetching(*rules: Rule, **settings: Any) -> Iterator[tuple[Callable[..., Response], Any, Fetcher]]:
    """(get, server, fetcher) for a server with these faults."""
    with misbehaving(PAGES, *rules) as server:
        values = {"rate": 10_000.0, "backoff": 0.001, "retries": 1, "read_timeout": 0.4, "deadline": 5.0} | settings
        fetcher = Fetcher(CrawlSettings(site_url=server.url, **values))

        def get(target: str = "/lamp", kind: str = "page", judge: Callable[[Response], Any] = html_page) -> Response:
            return fetcher.get(target if "://" in target else server.url + target, kind, judge)[0]

        try:
            yield get, server, fetcher
        finally:
            fetcher.close()


def asked(server: Any, target: str = "/lamp") -> int:
    return sum(seen.target == target for seen in server.seen)


def test_a_page_is_received_as_it_was_sent() -> None:
    with fetching() as (get, _, _):
        response = get()
    assert response.status == 200
    assert response.data == PAGE
    assert dict(response.headers)["Content-Encoding"] == "gzip"
    assert response.body[:2] == b"\x1f\x8b"


FAULTS: list[tuple[Fault, str]] = [
    (Status(429), "http_429"),
    (Status(429, retry_after="-5"), "http_429"),
    (Status(503, retry_after="0"), "http_503"),
    (Status(500), "http_500"),
    (ACCESS_DENIED, "blocked"),
    (COUNTRY_PAGE, "country_page"),
    (EMPTY_BODY, "empty"),
    (Page(b'{"topics": []}', "application/json"), "wrong_type"),
    (LyingLength(100), "short_body"),
    (LyingLength(-3000), "cut"),
    (AbortedChunks(), "short_body"),
    (Reset(), "connection"),
    (Hang(), "timeout"),
    (Hang(after_headers=True), "timeout"),
    (Page(b"plain", "text/html"), "wrong_type"),
]


@pytest.mark.parametrize(("fault", "kind"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_fault_is_retried_and_then_named(fault: Fault, kind: str) -> None:
    with fetching(always(fault, "^/lamp$", times=1), always(fault, "^/other$")) as (get, server, fetcher):
        assert get("/lamp").data == PAGE
        assert fetcher.retried == {kind: 1}
        with pytest.raises(FetchFailed) as caught:
            get("/other")
    assert caught.value.kind == kind
    assert asked(server, "/lamp") == asked(server, "/other") == 2


ENDLESS = Rewrite(lambda body: body[:-20])


def test_a_page_without_its_end_is_requested_again() -> None:
    with fetching(always(ENDLESS, "^/lamp$", times=1)) as (get, _, fetcher):
        assert get().data == PAGE
    assert fetcher.retried == {"cut": 1}


def test_a_page_that_always_lacks_its_end_is_accepted_if_its_encoding_is_complete() -> None:
    with fetching(always(ENDLESS, "^/lamp$")) as (get, server, _):
        response = get()
    assert response.data == PAGE[:-20]
    assert asked(server) == 2


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_bomb_is_too_large_and_is_not_requested_again(encoding: Any) -> None:
    given = fetching(always(Bomb(encoding, megabytes=30)), max_page_bytes=1_000_000, read_timeout=10)
    with given as (get, server, _), pytest.raises(FetchFailed, match="too_large"):
        get(kind="robots", judge=lambda response: response)
    assert asked(server) == 1


def test_a_body_with_a_too_large_content_length_is_not_read() -> None:
    with fetching(max_image_bytes=1000) as (get, _, _), pytest.raises(FetchFailed, match="too_large"):
        get("/lamp.jpg", "image", lambda _: None)


def test_one_byte_a_second_ends_at_the_deadline() -> None:
    with fetching(always(Drip(0.05), "^/lamp$"), deadline=0.5, retries=0) as (get, _, _):
        start = time.monotonic()
        with pytest.raises(FetchFailed, match="deadline"):
            get()
    assert 0.4 < time.monotonic() - start < 2


def test_dripping_headers_end_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        threading.Thread(target=_drip_headers, args=(listener,), daemon=True).start()
        fetcher = Fetcher(CrawlSettings(site_url=url, rate=1e4, deadline=0.4, read_timeout=5, retries=0))
        start = time.monotonic()
        with pytest.raises(FetchFailed, match="deadline"):
            fetcher.get(f"{url}/lamp", "robots", html_page)
        fetcher.close()
    assert time.monotonic() - start < 2


def _drip_headers(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            connection.sendall(b"y")
            select.select([], [], [], 0.02)


def test_a_refusal_is_a_failure_and_refusals_in_a_row_stop_the_crawl() -> None:
    with fetching(always(Status(403), "^/(lamp|other)"), max_forbidden=5, retries=1) as (get, server, _):
        for _ in range(2):
            with pytest.raises(FetchFailed, match="http_403"):
                get()
        with pytest.raises(RunFailed, match=r"5 refusals in a row.*crawl\.rate"):
            get("/other")
        with pytest.raises(RunFailed):
            get("/lamp.jpg", "image", lambda _: None)
    assert sum(seen.target != "/robots.txt" for seen in server.seen) == 5


def test_block_pages_with_status_200_count_as_refusals() -> None:
    with fetching(always(ACCESS_DENIED, "^/lamp"), max_forbidden=2) as (get, _, _), pytest.raises(RunFailed):
        get()


def test_single_refusals_do_not_add_up() -> None:
    with fetching(always(Status(403), "^/lamp$"), max_forbidden=3, retries=0) as (get, _, _):
        for _ in range(4):
            with pytest.raises(FetchFailed, match="http_403"):
                get("/lamp")
            assert get("/other").data == PAGE


def test_a_missing_page_is_requested_once() -> None:
    with fetching() as (get, server, _), pytest.raises(FetchFailed) as caught:
        get("/nowhere")
    assert (caught.value.kind, caught.value.status) == ("http_404", 404)
    assert asked(server, "/nowhere") == 1


@pytest.mark.parametrize(
    ("value", "low", "high"), [("0.3", 0.25, 1.5), ("-9", 0.0, 0.25), ("86400", 0.35, 1.5), ("soon", 0.0, 0.25)]
)
def test_retry_after_is_honoured_up_to_the_ceiling(value: str, low: float, high: float) -> None:
    with fetching(always(Status(429, retry_after=value), "^/lamp$", 1), retry_after_ceiling=0.4) as (get, server, _):
        get()
        first, second = (seen.at for seen in server.seen if seen.target == "/lamp")
    assert low <= second - first <= high


def test_retry_after_as_a_date_is_honoured() -> None:
    with fetching(always(Status(503, retry_date_in=60), "^/lamp$", 1), retry_after_ceiling=0.4) as (get, server, _):
        get()
        first, second = (seen.at for seen in server.seen if seen.target == "/lamp")
    assert 0.35 <= second - first <= 1.5


def test_retry_after_holds_for_all_addresses_of_a_host() -> None:
    rules = always(Status(429, retry_after="0.4"), "^/lamp$")
    with fetching(rules, retries=0) as (get, server, _):
        with pytest.raises(FetchFailed, match="http_429"):
            get("/lamp")
        get("/other")
        first, second = (seen.at for seen in server.seen if seen.target != "/robots.txt")
    assert second - first > 0.35


@pytest.mark.parametrize(
    "value", ["nan", "inf", "", "Fri, 99 Foo", "Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None]
)
def test_an_unreadable_retry_after_is_none(value: str | None) -> None:
    assert retry_after(value) is None


def test_redirects_are_followed_and_stored() -> None:
    with misbehaving(PAGES) as server:
        stored: list[tuple[str, str]] = []
        settings = CrawlSettings(site_url=server.url, rate=1e4)
        fetcher = Fetcher(settings, keep=lambda kind, response: stored.append((kind, response.final_url)))
        response, _ = fetcher.get(f"{server.url}/hop", "page", html_page)
        fetcher.close()
    assert (response.url, response.final_url) == (f"{server.url}/hop", f"{server.url}/lamp")
    assert stored == [("redirect", f"{server.url}/hop")]


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("", "redirect_loop"),
        ("http://evil.example/", "forbidden_host"),
        ("http://127.0.0.1:1/", "forbidden_host"),
        ("http://169.254.169.254/latest/", "forbidden_host"),
        ("http://[::1]/", "forbidden_host"),
        ("http://[::ffff:7f00:1]/", "forbidden_host"),
        ("http://2130706433/", "forbidden_host"),
        ("//evil.example/x", "forbidden_host"),
        ("file:///etc/passwd", "forbidden_scheme"),
        ("data:text/html,<html></html>", "forbidden_scheme"),
        ("http://[broken/", "bad_url"),
    ],
)
def test_forbidden_redirects_are_not_followed(location: str, kind: str) -> None:
    with fetching(always(Redirect(location), "^/lamp$")) as (get, server, _), pytest.raises(FetchFailed) as caught:
        get()
    assert caught.value.kind == kind
    assert asked(server) == (6 if kind == "redirect_loop" else 1)


def test_the_connected_address_is_checked_rather_than_the_name() -> None:
    with misbehaving(PAGES) as server:
        port = server.server_port
        fetcher = Fetcher(CrawlSettings(image_hosts=("localhost",), rate=1e4, retries=0))
        with pytest.raises(FetchFailed) as caught:
            fetcher.get(f"http://localhost:{port}/lamp.jpg", "robots", html_page)
        fetcher.close()
    assert caught.value.kind == "forbidden_address"
    assert server.seen == []


def test_the_number_of_concurrent_requests_has_a_limit() -> None:
    under_way = most = 0
    lock = threading.Lock()

    def respond(target: str) -> Answer:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        select.select([], [], [], 0.03)
        with lock:
            under_way -= 1
        return Answer(PAGE)

    with LoopbackServer(respond, FaultPlan(())) as server:
        fetcher = Fetcher(CrawlSettings(site_url=server.url, rate=1e4, threads=8, connections=3))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: fetcher.get(f"{server.url}/{n}", "page", html_page), range(16)))
        fetcher.close()
    assert most == 3


def test_a_missing_page_costs_no_connection() -> None:
    connections = []
    with fetching() as (get, server, _):
        accept = server.get_request
        server.get_request = lambda: connections.append(1) or accept()
        for number in range(4):
            with pytest.raises(FetchFailed, match="http_404"):
                get(f"/none/{number}")
        get()
    assert len(connections) == 1


def test_cookies_of_the_shop_are_sent_back() -> None:
    client = Client(lambda *_: True, 1, "a crawler", "127.0.0.1", COUNTRY)
    given = Answer(PAGE, headers=(("Set-Cookie", "basket=7; Path=/"),))
    with misbehaving({"/lamp": given}) as server:
        client.get(f"{server.url}/lamp", {}, (5.0, 5.0)).close()
        cookie = client.request(f"{server.url}/other", {}).headers["Cookie"]
        client.close()
    assert sorted(cookie.split("; ")) == ["basket=7", "intl_splash=false"]


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("http://a.test/x?b=1&c=d,e", "http://a.test/x?b=1&c=d,e"),
        ("http://a.test/l\u00e4mp", "http://a.test/l%C3%A4mp"),
        ("http://a.test/%7Elamp%2f", "http://a.test/~lamp%2F"),
    ],
)
def test_addresses_are_percent_encoded_if_necessary(target: str, sent: str) -> None:
    assert Client(lambda *_: True, 1, "a crawler", "a.test").request(target, {}).url == sent


def test_requests_keep_to_the_rate_with_any_number_of_threads() -> None:
    with fetching(rate=20.0) as (get, server, _):
        threads = [threading.Thread(target=get) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    moments = sorted(seen.at for seen in server.seen)
    assert len(moments) == 9  # including robots.txt
    assert moments[-1] - moments[0] > 0.3  # eight intervals of 0.05 s, less some for the load of the machine


def test_the_crawler_names_itself_and_uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with fetching() as (get, server, fetcher):
        assert get().data == PAGE
        request = fetcher.transport._client.request(server.url, {})
        assert request.headers["User-Agent"].startswith(f"Mozilla/5.0 (compatible; ameli-build/{__version__}; +http")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "www.shop.example"])
def test_the_shop_gets_the_cookie_of_the_country(host: str) -> None:
    client = Client(lambda *_: True, 1, "a crawler", host, COUNTRY)
    own, other = (client.request(f"http://{name}:81/x", {}) for name in (host, "a.test"))
    assert own.headers["Cookie"] == "intl_splash=false"
    assert "Cookie" not in other.headers


def test_an_unchanged_page_answers_a_conditional_request_with_304() -> None:
    with fetching() as (get, server, fetcher):
        first = get()
        known = validators({name.lower(): value for name, value in first.headers})
        with pytest.raises(Unchanged) as caught:
            fetcher.get(server.url + "/lamp", "page", html_page, known)
    assert known
    assert (caught.value.response.status, caught.value.response.data) == (304, b"")


def test_status_304_to_an_unconditional_request_is_a_failure() -> None:
    with fetching(always(Status(304), "^/lamp$")) as (get, _, _), pytest.raises(FetchFailed, match="http_304"):
        get()


HOSTILE_COOKIES = {
    "a long cookie": lambda number: ((f"c{number}=" + "x" * 60_000),),
    "many short cookies": lambda number: tuple(f"c{number}-{index}=x" for index in range(80)),
    "longer and longer": lambda number: (f"c{number}=" + "x" * 150 * number,),
    "control characters": lambda number: (f"c{number}=a\r\n b", f"d{number}=\x01"),
    "letters beyond ASCII": lambda number: (f"c{number}=\xe9\xff", f"\xe9{number}=1"),
}


@pytest.mark.parametrize("case", HOSTILE_COOKIES)
def test_cookies_of_a_shop_cannot_make_its_later_answers_fail(case: str) -> None:
    with misbehaving({}) as server:
        numbers = iter(range(1, 1000))
        server.respond = lambda _: Answer(
            PAGE, headers=tuple(("Set-Cookie", f"{cookie}; Path=/") for cookie in HOSTILE_COOKIES[case](next(numbers)))
        )
        client = Client(lambda *_: True, 1, "ameli", "127.0.0.1", COUNTRY)
        for _ in range(40):
            answer = client.get(f"{server.url}/lamp", {}, (5.0, 5.0))
            assert answer.status == 200
            answer.drain_conn()
            cookie = client.request(f"{server.url}/other", {}).headers["Cookie"]
            assert len(cookie) <= 4096 + 100
            assert "intl_splash=false" in cookie
        client.close()
