"""One request and its whole answer: what the fetcher asks of whatever carries it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Protocol

import requests
import urllib3.exceptions
from urllib3.response import HTTPResponse

from ameli_build.archive.bodies import TooLarge, Undecodable, decode
from ameli_build.archive.body_files import Stored, spool
from ameli_build.archive.records import Response
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.fetching.addresses import Addresses
from ameli_build.crawl.fetching.connections import Client, ForbiddenAddress, Guard, Watchdog
from ameli_build.crawl.fetching.failures import FetchFailed, connection_failure
from ameli_build.crawl.fetching.robots import READ_BYTES
from ameli_build.shops import shop_named

REDIRECTS = (301, 302, 303, 307, 308)
PIECE_BYTES = 1 << 16


class Transport(Protocol):
    """Carries out one request at a time for each of many threads; knows nothing of robots, rates and tries."""

    def get(self, url: str, target: str, kind: str, headers: Mapping[str, str]) -> Response:
        """The answer of `target`, whatever its status; redirects are not followed.

        `url` is what was asked for (`Response.url`), `target` where that led (`Response.final_url`). Raises
        `FetchFailed` for what the connection did. A body may be `Response.stored` in a file; then that is the caller's.
        """

    def close(self) -> None:
        """Close all connections."""


class HttpTransport:
    """Requests over checked connections, each under a total deadline and a limit of its body.

    Images go to files in the folder `images` as they come, where one is given.
    """

    def __init__(
        self, settings: CrawlSettings, addresses: Addresses, site_host: str, images: Path | None = None
    ) -> None:
        self._settings = settings
        self._images = images
        self._watchdog = Watchdog()
        self._client = Client(
            addresses.may_connect, settings.threads, settings.user_agent, site_host, shop_named(settings.shop).cookie
        )

    def get(self, url: str, target: str, kind: str, headers: Mapping[str, str]) -> Response:
        """As `Transport.get`."""
        settings = self._settings
        with self._watchdog.watch(settings.deadline) as guard:
            try:
                answer = self._client.get(target, headers, (settings.connect_timeout, settings.read_timeout))
                with closing(answer):
                    body, data, stored = self._read(answer, kind, guard)
            except ForbiddenAddress as error:
                raise FetchFailed("forbidden_address", str(error)) from None
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise connection_failure(error, guard.expired, settings.deadline) from None
        return Response(url, target, answer.status, answer.reason or "", (*answer.headers.items(),), body, data, stored)

    def _read(self, answer: HTTPResponse, kind: str, guard: Guard) -> tuple[bytes, bytes, Stored | None]:
        """The body as it is on the wire, without its content encoding, and in a file; an error's is left there."""
        if answer.status != 200 and answer.status not in REDIRECTS:
            if answer.status == 304 or _length(answer, PIECE_BYTES) < PIECE_BYTES:  # a connection is worth few bytes
                answer.drain_conn()
            return b"", b"", None
        encoding = answer.headers.get("Content-Encoding", "").strip()
        settings = self._settings
        limit = settings.max_image_bytes if kind == "image" else settings.max_page_bytes
        try:
            if kind == "image" and answer.status == 200 and not encoding and self._images is not None:
                return b"", b"", spool(self._images, _pieces(answer, limit, guard))
            if kind == "robots" and not encoding:
                body = _beginning(answer, READ_BYTES, guard)
            else:
                body = b"".join(_pieces(answer, limit, guard))
            return body, decode(body, encoding, limit) if answer.status == 200 else b"", None
        except TooLarge as error:
            raise FetchFailed("too_large", str(error), answer.status) from None
        except Undecodable as error:
            raise FetchFailed("bad_encoding", str(error), answer.status, again=True) from None

    def close(self) -> None:
        """As `Transport.close`."""
        self._client.close()
        self._watchdog.close()


def _length(answer: HTTPResponse, unknown: int) -> int:
    length = answer.headers.get("Content-Length", "")
    return int(length[:18]) if length.isdecimal() else unknown  # more digits are too many in any case


def _pieces(answer: HTTPResponse, limit: int, guard: Guard) -> Iterator[bytes]:
    """A body as it is on the wire; raises `TooLarge` above `limit` bytes."""
    if _length(answer, 0) > limit:
        raise TooLarge(f"{_length(answer, 0):,} bytes announced, {limit:,} allowed")
    size = 0
    for piece in answer.stream(PIECE_BYTES, decode_content=False):
        size += len(piece)
        if size > limit:
            raise TooLarge(f"more than {limit:,} bytes")
        yield piece
    guard.check()


def _beginning(answer: HTTPResponse, size: int, guard: Guard) -> bytes:
    """The first bytes of a body; the rest is left on the wire."""
    parts: list[bytes] = []
    for piece in answer.stream(PIECE_BYTES, decode_content=False):
        parts.append(piece[:size])
        size -= len(parts[-1])
        if not size:
            break
    guard.check()
    return b"".join(parts)
