"""Rate limits by host: the interval between requests, and the number of requests at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

GRAIN_SECONDS = 0.001
"""Waits shorter than this are skipped, since timers are no finer."""
_POLL_SECONDS = 0.5


class Stopped(Exception):
    """The crawl is ending; no more requests are made."""


class FairSemaphore:
    """A semaphore that serves threads in the order in which they came; raises `Stopped` once `stop` is set."""

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
            turn = threading.Event()
            self._queue.append(turn)
        while not turn.wait(_POLL_SECONDS):
            if self._stop.is_set():
                raise Stopped

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._queue:  # the first waiting thread takes over
                self._queue.popleft().set()
            else:
                self._free += 1

    def waiting(self) -> int:
        """The number of waiting threads."""
        with self._lock:
            return len(self._queue)


@dataclass(slots=True)
class _Host:
    """`next` is the time of the next slot, `interval` the seconds between slots; one thread at a time passes `gate`."""

    connections: FairSemaphore
    gate: FairSemaphore
    interval: float
    next: float = 0.0


class Throttle:
    """Spaces the requests to each host by `1 / rate` seconds, at most `connections` of them at a time.

    Threads are served in order. All waits raise `Stopped` once `stop` is set.
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
        """Lower the rate of a host to at most `rate` requests a second."""
        host_state = self._host(host)
        host_state.interval = max(host_state.interval, 1.0 / rate)

    def slow_down(self, host: str, seconds: float) -> None:
        """Keep at least this number of seconds between requests to a host (its `Crawl-delay`)."""
        self.limit(host, 1.0 / seconds)
        self.postpone(host, seconds)

    def postpone(self, host: str, seconds: float) -> None:
        """Make no requests to a host for this number of seconds (its `Retry-After`)."""
        host_state = self._host(host)
        with self._lock:
            host_state.next = max(host_state.next, self._clock() + seconds)

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """The time of a request to a host, from its slot to the end of its response."""
        with self._host(host).connections:
            self.wait(host)
            yield

    def wait(self, host: str) -> None:
        """Return when the next slot of a host has come."""
        host_state = self._host(host)
        with host_state.gate:
            while (seconds := host_state.next - self._clock()) > GRAIN_SECONDS:
                self.pause(seconds)
            if self._stop.is_set():
                raise Stopped
            with self._lock:
                host_state.next = max(host_state.next, self._clock()) + host_state.interval

    def pause(self, seconds: float) -> None:
        """Wait this number of seconds, or until the crawl stops."""
        if self._stop.wait(max(0.0, seconds)):
            raise Stopped

    def waiting(self, host: str) -> int:
        """The number of threads that wait for another request to a host to end."""
        return self._host(host).connections.waiting()

    def _host(self, name: str) -> _Host:
        host_state = self._hosts.get(name)
        if host_state is None:
            with self._lock:
                connections, gate = FairSemaphore(self._connections, self._stop), FairSemaphore(1, self._stop)
                host_state = self._hosts.setdefault(name, _Host(connections, gate, self._interval))
        return host_state
