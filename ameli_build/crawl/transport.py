"""One request and its whole answer: what the fetcher asks of whatever carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import requests
import urllib3.exceptions

from ameli_build.crawl.addresses import Addresses
from ameli_build.crawl.archive import Response
from ameli_build.crawl.bodies import TooLarge, Undecodable, decode
from ameli_build.crawl.connections import ForbiddenAddress, Watchdog, make_session
from ameli_build.crawl.failures import FetchFailed, connection_failure
from ameli_build.settings import CrawlSettings

REDIRECTS = (301, 302, 303, 307, 308)


class Transport(Protocol):
    """Carries out one request at a time for each of many threads; knows nothing of robots, rates and tries."""

    def get(self, url: str, target: str, kind: str, headers: Mapping[str, str]) -> Response:
        """The answer of `target`, whatever its status; redirects are not followed.

        `url` is what was asked for (`Response.url`), `target` where that led (`Response.final_url`). Raises
        `FetchFailed` for what the connection did.
        """

    def close(self) -> None:
        """Close all connections."""


class HttpTransport:
    """Requests over checked connections, each under a total deadline and a limit of its body."""

    def __init__(self, settings: CrawlSettings, addresses: Addresses, site_host: str) -> None:
        self._settings = settings
        self._watchdog = Watchdog()
        self._session = make_session(addresses.may_connect, settings.threads, settings.user_agent, site_host)

    def get(self, url: str, target: str, kind: str, headers: Mapping[str, str]) -> Response:
        """As `Transport.get`."""
        settings = self._settings
        limit = settings.max_image_bytes if kind == "image" else settings.max_page_bytes
        with self._watchdog.watch(settings.deadline) as guard:
            try:
                answer = self._session.get(
                    target,
                    headers=dict(headers),
                    timeout=(settings.connect_timeout, settings.read_timeout),
                    allow_redirects=False,
                    stream=True,
                )
                with answer:
                    body = _body(answer, limit)
                guard.check()
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise connection_failure(error, guard.expired, settings.deadline) from None
            except ForbiddenAddress as error:
                raise FetchFailed("forbidden_address", str(error)) from None
            except TooLarge as error:
                raise FetchFailed("too_large", str(error), answer.status_code) from None
        return Response(
            url,
            target,
            answer.status_code,
            answer.reason or "",
            tuple((name, value) for name, value in answer.raw.headers.items()),
            body,
            _data(answer, body, limit),
        )

    def close(self) -> None:
        """As `Transport.close`."""
        self._session.close()
        self._watchdog.close()


def _body(answer: requests.Response, limit: int) -> bytes:
    """The body as it is on the wire; that of an error is left there."""
    if answer.status_code != 200 and answer.status_code not in REDIRECTS:
        return b""
    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > limit:
        raise TooLarge(f"{int(length):,} bytes announced, {limit:,} allowed")
    parts: list[bytes] = []
    size = 0
    for part in answer.raw.stream(1 << 16, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise TooLarge(f"more than {limit:,} bytes")
    return b"".join(parts)


def _data(answer: requests.Response, body: bytes, limit: int) -> bytes:
    if answer.status_code != 200:
        return b""
    try:
        return decode(body, answer.headers.get("Content-Encoding", ""), limit)
    except TooLarge as error:
        raise FetchFailed("too_large", str(error), 200) from None
    except Undecodable as error:
        raise FetchFailed("bad_encoding", str(error), 200, again=True) from None
