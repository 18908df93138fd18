"""What a host's robots.txt allows (RFC 9309)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from ameli_build.crawl.addresses import Forbidden
from ameli_build.progress import say

READ_BYTES = 512 * 1024
"""So much of a robots.txt is read; the standard asks for 500 KiB at least."""


class RobotsUnreachable(Exception):
    """A robots.txt that may exist and cannot be had: then nothing of its host is fetched."""


def product_token(user_agent: str) -> str:
    """The name by which robots.txt addresses a crawler.

    >>> product_token("Mozilla/5.0 (compatible; ameli-build/0.1; +https://example.org)")
    'ameli-build'
    """
    found = re.search(r"compatible;\s*([\w-]+)", user_agent) or re.match(r"([\w-]+)", user_agent)
    return found[1] if found else "*"


class Robots:
    """The rules of all hosts, each read once.

    `load` gives the robots.txt of an origin (`https://host`), b"" where there is none, or raises `RobotsUnreachable`;
    `slow_down(host, seconds)` is told a `Crawl-delay`.
    """

    def __init__(self, user_agent: str, load: Callable[[str], bytes], slow_down: Callable[[str, float], None]) -> None:
        self._agent = product_token(user_agent)
        self._load = load
        self._slow_down = slow_down
        self._rules: dict[str, Protego | str] = {}
        self._lock = threading.Lock()

    def check(self, url: str) -> None:
        """Raise `Forbidden` (`robots`, `robots_unreachable`) where the host does not want this URL fetched."""
        parts = urlsplit(url)
        with self._lock:
            rules = self._rules.get(parts.netloc)
            if rules is None:
                rules = self._rules[parts.netloc] = self._read(parts.scheme, parts.netloc)
        if isinstance(rules, str):
            raise Forbidden("robots_unreachable", rules)
        if not rules.can_fetch(url, self._agent):
            raise Forbidden("robots", f"disallowed by the robots.txt of {parts.netloc}")

    def _read(self, scheme: str, host: str) -> Protego | str:
        try:
            body = self._load(f"{scheme}://{host}")
        except RobotsUnreachable as error:
            return f"{scheme}://{host}/robots.txt: {error}; without it nothing of this host may be fetched"
        rules = Protego.parse(body[:READ_BYTES].decode("utf-8", "replace"))
        delay = rules.crawl_delay(self._agent)
        if delay:
            say(f"crawl: {host} asks for {delay:g} s between requests (Crawl-delay)")
            self._slow_down(host, float(delay))
        return rules
