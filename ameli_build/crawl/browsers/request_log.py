"""What one visit of an address asked for and got, as Chromium's own record of its requests tells."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ameli_build.crawl.fetching.failures import FetchFailed

SCRIPTED = "gone on by a script of the page"
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
    """A redirect that the browser followed by itself, from `url` to `location`."""

    url: str
    location: str
    status: int
    reason: str
    headers: Headers


@dataclass(slots=True)
class Visit:
    """The way of the main frame: redirects, then one document.

    `response` is None where none came, `error` Chromium's word for what went wrong, `size` the bytes on the wire.
    """

    hops: list[Hop] = field(default_factory=list)
    request: str = ""
    url: str = ""
    response: dict[str, Any] | None = None
    error: str = ""
    finished: bool = False
    size: int = 0

    def add(self, messages: Iterable[dict[str, Any]], frame: str) -> None:
        """Go on with further messages of the browser's log (`{"message": JSON}`), as far as they concern `frame`."""
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
        """The document's headers; those that tell how its body was packed under other names, since it is no longer."""
        pairs = _pairs(self.response or {})
        return tuple((f"X-Archive-Orig-{name}" if name.lower() in _UNPACKED else name, value) for name, value in pairs)

    def failure(self) -> FetchFailed:
        """What the connection did."""
        kind = next((kind for word, kind in _FAILURES if word in self.error), "connection")
        return FetchFailed(kind, self.error or "no answer that the browser noted", again=True)


def original_bytes(text: str, charset: str) -> bytes:
    r"""The bytes that a browser read as `text`.

    What has been lost for good (bytes that are no text in `charset`) stays lost.

    >>> original_bytes("caf\\xc3\\xa9 \\x81", "windows-1252")
    b'caf\\xc3\\xa9 \\x81'
    """
    name = charset.lower()
    if name.startswith("utf-16"):
        name = "utf-16"  # with its mark, which the browser took away
    try:
        return text.encode(name, "ameli-browser-bytes")
    except LookupError:
        return text.encode("utf-8", "replace")


def _unmapped(error: UnicodeError) -> tuple[bytes, int]:
    """Bytes without a letter of their own are control characters to a browser."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return bytes(ord(one) if 0x80 <= ord(one) <= 0x9F else ord("?") for one in letters), error.end


codecs.register_error("ameli-browser-bytes", _unmapped)


def _pairs(response: dict[str, Any], location: str | None = None) -> Headers:
    """A response's headers; repeated ones come in one, line by line. `location` is where a redirect really led."""
    pairs = [(name, line) for name, value in response.get("headers", {}).items() for line in value.split("\n")]
    if location is not None:
        pairs = [pair for pair in pairs if pair[0].lower() != "location"] + [("Location", location)]
    return tuple(pairs)
