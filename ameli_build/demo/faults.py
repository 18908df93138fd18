"""Ways in which a server misbehaves, as data: which URL meets which fault, and how often."""

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

    `retry_after` is the header's text (seconds, an HTTP date, anything); `retry_date_in` makes it the HTTP date so many
    seconds from now.
    """

    code: int
    retry_after: str = ""
    retry_date_in: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Answer 200 with another body, or with the right body (None) under another content type."""

    body: bytes | None
    content_type: str = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Answer 200 with the right body after a change, as a page whose count shrinks or whose button is gone."""

    change: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Rework:
    """Answer with what is made of the URL and of the server's right answers, as reviews that shift between pages.

    `make(target, respond)` gets the target that was asked for and what answers any target rightly.
    """

    make: Callable[[str, Callable[[str], Answer]], Answer]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the client elsewhere; "" is the URL that was asked for, which makes a loop."""

    location: str = ""
    code: int = 302


@dataclass(frozen=True, slots=True)
class LyingLength:
    """A Content-Length that promises so many bytes more (or, negative, fewer) than are sent."""

    by: int


@dataclass(frozen=True, slots=True)
class AbortedChunks:
    """A chunked body that ends in the middle, without its last chunk."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A TCP reset after half of the body."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Silence before the answer, or after its headers, until the client leaves or `seconds` have passed."""

    after_headers: bool = False
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Drip:
    """The body byte by byte with a pause after each."""

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
    """The fault that URLs meet whose path and query match `pattern` (a regular expression, searched).

    `times`: only the first so many requests of each URL meet it; None: all do. `host`: only on the server that plays
    this part (a storefront's are "site", "images" and "photos"); "" for all.
    """

    pattern: str
    fault: Fault
    times: int | None = None
    host: str = ""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Rules in order: a request meets the first that matches its URL and is not used up for it."""

    rules: tuple[Rule, ...] = ()


class FaultCounter:
    """Says which fault a request meets; counts for each URL apart, so that the order of requests does not matter.

    `host` is the part that the server plays.
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
