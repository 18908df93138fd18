"""How often one host is asked: a slot for each request, in turn, whatever the number of threads."""

from __future__ import annotations

import threading
import time
from collections import defaultdict


class Stopped(Exception):
    """The crawl is ending; nothing more is asked."""


class Throttle:
    """Gives each request of a host its slot, `1 / rate` seconds after the one before.

    `stop` ends all waiting: then `wait` raises `Stopped`.
    """

    def __init__(self, rate: float, stop: threading.Event) -> None:
        self._interval = 1.0 / rate
        self._stop = stop
        self._lock = threading.Lock()
        self._next: dict[str, float] = defaultdict(float)
        self._slower: dict[str, float] = {}

    def slow_down(self, host: str, seconds: float) -> None:
        """Keep at least so many seconds between two requests of a host (its `Crawl-delay`)."""
        with self._lock:
            self._slower[host] = seconds
            self._next[host] = max(self._next[host], time.monotonic() + seconds)

    def postpone(self, host: str, seconds: float) -> None:
        """Give a host no slot for so many seconds (its `Retry-After`)."""
        with self._lock:
            self._next[host] = max(self._next[host], time.monotonic() + seconds)

    def wait(self, host: str) -> None:
        """Return when the next slot of a host has come."""
        with self._lock:
            slot = max(self._next[host], time.monotonic())
            self._next[host] = slot + max(self._interval, self._slower.get(host, 0.0))
        self.pause(slot - time.monotonic())

    def pause(self, seconds: float) -> None:
        """Wait so many seconds, or until the crawl stops."""
        if self._stop.wait(max(0.0, seconds)):
            raise Stopped
