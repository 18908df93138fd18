"""One address, fetched as politely and as stubbornly as the settings say."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar
from urllib.parse import urlsplit

from ameli_build.crawl.addresses import Addresses, Forbidden
from ameli_build.crawl.archive import Response
from ameli_build.crawl.failures import FetchFailed, Unchanged, Unwanted, retry_after
from ameli_build.crawl.robots import Robots, RobotsUnreachable
from ameli_build.crawl.throttle import Throttle
from ameli_build.crawl.transport import REDIRECTS, HttpTransport, Transport
from ameli_build.settings import CrawlSettings
from ameli_build.snapshot import RunFailed

T = TypeVar("T")

MAX_REDIRECTS = 5
REFUSALS = ("http_403", "blocked", "country_page")
_ACCEPT_PAGE = "text/html,application/xhtml+xml,*/*;q=0.5"
_ACCEPT = {
    "api": "application/json",
    "image": "image/*,*/*;q=0.5",
    "reviews": "application/json",
    "robots": "text/plain,*/*;q=0.5",
    "sitemap": "application/xml,text/xml,*/*;q=0.5",
}
_CAUSE = {"api": "its quota is used up, or the key in BESTBUY_API_KEY is wrong: check that, "}
_UNCONDITIONAL: Mapping[str, str] = {}


def validators(headers: Mapping[str, str]) -> dict[str, str]:
    """What asks whether an answer with these headers (names in lower case) is still the same.

    >>> validators({"etag": '"1"', "age": "5"})
    {'If-None-Match': '"1"'}
    """
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {asked: headers[name] for name, asked in names.items() if headers.get(name)}


def _forget(_kind: str, _response: Response) -> None:
    """Keep no side answers."""


class Fetcher:
    """Fetches addresses for many threads; `keep(kind, response)` gets redirects and robots.txt as they come.

    After `stop` is set every call raises `Stopped`. Raises `RunFailed` when a host refuses so often in a row that
    going on would be hammering.
    """

    def __init__(
        self,
        settings: CrawlSettings,
        stop: threading.Event | None = None,
        keep: Callable[[str, Response], None] = _forget,
    ) -> None:
        self.addresses = Addresses(settings)
        self.requests: Counter[str] = Counter()
        self.retried: Counter[str] = Counter()
        self.stop = stop or threading.Event()
        self.throttle = Throttle(settings.rate, self.stop)
        self.robots = Robots(settings.user_agent, self._load_robots, self.throttle.slow_down)
        self._settings = settings
        self._keep = keep
        self._refused: Counter[str] = Counter()
        self._storm: RunFailed | None = None
        self._lock = threading.Lock()
        host = urlsplit(self.addresses.site_url).hostname or ""
        self.transport: Transport = HttpTransport(settings, self.addresses, host)

    def get(
        self, url: str, kind: str, accept: Callable[[Response], T], validators: Mapping[str, str] = _UNCONDITIONAL
    ) -> tuple[Response, T]:
        """The answer of an address, and what `accept` makes of it.

        `kind` is one of `archive.CONTENT`. `accept` raises `Unwanted` for an answer that is not what was asked for.
        Raises `FetchFailed` when all tries are used up, or when another would not help, and `Unchanged` when the host
        says 304 to `validators` (the headers of a conditional request).
        """
        tries = self._settings.retries + 1
        for number in range(1, tries + 1):
            try:
                return self._follow(url, kind, accept, validators)
            except FetchFailed as failure:
                if not failure.again or number == tries:
                    raise
                with self._lock:
                    self.retried[failure.kind] += 1
                self._back_off(url, number, failure.retry_after)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close all connections."""
        self.transport.close()

    def _back_off(self, url: str, number: int, retry_after: float | None) -> None:
        ceiling = self._settings.retry_after_ceiling
        jitter = 0.5 + hashlib.blake2b(f"{url} {number}".encode("utf-8", "replace"), digest_size=1).digest()[0] / 510
        if retry_after is not None:  # the host says it for all that is asked of it
            self.throttle.postpone(_host(self.addresses.resolve(url)), min(max(0.0, retry_after), ceiling))
        self.throttle.pause(min(self._settings.backoff * 2 ** (number - 1) * jitter, ceiling))

    def _follow(
        self, url: str, kind: str, accept: Callable[[Response], T], validators: Mapping[str, str]
    ) -> tuple[Response, T]:
        try:
            target = self.addresses.resolve(url)
            for _ in range(MAX_REDIRECTS + 1):
                host = self.addresses.check(target)
                if kind != "robots":
                    self.robots.check(target)
                self.throttle.wait(host)
                if self._storm is not None:
                    raise self._storm
                response = self._once(url, target, kind, validators)
                if response.status == 304 and validators:
                    self._refused[host] = 0
                    raise Unchanged(response)
                if response.status not in REDIRECTS:
                    return response, self._judge(response, kind, host, accept)
                self._keep("redirect", response)
                target = self.addresses.resolve(_location(response), target)
        except Forbidden as forbidden:
            raise FetchFailed(forbidden.kind, str(forbidden)) from None
        raise FetchFailed("redirect_loop", f"more than {MAX_REDIRECTS} redirects", response.status)

    def _judge(self, response: Response, kind: str, host: str, accept: Callable[[Response], T]) -> T:
        failure: FetchFailed
        status = response.status
        if status == 200:
            try:
                value = accept(response)
            except Unwanted as unwanted:
                failure = FetchFailed(unwanted.kind, str(unwanted), status, again=True)
            else:
                self._refused[host] = 0
                return value
        else:
            again = status in (408, 429) or status >= 500 or (status == 403 and kind not in ("image", "robots"))
            wait = retry_after({name.lower(): value for name, value in response.headers}.get("retry-after"))
            failure = FetchFailed(f"http_{status}", "", status, again, wait)
        if failure.kind in REFUSALS and kind != "robots":
            self._refuse(host, response.url, failure.kind, kind)
        raise failure

    def _refuse(self, host: str, url: str, failure: str, kind: str) -> None:
        with self._lock:
            self._refused[host] += 1
            count = self._refused[host]
        if count >= self._settings.max_forbidden:
            self._storm = RunFailed(
                f"{host}: {count} refusals in a row, the last ({failure}) for {url}; crawl stopped so as not to hammer;"
                f" {_CAUSE.get(kind, '')}wait some hours, lower crawl.rate (now {self._settings.rate:g}),"
                " then run the same command to go on"
            )
            raise self._storm

    def _once(self, url: str, target: str, kind: str, validators: Mapping[str, str]) -> Response:
        with self._lock:
            self.requests[_host(target)] += 1
        return self.transport.get(url, target, kind, {"Accept": _ACCEPT.get(kind, _ACCEPT_PAGE), **validators})

    def _load_robots(self, origin: str) -> bytes:
        try:
            response, body = self.get(f"{origin}/robots.txt", "robots", _robots_body)
        except FetchFailed as failure:
            if 400 <= failure.status < 500 and failure.status != 429:
                return b""
            raise RobotsUnreachable(str(failure)) from None
        self._keep("robots", response)
        return body


def _robots_body(response: Response) -> bytes:
    """A robots.txt; a page in its place has no rules, unless it is a refusal."""
    start = response.data[:2048].lower()
    if b"<title>access denied" in start or b"pardon our interruption" in start:
        raise Unwanted("blocked", "a block page in place of robots.txt")
    return b"" if start.lstrip().startswith(b"<") else response.data


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _location(response: Response) -> str:
    """Where a redirect leads; its bytes are UTF-8 in practice, whatever the standard says."""
    location = next((value for name, value in response.headers if name.lower() == "location"), "")
    if not location:
        raise FetchFailed("redirect_nowhere", "a redirect without Location", response.status)
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    return location.strip()
