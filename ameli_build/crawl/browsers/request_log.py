"""The redirects and the document of a navigation, read from Chromium's log of its requests."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ameli_build.crawl.fetching.failures import FetchFailed

SCRIPTED = "redirected by a script of the page"
_FAILURES = (
    ("TIMED_OUT", "timeout"),
    ("CERT", "tls"),
    ("SSL", "tls"),
    ("CONTENT_LENGTH_MISMATCH", "short_body"),
    ("INCOMPLETE_CHUNKED", "short_body"),
    ("CONTENT_DECODING", "bad_encoding"),
)
_UNPACKED = ("content-encoding", "content-length")
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect that the browser followed, from `url` to `location`."""

    url: str
    location: str
    status: int
    reason: str
    headers: Headers


@dataclass(slots=True)
class Navigation:
    """A navigation of the main frame: redirects, then a document.

    `response` is None if none came, `error` is Chromium's error text, `size` the bytes on the network.
    """

    hops: list[Hop] = field(default_factory=list)
    request: str = ""
    url: str = ""
    response: dict[str, Any] | None = None
    error: str = ""
    finished: bool = False
    size: int = 0

    def add(self, messages: Iterable[dict[str, Any]], frame: str) -> None:
        """Read further messages of the browser's log (`{"message": JSON}`) about `frame`."""
        for entry in messages:
            message = json.loads(entry["message"])["message"]
            values = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                if values.get("type") == "Document" and values.get("frameId") == frame:
                    self._go(values)
            elif values.get("requestId") == self.request:
                self._note(message["method"], values)

    def _go(self, values: dict[str, Any]) -> None:
        url, redirect = values["request"]["url"], values.get("redirectResponse")
        if redirect is not None:
            self.hops.append(Hop(self.url, url, redirect["status"], redirect["statusText"], _pairs(redirect, url)))
        elif self.request and url != self.url:
            self.hops.append(Hop(self.url, url, 302, SCRIPTED, (("Location", url),)))
        self.request, self.url = values["requestId"], url
        self.response, self.error, self.finished = None, "", False

    def _note(self, method: str, values: dict[str, Any]) -> None:
        if method == "Network.responseReceived":
            self.response = values["response"]
        elif method == "Network.loadingFailed" and not self.finished:
            self.error, self.finished = values["errorText"], True
        elif method == "Network.loadingFinished" and not self.finished:
            self.size, self.finished = int(values["encodedDataLength"]), True

    @property
    def headers(self) -> Headers:
        """The document's headers, with other names for headers of its content encoding, because the body is decoded."""
        pairs = _pairs(self.response or {})
        return tuple((f"X-Archive-Orig-{name}" if name.lower() in _UNPACKED else name, value) for name, value in pairs)

    def failure(self) -> FetchFailed:
        """The failure of a navigation without a document."""
        kind = next((kind for word, kind in _FAILURES if word in self.error), "connection")
        return FetchFailed(kind, self.error or "no response in the browser's log", again=True)


def original_bytes(text: str, charset: str) -> bytes:
    r"""The bytes that a browser decoded to `text`; bytes that are invalid in `charset` are lost.

    >>> original_bytes("caf\\xc3\\xa9 \\x81", "windows-1252")
    b'caf\\xc3\\xa9 \\x81'
    """
    name = charset.lower()
    if name.startswith("utf-16"):
        name = "utf-16"  # with the byte-order mark that the browser removed
    try:
        return text.encode(name, "ameli-browser-bytes")
    except LookupError:
        return text.encode("utf-8", "replace")


def _unmapped(error: UnicodeError) -> tuple[bytes, int]:
    """Encode control characters, to which browsers decode unassigned bytes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return bytes(ord(letter) if 0x80 <= ord(letter) <= 0x9F else ord("?") for letter in letters), error.end


codecs.register_error("ameli-browser-bytes", _unmapped)


def _pairs(response: dict[str, Any], location: str | None = None) -> Headers:
    """A response's headers; the log joins repeated headers by line breaks. `location` is the real redirect target."""
    pairs = [(name, line) for name, value in response.get("headers", {}).items() for line in value.split("\n")]
    if location is not None:
        pairs = [pair for pair in pairs if pair[0].lower() != "location"] + [("Location", location)]
    return tuple(pairs)
