"""Faults of a server: the faults of the demo itself, and the rules that choose the fault of each request.

Tests add more faults (`tests/faults/`). A fault is a subclass of `Fault`.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from ameli_build.demo.answers import Answer

Respond = Callable[[str], Answer]
"""From a target, which is a path with its query, to the response."""


class Fault:
    """A fault of one response: either another response, or a misuse of the connection."""

    __slots__ = ()

    def answer(self, target: str, respond: Respond) -> Answer | None:
        """The response to `target`; None if the fault needs the socket. `respond` gives the correct response."""
        return None

    def send(self, connection: socket.socket, answer: Answer, stopped: threading.Event) -> None:
        """Carry out the fault on the socket, given the correct response. The caller closes the connection.

        `stopped` is set when the server stops.
        """


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """Answer with an error status.

    `retry_after` is the text of the header Retry-After (seconds, an HTTP date, or any text). With `retry_date_in`, the
    header is the HTTP date this number of seconds in the future.
    """

    code: int
    retry_after: str = ""
    retry_date_in: float | None = None

    def answer(self, target: str, respond: Respond) -> Answer:
        """A short page that names the status."""
        wait = self.retry_after
        if self.retry_date_in is not None:
            wait = formatdate(time.time() + self.retry_date_in, usegmt=True)
        body = f"<html><head><title>Error {self.code}</title></head><body>Error {self.code}</body></html>"
        return Answer(body.encode(), status=self.code, headers=(("Retry-After", wait),) if wait else ())


@dataclass(frozen=True, slots=True)
class Reset(Fault):
    """A TCP reset after half of the body."""

    def send(self, connection: socket.socket, answer: Answer, stopped: threading.Event) -> None:
        """Send half of the response, then reset the connection."""
        half = answer.body[: len(answer.body) // 2]
        connection.sendall(head(answer, f"Content-Length: {len(answer.body)}") + half)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())  # otherwise the server would shut the connection down in order


@dataclass(frozen=True, slots=True)
class Hang(Fault):
    """Silence before the response, or after its headers, until the client disconnects or `seconds` have passed."""

    after_headers: bool = False
    seconds: float = 60.0

    def send(self, connection: socket.socket, answer: Answer, stopped: threading.Event) -> None:
        """Wait until the client disconnects, the server stops, or the time is over."""
        if self.after_headers:
            connection.sendall(head(answer, f"Content-Length: {len(answer.body)}"))
        end = time.monotonic() + self.seconds
        connection.settimeout(0.1)
        while time.monotonic() < end and not stopped.is_set():
            try:
                if connection.recv(1) == b"":
                    return
            except TimeoutError:
                continue


def head(answer: Answer, framing: str) -> bytes:
    """The status line and headers of a response, with `framing` as its Content-Length or Transfer-Encoding."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {answer.content_type}\r\n{framing}\r\nConnection: close\r\n\r\n".encode()


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault for URLs whose path and query match `pattern` (a regular expression, searched).

    `times` is the number of first requests of each URL that get the fault; None means all requests. `host` limits it to
    a server's role ("site", "images" or "photos" of a storefront); "" means all servers.
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
