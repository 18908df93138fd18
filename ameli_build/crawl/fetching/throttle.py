"""How often one host is asked: so many requests under way at a time, each in its slot, in turn."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

GRAIN_SECONDS = 0.001
"""A slot that is so near has come: no clock that waits is finer."""
_LOOK_SECONDS = 0.5


class Stopped(Exception):
    """The crawl is ending; nothing more is asked."""


class Places:
    """A number of places; who comes first gets the next that is free. May be used by many threads."""

    def __init__(self, count: int, stop: threading.Event) -> None:
        self._free = count
        self._stop = stop
        self._lock = threading.Lock()
        self._queue: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Event()
            self._queue.append(mine)
        while not mine.wait(_LOOK_SECONDS):
            if self._stop.is_set():
                raise Stopped

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._queue:  # the place goes to the next in line
                self._queue.popleft().set()
            else:
                self._free += 1

    def waiting(self) -> int:
        """How many wait for a place."""
        with self._lock:
            return len(self._queue)


@dataclass(slots=True)
class _Host:
    """`next` is when the next slot comes, `interval` the seconds to the one after; one waits for it at the `gate`."""

    connections: Places
    gate: Places
    interval: float
    next: float = 0.0


class Throttle:
    """Gives each request of a host its slot, `1 / rate` seconds after the one before.

    At most `connections` requests of a host that take a `turn` are under way at a time; who comes first is served
    first. `stop` ends all waiting with `Stopped`.
    """

    def __init__(
        self,
        rate: float,
        stop: threading.Event,
        connections: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 1.0 / rate
        self._stop = stop
        self._connections = connections
        self._clock = clock
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    def limit(self, host: str, rate: float) -> None:
        """Ask a host at most so many times a second, whatever the rate of all hosts."""
        line = self._host(host)
        line.interval = max(line.interval, 1.0 / rate)

    def slow_down(self, host: str, seconds: float) -> None:
        """Keep at least so many seconds between two requests of a host, from now on (its `Crawl-delay`)."""
        self.limit(host, 1.0 / seconds)
        self.postpone(host, seconds)

    def postpone(self, host: str, seconds: float) -> None:
        """Give a host no slot for so many seconds (its `Retry-After`)."""
        line = self._host(host)
        with self._lock:
            line.next = max(line.next, self._clock() + seconds)

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """One request of a host, from its slot to the end of its answer."""
        with self._host(host).connections:
            self.wait(host)
            yield

    def wait(self, host: str) -> None:
        """Return when the next slot of a host has come."""
        line = self._host(host)
        with line.gate:
            while (left := line.next - self._clock()) > GRAIN_SECONDS:
                self.pause(left)
            if self._stop.is_set():
                raise Stopped
            with self._lock:
                line.next = max(line.next, self._clock()) + line.interval

    def pause(self, seconds: float) -> None:
        """Wait so many seconds, or until the crawl stops."""
        if self._stop.wait(max(0.0, seconds)):
            raise Stopped

    def waiting(self, host: str) -> int:
        """How many wait until another request of a host has ended."""
        return self._host(host).connections.waiting()

    def _host(self, name: str) -> _Host:
        line = self._hosts.get(name)
        if line is None:
            with self._lock:
                places, gate = Places(self._connections, self._stop), Places(1, self._stop)
                line = self._hosts.setdefault(name, _Host(places, gate, self._interval))
        return line
