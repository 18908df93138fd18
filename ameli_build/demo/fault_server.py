"""Carries out faults: as another HTTP response if possible, otherwise on the socket."""

from __future__ import annotations

import gzip
import io
import os
import socket
import struct
import threading
import time
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache

import brotli
import zstandard

from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import (
    AbortedChunks,
    Bomb,
    Drip,
    Fault,
    Hang,
    LyingLength,
    Page,
    Redirect,
    Reset,
    Rewrite,
    Status,
)

_MEGABYTE = b"\0" * 1_000_000


def spoiled(fault: Fault, answer: Answer, target: str) -> Answer | None:
    """The response that replaces `answer`; None for a fault that needs the socket."""
    match fault:
        case Status():
            return _status(fault)
        case Page(body, content_type):
            return Answer(answer.body if body is None else body, content_type)
        case Rewrite(change):
            return replace(answer, body=change(answer.body))
        case Redirect(location, code):
            return Answer(b"", status=code, headers=(("Location", location or target),))
        case Bomb():
            return replace(answer, body=bomb(fault), headers=(("Content-Encoding", fault.encoding),))
        case _:
            return None


def _status(fault: Status) -> Answer:
    wait = fault.retry_after
    if fault.retry_date_in is not None:
        wait = formatdate(time.time() + fault.retry_date_in, usegmt=True)
    headers = (("Retry-After", wait),) if wait else ()
    body = f"<html><head><title>Error {fault.code}</title></head><body>Error {fault.code}</body></html>"
    return Answer(body.encode(), "text/html; charset=utf-8", fault.code, headers)


@lru_cache(maxsize=8)
def bomb(fault: Bomb) -> bytes:
    """A response whose compressed body unpacks to `fault.megabytes` of zeros."""
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


def torment(connection: socket.socket, fault: Fault, answer: Answer, stopped: threading.Event) -> None:
    """Carry out a fault of the connection on the socket; the caller closes the connection afterwards."""
    body = answer.body
    half = body[: len(body) // 2]
    match fault:
        case LyingLength(by):
            connection.sendall(_head(answer, f"Content-Length: {max(0, len(body) + by)}") + body)
        case AbortedChunks():
            connection.sendall(_head(answer, "Transfer-Encoding: chunked") + b"%x\r\n%b\r\n" % (len(half), half))
        case Reset():
            connection.sendall(_head(answer, f"Content-Length: {len(body)}") + half)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(connection.detach())  # otherwise the server would shut the connection down in order
        case Hang(after_headers, seconds):
            if after_headers:
                connection.sendall(_head(answer, f"Content-Length: {len(body)}"))
            _wait(connection, seconds, stopped)
        case Drip(pause):
            connection.sendall(_head(answer, f"Content-Length: {len(body)}"))
            for number in range(len(body)):
                connection.sendall(body[number : number + 1])
                if stopped.wait(pause):
                    return


def _head(answer: Answer, framing: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {answer.content_type}\r\n{framing}\r\nConnection: close\r\n\r\n".encode()


def _wait(connection: socket.socket, seconds: float, stopped: threading.Event) -> None:
    """Wait until the client disconnects, the server stops, or the time is over."""
    end = time.monotonic() + seconds
    connection.settimeout(0.1)
    while time.monotonic() < end and not stopped.is_set():
        try:
            if connection.recv(1) == b"":
                return
        except TimeoutError:
            continue
