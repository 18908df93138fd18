"""A threaded HTTP/1.1 server on loopback, with keep-alive, validators, gzip, and faults on request."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
import time
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import Fault, FaultCounter, FaultPlan, Hang, Respond

LAST_MODIFIED = "Mon, 04 Mar 2024 08:00:00 GMT"
BROWSERS = "Mozilla/"
"""Prefix of every browser's User-Agent."""

_PACKED = ("text/", "application/json", "application/xml")


@dataclass(frozen=True, slots=True)
class Seen:
    """A received request: its method, target, time (monotonic seconds) and fault."""

    method: str
    target: str
    at: float
    fault: Fault | None


class LoopbackServer(ThreadingHTTPServer):
    """Serves `respond` on 127.0.0.1 in background threads; a context manager. Port 0 means a free port.

    `host_name` is the name in `url` (127.0.0.1 or localhost, which are two hosts for a crawler). `part` is the server's
    role in the rules of `faults`. With `browsers_only`, clients without a browser's User-Agent get no response. `seen`
    lists all requests.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        respond: Respond,
        faults: FaultPlan | None = None,
        port: int = 0,
        host_name: str = "127.0.0.1",
        *,
        part: str = "",
        browsers_only: bool = False,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.respond = respond
        self.part = part
        self.faults = FaultCounter(faults or FaultPlan(), part)
        self.browsers_only = browsers_only
        self.stopped = threading.Event()
        self.seen: list[Seen] = []
        self.url = f"http://{host_name}:{self.server_port}"
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._guard:
            for connection in self._open:
                _hang_up(connection)

    def process_request_thread(self, request: socket.socket | tuple[bytes, socket.socket], client_address: str) -> None:
        """Serve a connection. It is recorded while it is open, so that the server closes it at its end."""
        connection = request if isinstance(request, socket.socket) else request[1]
        with self._guard:
            self._open.add(connection)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._open.discard(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Do not report disconnected clients."""


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "storefront"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    server: LoopbackServer

    def do_GET(self) -> None:
        """Answer, or carry out a fault of the plan."""
        fault = self._fault()
        self.server.seen.append(Seen(self.command, self.path, time.monotonic(), fault))
        answer = self._answer(fault)
        if answer is not None:
            self._send(answer, validators=fault is None)
        elif fault is not None:
            self.close_connection = True
            fault.send(self.connection, self.server.respond(self.path), self.server.stopped)

    do_HEAD = do_GET  # noqa: N815

    def _fault(self) -> Fault | None:
        """The fault of this request. A client without a browser's User-Agent gets no response, as in the shop."""
        if self.server.browsers_only and not self.headers.get("User-Agent", "").startswith(BROWSERS):
            return Hang()
        return self.server.faults.next(self.path)

    def _answer(self, fault: Fault | None) -> Answer | None:
        """The response, if the fault has one; 500 if an exception prevents it."""
        respond = self.server.respond
        try:
            return fault.answer(self.path, respond) if fault else respond(self.path)
        except Exception as error:
            return Answer(f"{type(error).__name__}: {error}".encode(), "text/plain; charset=utf-8", 500)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing; `LoopbackServer.seen` has all requests."""

    def _send(self, answer: Answer, validators: bool) -> None:
        tag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
        validators = validators and answer.status == HTTPStatus.OK
        if validators and self.headers.get("If-None-Match") == tag:
            answer = Answer(b"", answer.content_type, HTTPStatus.NOT_MODIFIED)
        else:
            answer = self._packed(answer)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if validators:
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", LAST_MODIFIED)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def _packed(self, answer: Answer) -> Answer:
        """The response with a gzipped body, if the client accepts gzip and the body gets smaller."""
        accepted = "gzip" in self.headers.get("Accept-Encoding", "")
        encoded = any(name.lower() == "content-encoding" for name, _ in answer.headers)
        if not accepted or encoded or len(answer.body) < 1000 or not answer.content_type.startswith(_PACKED):
            return answer
        headers = (*answer.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
        return replace(answer, body=gzip.compress(answer.body, compresslevel=4, mtime=0), headers=headers)
