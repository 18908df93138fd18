"""Faults of a server as data: for which URLs, which fault, and how often."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ameli_build.demo.answers import Answer


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with an error status.

    `retry_after` is the text of the header Retry-After (seconds, an HTTP date, or any text). With `retry_date_in`, the
    header is the HTTP date so many seconds in the future.
    """

    code: int
    retry_after: str = ""
    retry_date_in: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Answer 200 with another body, or with the right body (None) and another content type."""

    body: bytes | None
    content_type: str = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Answer 200 with a changed body, for example with a lower count or without a button."""

    change: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Rework:
    """Answer with a response computed from the URL and from correct responses, as for reviews that move between pages.

    `make(target, respond)` receives the requested target and a function that returns the correct response for a target.
    """

    make: Callable[[str, Callable[[str], Answer]], Answer]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Redirect the client; "" is the requested URL, which makes a loop."""

    location: str = ""
    code: int = 302


@dataclass(frozen=True, slots=True)
class LyingLength:
    """A Content-Length that exceeds the sent bytes by so many (or, if negative, falls short of them)."""

    by: int


@dataclass(frozen=True, slots=True)
class AbortedChunks:
    """A chunked body that ends in the middle, without its last chunk."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A TCP reset after half of the body."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Silence before the response, or after its headers, until the client disconnects or `seconds` have passed."""

    after_headers: bool = False
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Drip:
    """The body byte by byte, with a pause after each byte."""

    pause: float = 1.0


@dataclass(frozen=True, slots=True)
class Bomb:
    """A small compressed body that unpacks to `megabytes` of zeros."""

    encoding: Literal["gzip", "br", "zstd"] = "gzip"
    megabytes: int = 200


Fault = Status | Page | Rewrite | Rework | Redirect | LyingLength | AbortedChunks | Reset | Hang | Drip | Bomb

ACCESS_DENIED = Page(
    b"<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>"
    b"<p>This server does not let you see the page.</p><p>Reference #18.0.0.0</p></body></html>"
)
COUNTRY_PAGE = Page(
    b"<!DOCTYPE html><html><head><title>Best Buy International: Select your Country - Best Buy</title></head><body>"
    b'<h1>Choose a country</h1><a class="us-link" href="/?intl=nosplash">United States</a></body></html>'
)
EMPTY_BODY = Page(b"")


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault for URLs whose path and query match `pattern` (a regular expression, searched).

    `times` limits the fault to the first so many requests of each URL; None means all requests. `host` limits it to a
    server's role ("site", "images" or "photos" of a storefront); "" means all servers.
    """

    pattern: str
    fault: Fault
    times: int | None = None
    host: str = ""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Rules in order. A request gets the fault of the first matching rule that is not used up for its URL."""

    rules: tuple[Rule, ...] = ()


class FaultCounter:
    """Chooses the fault of each request. It counts each URL separately, so the order of requests does not matter.

    `host` is the server's role.
    """

    def __init__(self, plan: FaultPlan, host: str = "") -> None:
        self._rules = [(re.compile(rule.pattern), rule) for rule in plan.rules if rule.host in ("", host)]
        self._met: Counter[tuple[int, str]] = Counter()
        self._guard = threading.Lock()

    def next(self, target: str) -> Fault | None:
        """The fault of the next request of `target` (path and query), or None."""
        with self._guard:
            for number, (pattern, rule) in enumerate(self._rules):
                if not pattern.search(target) or self._met[number, target] == rule.times:
                    continue
                self._met[number, target] += 1
                return rule.fault
        return None
