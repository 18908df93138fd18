"""Fetching a URL, with robots.txt, rate limits, retries and redirects."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urljoin, urlsplit

from ameli_build.archive.records import Response
from ameli_build.core.errors import Outage, Refused
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.fetching.addresses import Addresses, Forbidden
from ameli_build.crawl.fetching.breaker import Breaker
from ameli_build.crawl.fetching.failures import REFUSALS, WRONG_PAGES, FetchFailed, Unchanged, Unwanted, retry_after
from ameli_build.crawl.fetching.robots import Robots, RobotsUnreachable
from ameli_build.crawl.fetching.throttle import Throttle
from ameli_build.crawl.fetching.transport import REDIRECTS, HttpTransport, Transport
from ameli_build.crawl.parts import WHOLE, Part
from ameli_build.shops import shop_named
from ameli_build.shops.base import Shop
from ameli_build.shops.other_pages import refusal_in

T = TypeVar("T")

MAX_REDIRECTS = 5
TROUBLE = frozenset((408, 429, *range(500, 600)))
"""Statuses of a host that is down or overloaded."""
_ACCEPT_PAGE = "text/html,application/xhtml+xml,*/*;q=0.5"
_ACCEPT = {
    "api": "application/json",
    "image": "image/*,*/*;q=0.5",
    "reviews": "application/json",
    "robots": "text/plain,*/*;q=0.5",
    "sitemap": "application/xml,text/xml,*/*;q=0.5",
}
_HEADERS = {"robots": {"Accept-Encoding": "identity"}}
"""Without content encoding, a robots.txt can be read up to its size limit."""
_UNCONDITIONAL: Mapping[str, str] = {}


def validators(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of a conditional request, from the headers of an earlier response (names in lower case).

    >>> validators({"etag": '"1"', "age": "5"})
    {'If-None-Match': '"1"'}
    """
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {condition: headers[name] for name, condition in names.items() if headers.get(name)}


def _discard(_kind: str, _response: Response) -> None:
    """Archive nothing."""


@dataclass(slots=True)
class _Request(Generic[T]):
    """The arguments of `Fetcher.get`; `rejected_digest` is the digest of the last body that `accept` rejected."""

    url: str
    kind: str
    accept: Callable[[Response], T]
    validators: Mapping[str, str]
    rejected_digest: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept": _ACCEPT.get(self.kind, _ACCEPT_PAGE), **_HEADERS.get(self.kind, {}), **self.validators}


class Fetcher:
    """Fetches URLs for many threads.

    Args:
        settings: Limits and allowed hosts.
        stop: Once set, every call raises `Stopped`.
        keep: `keep(kind, response)` gets each redirect and robots.txt.
        images: Folder for bodies of images; None to keep them in memory.
        without_site: As in `Addresses`.
        part: The part of a crawl; gets its share of the rate and connections, and waits for all parts at a
            `Crawl-delay`.
    """

    def __init__(
        self,
        settings: CrawlSettings,
        stop: threading.Event | None = None,
        keep: Callable[[str, Response], None] = _discard,
        images: Path | None = None,
        *,
        without_site: bool = False,
        part: Part = WHOLE,
    ) -> None:
        self.addresses = Addresses(settings, without_site=without_site)
        self.requests: Counter[str] = Counter()
        self.retried: Counter[str] = Counter()
        self.stop = stop or threading.Event()
        share = part.share(settings)
        self.throttle = Throttle(share.rate, self.stop, share.connections)
        self.robots = Robots(settings.user_agent, self._load_robots, self._slow_down)
        self.breaker = Breaker(settings, self.addresses.images_only)
        self._settings = settings
        self._parts = part.of
        self._keep = keep
        self._lock = threading.Lock()
        self.shop = shop_named(settings.shop)
        host = urlsplit(self.addresses.site_url).hostname or ""
        self.transport: Transport = HttpTransport(settings, self.addresses, host, images)

    def get(
        self, url: str, kind: str, accept: Callable[[Response], T], validators: Mapping[str, str] = _UNCONDITIONAL
    ) -> tuple[Response, T]:
        """Fetch a URL.

        Args:
            url: URL, relative or absolute.
            kind: Kind of content, one of `archive.CONTENT`.
            accept: Parses a response of status 200; raises `Unwanted` for a wrong page.
            validators: Headers of a conditional request.

        Returns:
            The response, and the result of `accept`.

        Raises:
            FetchFailed: All tries failed, or another try would not help.
            Unchanged: The host answered 304 to `validators`.
            RunFailed: The crawl has to end: see `Breaker`; or a robots.txt cannot be read.
        """
        request = _Request(url, kind, accept, validators)
        tries = self._settings.retries + 1
        for number in range(1, tries + 1):
            try:
                return self._follow(request)
            except FetchFailed as failure:
                if not failure.again or number == tries:
                    self._count_other(request, failure.kind)
                    raise
                with self._lock:
                    self.retried[failure.kind] += 1
                self._back_off(url, number)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close all connections."""
        self.transport.close()

    def _slow_down(self, host: str, seconds: float) -> None:
        """Obey a `Crawl-delay`, which counts for all parts together."""
        self.throttle.slow_down(host, self._parts * seconds)

    def _count_other(self, request: _Request[T], kind: str) -> None:
        """Count a URL with a wrong page, by kind: good review pages do not prove that product pages come well.

        Images and robots.txt do not count, since any of them may be missing.
        """
        if kind in WRONG_PAGES and request.kind not in ("image", "robots"):
            host = self.addresses.check(self.addresses.resolve(request.url), request.kind)
            self.breaker.other_page(host, request.kind, kind, request.url)

    def _back_off(self, url: str, number: int) -> None:
        """Wait, longer after each try, with a jitter by URL."""
        jitter = 0.5 + hashlib.blake2b(f"{url} {number}".encode("utf-8", "replace"), digest_size=1).digest()[0] / 510
        self.throttle.pause(
            min(self._settings.backoff * 2 ** (number - 1) * jitter, self._settings.retry_after_ceiling)
        )

    def _follow(self, request: _Request[T]) -> tuple[Response, T]:
        try:
            target = self.addresses.resolve(request.url)
            first_host = ""
            for _ in range(MAX_REDIRECTS + 1):
                host = self.addresses.check(target, request.kind)
                first_host = first_host or host
                self.addresses.check_redirect(first_host, host)
                if request.kind != "robots":
                    self._check_robots(target, host)
                response = self._ask(request, target, host)
                if response.status == 304 and request.validators:
                    self.breaker.accepted(host)
                    raise Unchanged(response)
                if response.status not in REDIRECTS:
                    return response, self._judge(response, request, host)
                self._keep("redirect", response)
                target = self.addresses.resolve(_location(response), target)
        except Forbidden as forbidden:
            raise FetchFailed(forbidden.kind, str(forbidden)) from None
        raise FetchFailed("redirect_loop", f"more than {MAX_REDIRECTS} redirects", response.status)

    def _ask(self, request: _Request[T], target: str, host: str) -> Response:
        """The response of a URL, as soon as its host may be requested."""
        while True:
            if request.kind == "robots":  # requested even while the host is down
                self.breaker.check(host)
            else:
                self._await(host, target)
            with self.throttle.turn(host):
                if request.kind == "robots" or not self.breaker.is_down(host):
                    return self._once(request.url, target, host, request.kind, request.headers)

    def _await(self, host: str, target: str) -> None:
        """Return when a host is not down, probing its robots.txt."""
        while (seconds := self.breaker.wait(host)) is not None:
            if seconds > 0:
                self.throttle.pause(seconds)
                continue
            up = False
            try:
                with self.throttle.turn(host):
                    address = urljoin(target, "/robots.txt")
                    up = self._once(address, address, host, "robots", _HEADERS["robots"]).status not in TROUBLE
            except FetchFailed as failure:
                up = bool(failure.status)
            finally:
                self.breaker.probed(host, up)

    def _once(self, url: str, target: str, host: str, kind: str, headers: Mapping[str, str]) -> Response:
        with self._lock:
            self.requests[host] += 1
        try:
            response = self.transport.get(url, target, kind, headers)
        except FetchFailed as failure:
            if failure.again and not failure.status:
                self.breaker.failed(host, failure.kind, url)
            raise
        if response.status in TROUBLE:
            self.breaker.failed(host, f"http_{response.status}", url)
        else:
            self.breaker.answered(host)
        return response

    def _judge(self, response: Response, request: _Request[T], host: str) -> T:
        failure: FetchFailed
        status, kind = response.status, request.kind
        if status == 200:
            if request.rejected_digest:
                response = replace(response, repeated=_digest(response) == request.rejected_digest)
            try:
                value = request.accept(response)
            except Unwanted as unwanted:
                request.rejected_digest = _digest(response)
                failure = FetchFailed(unwanted.kind, str(unwanted), status, again=True)
            else:
                self.breaker.accepted(host, kind)
                return value
        else:
            again = status in TROUBLE or status == 304 or (status == 403 and kind not in ("image", "robots"))
            wait = retry_after({name.lower(): value for name, value in response.headers}.get("retry-after"))
            if wait is not None and again:  # holds for all requests to the host
                self.throttle.postpone(host, min(max(0.0, wait), self._settings.retry_after_ceiling))
            failure = FetchFailed(f"http_{status}", "", status, again)
        if failure.kind in REFUSALS and kind != "robots":
            self.breaker.refused(host, failure.kind, response.url, self._cause(kind))
        raise failure

    def _cause(self, kind: str) -> str:
        """The likely cause of a refusal, for messages; "" if unknown."""
        if kind != "api" or self.shop.api is None:
            return ""
        return f"its quota is used up, or the key in {self.shop.api.key_variable} is wrong: check that, "

    def _check_robots(self, target: str, host: str) -> None:
        try:
            self.robots.check(target)
        except Forbidden as forbidden:
            if forbidden.kind == "robots_unreachable" and not self.addresses.images_only(host):
                failure = Refused if "blocked: " in str(forbidden) else Outage  # a block page is a refusal
                raise failure(f"{forbidden}; run the same command again when it can be read") from None
            raise

    def _load_robots(self, origin: str) -> bytes:
        try:
            response, body = self.get(f"{origin}/robots.txt", "robots", partial(_robots_body, shop=self.shop))
        except FetchFailed as failure:
            if 400 <= failure.status < 500 and failure.status != 429:
                return b""
            raise RobotsUnreachable(str(failure)) from None
        self._keep("robots", response)
        return body


def _robots_body(response: Response, shop: Shop) -> bytes:
    """The body of a robots.txt, empty if a page or JSON came instead; raises `Unwanted` for a block page."""
    start = response.data[:2048].lstrip()
    refusal = refusal_in(start.decode("utf-8", "replace"), shop.refusals) if start.startswith(b"<") else None
    if refusal is not None and refusal.kind == "blocked":
        raise Unwanted("blocked", "a block page in place of robots.txt")
    return b"" if start.startswith((b"<", b"{")) else response.data


def _digest(response: Response) -> str:
    return response.stored.digest if response.stored is not None else hashlib.sha256(response.data).hexdigest()


def _location(response: Response) -> str:
    """The target of a redirect. In practice its bytes are UTF-8, against the standard."""
    location = next((value for name, value in response.headers if name.lower() == "location"), "")
    if not location:
        raise FetchFailed("redirect_nowhere", "a redirect without Location", response.status)
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    return location.strip()
