"""The faults as clients see them: requests, or a plain socket for faults below HTTP."""

from __future__ import annotations

import gzip
import socket
import time
import urllib.request
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import brotli
import pytest
import requests
import zstandard
from faults import http_faults as wrong
from faults.http_faults import bomb
from faults.server import always, misbehaving

from ameli_build.demo.answers import Answer

BODY = b"<html>" + b"0123456789" * 20 + b"</html>"
PAGES = {"/page": BODY, "/other": Answer(b"other", "text/plain")}


def ask(fault: wrong.Fault, **options: object) -> requests.Response:
    """The response of a server with a fault."""
    with misbehaving(PAGES, always(fault)) as server:
        return requests.get(f"{server.url}/page", timeout=5, **options)  # type: ignore[arg-type]


def raw(fault: wrong.Fault) -> bytes:
    """All bytes from a plain socket until the server closes it."""
    with misbehaving(PAGES, always(fault)) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=5) as client:
            client.sendall(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            while chunk := client.recv(65536):
                received += chunk
            return received


@pytest.mark.parametrize("wait", ["0", "7", "-3", "86400", "soon"])
def test_status_with_retry_after(wait: str) -> None:
    answer = ask(wrong.Status(429, retry_after=wait))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, wait)


def test_status_with_a_date_and_without_retry_after() -> None:
    answer = ask(wrong.Status(503, retry_date_in=30))
    seconds = parsedate_to_datetime(answer.headers["Retry-After"]).timestamp() - time.time()
    assert answer.status_code == 503
    assert 25 < seconds <= 30
    assert "Retry-After" not in ask(wrong.Status(403)).headers


def test_other_pages_in_place_of_the_right_page() -> None:
    assert "Access Denied" in ask(wrong.ACCESS_DENIED).text
    assert "<title>Best Buy International: Select your Country - Best Buy</title>" in ask(wrong.COUNTRY_PAGE).text
    assert ask(wrong.EMPTY_BODY).content == b""
    typed = ask(wrong.Page(None, "application/json"))
    assert (typed.headers["Content-Type"], typed.content) == ("application/json", BODY)
    assert ask(wrong.Rewrite(lambda body: body.replace(b"0", b"X"))).content == BODY.replace(b"0", b"X")


def test_redirects() -> None:
    with pytest.raises(requests.TooManyRedirects):
        ask(wrong.Redirect())
    away = ask(wrong.Redirect("http://169.254.169.254/latest", 307), allow_redirects=False)
    assert (away.status_code, away.headers["Location"]) == (307, "http://169.254.169.254/latest")


def test_a_content_length_above_the_body() -> None:
    head, _, body = raw(wrong.LyingLength(10)).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(BODY) + 10}".encode() in head
    assert body == BODY


def test_a_content_length_below_the_body() -> None:
    head, _, body = raw(wrong.LyingLength(-10)).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(BODY) - 10}".encode() in head
    assert body == BODY


def test_chunks_end_in_the_middle() -> None:
    received = raw(wrong.AbortedChunks())
    assert b"Transfer-Encoding: chunked" in received
    assert BODY[:100] in received
    assert not received.endswith(b"0\r\n\r\n")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(wrong.AbortedChunks())


def test_reset_in_the_middle() -> None:
    with pytest.raises(ConnectionResetError):
        raw(wrong.Reset())


@pytest.mark.parametrize("after_headers", [False, True])
def test_hang_ends_with_the_client(after_headers: bool) -> None:
    with misbehaving(PAGES, always(wrong.Hang(after_headers), "/page")) as server:
        with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
            requests.get(f"{server.url}/page", timeout=0.2)
        assert requests.get(f"{server.url}/other", timeout=5).text == "other"


def test_hang_ends_with_the_server() -> None:
    with misbehaving(PAGES, always(wrong.Hang())) as server:
        parts = urlsplit(server.url)
        client = socket.create_connection((parts.hostname, parts.port), timeout=5)
        client.sendall(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
    with client:
        try:
            rest = client.recv(1)
        except ConnectionResetError:
            rest = b""
        assert rest == b""


def test_drip_sends_single_bytes() -> None:
    with misbehaving({"/page": b"0123456789"}, always(wrong.Drip(0.02))) as server:
        begun = time.monotonic()
        assert requests.get(f"{server.url}/page", timeout=5).content == b"0123456789"
        assert time.monotonic() - begun >= 0.18


def test_bombs_unpack_to_their_size() -> None:
    unpack = {
        "gzip": gzip.decompress,
        "br": brotli.decompress,
        "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    }
    for encoding, unpacked in unpack.items():
        packed = bomb(wrong.Bomb(encoding, 3))  # type: ignore[arg-type]
        assert len(packed) < 10_000
        assert unpacked(packed) == b"\0" * 3_000_000
    with (
        misbehaving(PAGES, always(wrong.Bomb("br", 2))) as server,
        urllib.request.urlopen(f"{server.url}/page") as answer,
    ):
        assert answer.headers["Content-Encoding"] == "br"


def test_first_requests_get_the_faults_in_order_and_later_requests_succeed() -> None:
    rules = (wrong.Rule("^/page", wrong.Status(429), 2), wrong.Rule("^/page", wrong.Status(503), 1))
    with misbehaving(PAGES, *rules) as server:
        codes = [requests.get(f"{server.url}/page", timeout=5).status_code for _ in range(4)]
        assert codes == [429, 429, 503, 200]
        assert requests.get(f"{server.url}/other", timeout=5).status_code == 200
        assert [seen.fault is None for seen in server.seen] == [False, False, False, True, True]


def test_each_url_has_its_own_count() -> None:
    counter = wrong.FaultCounter(wrong.FaultPlan((wrong.Rule("page", wrong.Status(503), 1),)))
    met = [counter.next(target) for target in ("/page?1", "/page?2", "/page?1", "/page?2")]
    assert met == [wrong.Status(503), wrong.Status(503), None, None]


def test_an_exception_is_a_500() -> None:
    def broken(target: str) -> Answer:
        raise ValueError(target)

    with misbehaving({}) as server:
        server.respond = broken
        answer = requests.get(f"{server.url}/page", timeout=5)
        assert (answer.status_code, answer.text) == (500, "ValueError: /page")
