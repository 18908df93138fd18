"""Rules of robots.txt (RFC 9309)."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protego import Protego

from ameli_build.core.progress import say
from ameli_build.crawl.fetching.addresses import Forbidden

READ_BYTES = 500 * 1024
"""Bytes of a robots.txt that count, by the standard."""
VALID_SECONDS = 24 * 3600.0
"""Time after which a robots.txt is read again."""
LONGEST_DELAY = 24 * 3600.0
"""Largest plausible `Crawl-delay` in seconds."""
UNREACHABLE_SECONDS = 3600.0
"""Time after which an unreachable robots.txt is requested again."""


_RULE = re.compile(r"(?:user-?agent|allow|disallow|sitemap|crawl-delay|host|clean-param)\s*:", re.I)
_FORBIDS = re.compile(r"disallow\s*:\s*\S", re.I)
_AGENT = re.compile(r"user[\s-]?agent\s*:\s*\S", re.I)
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff]")
"""Byte-order marks and characters without width, which editors leave."""


class RobotsUnreachable(Exception):
    """A robots.txt may exist but cannot be read, so nothing of its host may be fetched."""


def product_token(user_agent: str) -> str:
    """The name of a crawler in robots.txt.

    >>> product_token("Mozilla/5.0 (compatible; ameli-build/0.1; +https://example.org)")
    'ameli-build'
    """
    found = re.search(r"compatible;\s*([\w-]+)", user_agent) or re.match(r"([\w-]+)", user_agent)
    return found[1] if found else "*"


def _parsed(body: bytes) -> Protego:
    """The rules in a robots.txt; b"" has none.

    Raises:
        RobotsUnreachable: The text is not a robots.txt. It must not count as no rules: the host may forbid everything.
    """
    text = _text(body[:READ_BYTES])
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    if any(lines) and not any(_RULE.match(line) for line in lines):
        raise RobotsUnreachable("the text is not a robots.txt")
    if any(map(_FORBIDS.match, lines)) and not any(map(_AGENT.match, lines)):
        raise RobotsUnreachable("its rules name no crawler")
    try:
        return Protego.parse(text)
    except Exception as error:
        raise RobotsUnreachable(f"it cannot be parsed ({type(error).__name__})") from None


def _text(body: bytes) -> str:
    """The text without invisible characters: UTF-8 as in the standard, or UTF-16 if only that gives rules."""
    for name in ("utf-8", "utf-16", "utf-16-le"):
        text = _UNSEEN.sub("", body.decode(name, "replace"))
        if any(_RULE.match(line.strip()) for line in text.splitlines()):
            return text.replace("\0", "")
    return _UNSEEN.sub("", body.decode("utf-8", "replace"))


@dataclass(slots=True)
class _Host:
    """The rules of a host, or the `problem` with them; valid `until` a time of the clock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    rules: Protego | None = None
    problem: str = ""
    until: float = -math.inf


class Robots:
    """The rules of all hosts, each read once a day. A slow host does not delay others.

    If rules cannot be read again, the old rules stay.

    Args:
        user_agent: User agent of the crawl.
        load: Returns the robots.txt of an origin (`https://host`), b"" if there is none; raises `RobotsUnreachable`.
        slow_down: `slow_down(host, seconds)` is called with each `Crawl-delay`.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        user_agent: str,
        load: Callable[[str], bytes],
        slow_down: Callable[[str, float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._agent = product_token(user_agent)
        self._load = load
        self._slow_down = slow_down
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    def check(self, url: str) -> None:
        """Raise `Forbidden` (`robots`, `robots_unreachable`) if the host's rules do not allow this URL."""
        parts = urlsplit(url)
        name = parts.netloc.lower()
        host = self._hosts.get(name)
        if host is None:
            with self._lock:
                host = self._hosts.setdefault(name, _Host())
        if self._clock() >= host.until:
            with host.lock:
                if self._clock() >= host.until:
                    self._read(host, parts.scheme, name)
        if host.rules is None:
            raise Forbidden("robots_unreachable", host.problem)
        if not host.rules.can_fetch(url, self._agent):
            raise Forbidden("robots", f"disallowed by the robots.txt of {name}")

    def _read(self, host: _Host, scheme: str, name: str) -> None:
        try:
            rules = _parsed(self._load(f"{scheme}://{name}"))
        except RobotsUnreachable as error:
            host.problem = f"{scheme}://{name}/robots.txt: {error}; without it, nothing of this host may be fetched"
            host.until = self._clock() + UNREACHABLE_SECONDS
            return
        delay = float(rules.crawl_delay(self._agent) or 0.0)
        if not 0 <= delay <= LONGEST_DELAY:
            say(f"warning: the robots.txt of {name} asks for {delay:g} s between requests; ignored as a mistake")
            delay = 0.0
        if delay > 0 and host.rules is None:
            say(f"crawl: {name} asks for {delay:g} s between requests (Crawl-delay)")
        if delay > 0:
            self._slow_down(name, delay)
        host.rules, host.until = rules, self._clock() + VALID_SECONDS
