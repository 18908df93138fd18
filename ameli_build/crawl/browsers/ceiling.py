"""A limit on the requests of a page in a browser, against pages that never stop."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import websocket

MOST_DOCUMENTS = 50
"""Largest number of documents: the page, its frames, windows and redirects, and reloads of each."""

MOST_REQUESTS = 1_500
"""Largest number of requests of any kind; a product page of a large shop makes some hundreds."""

_OPEN_SECONDS = 10.0
_WATCHED = ("page", "iframe", "worker", "shared_worker", "service_worker")
_ATTACH = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
_ERRORS = (websocket.WebSocketException, OSError)


class Ceiling:
    """Counts the requests of a browser's page over a separate connection to Chromium's debugger.

    The driver does not respond while a page loads, and a page that reloads itself never finishes. So a thread counts,
    and calls `end` once when a page exceeds a limit.
    """

    def __init__(self, url: str, end: Callable[[], None]) -> None:
        self._end = end
        self._requests = self._documents = 0
        self._broken = ""
        self._last = 0
        parts = urlsplit(url)
        direct = None  # by default the library would use a proxy of the environment
        if parts.scheme == "ws":
            direct = socket.create_connection((parts.hostname or "", parts.port or 80), _OPEN_SECONDS)
        self._socket = websocket.create_connection(
            url, timeout=_OPEN_SECONDS, socket=direct, suppress_origin=True, enable_multithread=True
        )
        self._socket.settimeout(None)
        self._send("Target.setAutoAttach", _ATTACH | {"filter": [{"type": kind} for kind in _WATCHED]})
        threading.Thread(target=self._count, name="browser-ceiling", daemon=True).start()

    @property
    def broken(self) -> str:
        """The exceeded limit, "" while there is none."""
        return self._broken

    def begin(self) -> None:
        """Count from 0 for the next page."""
        self._requests = self._documents = 0
        self._broken = ""

    def close(self) -> None:
        """Stop counting."""
        with suppress(*_ERRORS):
            self._socket.abort()  # type: ignore[no-untyped-call]

    def _count(self) -> None:
        with suppress(*_ERRORS):
            while message := self._socket.recv():
                if '"Network.requestWillBeSent"' in message[:60] or '"Target.attachedToTarget"' in message[:60]:
                    self._note(json.loads(message))
                if self._broken:
                    self._end()
                    return

    def _note(self, message: Mapping[str, Any]) -> None:
        values = message["params"]
        if message["method"] == "Target.attachedToTarget":
            self._send("Network.enable", {"maxTotalBufferSize": 0}, values["sessionId"])
            self._send("Target.setAutoAttach", _ATTACH, values["sessionId"])
            return
        self._requests += 1
        self._documents += values.get("type") == "Document"
        if self._documents > MOST_DOCUMENTS:
            self._broken = f"more than {MOST_DOCUMENTS:,} documents on one page"
        elif self._requests > MOST_REQUESTS:
            self._broken = f"more than {MOST_REQUESTS:,} requests on one page"

    def _send(self, method: str, values: Mapping[str, Any], session: str = "") -> None:
        self._last += 1
        place = {"sessionId": session} if session else {}
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": values, **place}))
