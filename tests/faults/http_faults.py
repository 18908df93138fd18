"""Faults of HTTP responses for tests: wrong pages, redirects, broken transfers, bombs. Re-exports the demo's faults."""

from __future__ import annotations

import gzip
import io
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import brotli
import zstandard

from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import Fault, FaultCounter, FaultPlan, Hang, Reset, Respond, Rule, Status, head

__all__ = [
    "ACCESS_DENIED",
    "COUNTRY_PAGE",
    "EMPTY_BODY",
    "AbortedChunks",
    "Bomb",
    "Drip",
    "Fault",
    "FaultCounter",
    "FaultPlan",
    "Hang",
    "LyingLength",
    "Page",
    "Redirect",
    "Reset",
    "Rework",
    "Rewrite",
    "Rule",
    "Status",
    "bomb",
]  # fmt: skip

_MEGABYTE = b"\0" * 1_000_000


@dataclass(frozen=True, slots=True)
class Page(Fault):
    """Answer 200 with another body, or with the right body (None) and another content type."""

    body: bytes | None
    content_type: str = "text/html; charset=utf-8"

    def answer(self, target: str, respond: Respond) -> Answer:
        return Answer(respond(target).body if self.body is None else self.body, self.content_type)


@dataclass(frozen=True, slots=True)
class Rewrite(Fault):
    """Answer with a changed body, for example with a lower count or without a button."""

    change: Callable[[bytes], bytes]

    def answer(self, target: str, respond: Respond) -> Answer:
        right = respond(target)
        return replace(right, body=self.change(right.body))


@dataclass(frozen=True, slots=True)
class Rework(Fault):
    """Answer with a response computed from the URL and from correct responses, as for reviews that move between pages.

    `make(target, respond)` receives the requested target and a function that returns the correct response for a target.
    """

    make: Callable[[str, Respond], Answer]

    def answer(self, target: str, respond: Respond) -> Answer:
        return self.make(target, respond)


@dataclass(frozen=True, slots=True)
class Redirect(Fault):
    """Redirect the client; "" is the requested URL, which makes a loop."""

    location: str = ""
    code: int = 302

    def answer(self, target: str, respond: Respond) -> Answer:
        return Answer(b"", status=self.code, headers=(("Location", self.location or target),))


@dataclass(frozen=True, slots=True)
class LyingLength(Fault):
    """A Content-Length that exceeds the number of sent bytes by `by`, or falls short of it if `by` is negative."""

    by: int

    def send(self, connection: socket.socket, answer: Answer, stopped: threading.Event) -> None:
        length = max(0, len(answer.body) + self.by)
        connection.sendall(head(answer, f"Content-Length: {length}") + answer.body)


@dataclass(frozen=True, slots=True)
class AbortedChunks(Fault):
    """A chunked body that ends in the middle, without its last chunk."""

    def send(self, connection: socket.socket, answer: Answer, stopped: threading.Event) -> None:
        half = answer.body[: len(answer.body) // 2]
        connection.sendall(head(answer, "Transfer-Encoding: chunked") + b"%x\r\n%b\r\n" % (len(half), half))


@dataclass(frozen=True, slots=True)
class Drip(Fault):
    """The body byte by byte, with a pause after each byte."""

    pause: float = 1.0

    def send(self, connection: socket.socket, answer: Answer, stopped: threading.Event) -> None:
        connection.sendall(head(answer, f"Content-Length: {len(answer.body)}"))
        for number in range(len(answer.body)):
            connection.sendall(answer.body[number : number + 1])
            if stopped.wait(self.pause):
                return


@dataclass(frozen=True, slots=True)
class Bomb(Fault):
    """A small compressed body that unpacks to `megabytes` of zeros."""

    encoding: Literal["gzip", "br", "zstd"] = "gzip"
    megabytes: int = 200

    def answer(self, target: str, respond: Respond) -> Answer:
        return replace(respond(target), body=bomb(self), headers=(("Content-Encoding", self.encoding),))


@lru_cache(maxsize=8)
def bomb(fault: Bomb) -> bytes:
    """A compressed body that unpacks to `fault.megabytes` of zeros."""
    if fault.encoding == "gzip":
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream:
            for _ in range(fault.megabytes):
                stream.write(_MEGABYTE)
        return packed.getvalue()
    if fault.encoding == "br":
        brotlied = brotli.Compressor(quality=5)
        return b"".join([brotlied.process(_MEGABYTE) for _ in range(fault.megabytes)] + [brotlied.finish()])
    zipped = zstandard.ZstdCompressor().compressobj()
    return b"".join([zipped.compress(_MEGABYTE) for _ in range(fault.megabytes)] + [zipped.flush()])


ACCESS_DENIED = Page(
    b"<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>"
    b"<p>This server does not let you see the page.</p><p>Reference #18.0.0.0</p></body></html>"
)
COUNTRY_PAGE = Page(
    b"<!DOCTYPE html><html><head><title>Best Buy International: Select your Country - Best Buy</title></head><body>"
    b'<h1>Choose a country</h1><a class="us-link" href="/?intl=nosplash">United States</a></body></html>'
)
EMPTY_BODY = Page(b"")
