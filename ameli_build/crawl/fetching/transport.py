"""Transports: carry out a request and return the whole response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Protocol

import requests
import urllib3.exceptions
from urllib3.response import HTTPResponse

from ameli_build.archive.bodies import TooLarge, Undecodable, decode
from ameli_build.archive.body_files import Stored, store_pieces
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
    """Carries out requests for many threads, without robots.txt, rate limits and retries."""

    def get(self, url: str, target: str, kind: str, headers: Mapping[str, str]) -> Response:
        """The response of `target`, whatever its status; redirects are not followed.

        A body may be in a file (`Response.stored`), which then belongs to the caller.

        Args:
            url: URL as the crawl requested it (`Response.url`).
            target: URL after redirects so far (`Response.final_url`).
            kind: Kind of content, one of `archive.CONTENT`.
            headers: Further headers of the request.

        Raises:
            FetchFailed: The connection failed.
        """

    def close(self) -> None:
        """Close all connections."""


class HttpTransport:
    """Requests over checked connections, with a total deadline and a size limit.

    With a folder `images`, images are streamed to files there.
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
                response = self._client.get(target, headers, (settings.connect_timeout, settings.read_timeout))
                with closing(response):
                    body, data, stored = self._read(response, kind, guard)
            except ForbiddenAddress as error:
                raise FetchFailed("forbidden_address", str(error)) from None
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise connection_failure(error, guard.expired, settings.deadline) from None
        pairs = tuple(response.headers.items())
        return Response(url, target, response.status, response.reason or "", pairs, body, data, stored)

    def _read(self, response: HTTPResponse, kind: str, guard: Guard) -> tuple[bytes, bytes, Stored | None]:
        """The body as sent, the decoded body, and its file; all empty for an error, whose body is not read."""
        if response.status != 200 and response.status not in REDIRECTS:
            if response.status == 304 or _length(response, PIECE_BYTES) < PIECE_BYTES:
                response.drain_conn()  # a few bytes, and the connection can be used again
            return b"", b"", None
        encoding = response.headers.get("Content-Encoding", "").strip()
        settings = self._settings
        limit = settings.max_image_bytes if kind == "image" else settings.max_page_bytes
        try:
            if kind == "image" and response.status == 200 and not encoding and self._images is not None:
                return b"", b"", store_pieces(self._images, _pieces(response, limit, guard))
            if kind == "robots" and not encoding:
                body = _beginning(response, READ_BYTES, guard)
            else:
                body = b"".join(_pieces(response, limit, guard))
            return body, decode(body, encoding, limit) if response.status == 200 else b"", None
        except TooLarge as error:
            raise FetchFailed("too_large", str(error), response.status) from None
        except Undecodable as error:
            raise FetchFailed("bad_encoding", str(error), response.status, again=True) from None

    def close(self) -> None:
        """As `Transport.close`."""
        self._client.close()
        self._watchdog.close()


def _length(response: HTTPResponse, unknown: int) -> int:
    length = response.headers.get("Content-Length", "")
    return int(length[:18]) if length.isdecimal() else unknown  # 18 digits exceed any limit


def _pieces(response: HTTPResponse, limit: int, guard: Guard) -> Iterator[bytes]:
    """A body as sent, in pieces; raises `TooLarge` above `limit` bytes."""
    if _length(response, 0) > limit:
        raise TooLarge(f"{_length(response, 0):,} bytes announced, {limit:,} allowed")
    size = 0
    for piece in response.stream(PIECE_BYTES, decode_content=False):
        size += len(piece)
        if size > limit:
            raise TooLarge(f"more than {limit:,} bytes")
        yield piece
    guard.check()


def _beginning(response: HTTPResponse, size: int, guard: Guard) -> bytes:
    """The first `size` bytes of a body; the rest is not read."""
    parts: list[bytes] = []
    for piece in response.stream(PIECE_BYTES, decode_content=False):
        parts.append(piece[:size])
        size -= len(parts[-1])
        if not size:
            break
    guard.check()
    return b"".join(parts)
