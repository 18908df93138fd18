"""Reading a visit from the log of the browser, and bytes from text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ameli_build.crawl.browsers.request_log import SCRIPTED, Navigation, original_bytes


def log_message(method: str, **values: Any) -> dict[str, Any]:
    """A message of the log."""
    return {"message": json.dumps({"message": {"method": f"Network.{method}", "params": values}})}


def asked(request: str, url: str, frame: str = "main", **values: Any) -> dict[str, Any]:
    """The message of a request for a document."""
    return log_message(
        "requestWillBeSent", requestId=request, frameId=frame, type="Document", request={"url": url}, **values
    )


def answered(request: str, **response: Any) -> dict[str, Any]:
    """The message of an answer."""
    return log_message("responseReceived", requestId=request, response={"status": 200, "headers": {}} | response)


def test_redirects_and_scripts_are_hops_and_frames_are_not() -> None:
    visit = Navigation()
    moved = {"status": 301, "statusText": "Moved", "headers": {"location": "b#x", "Set-Cookie": "a=1\nb=2"}}
    visit.add([asked("1", "http://s/a"), asked("1", "http://s/b", redirectResponse=moved), answered("1")], "main")
    visit.add([log_message("loadingFinished", requestId="1", encodedDataLength=10)], "main")
    visit.add([asked("9", "http://s/frame", frame="sub"), answered("9", status=404)], "main")
    visit.add(
        [asked("2", "http://s/b"), asked("3", "http://s/c"), answered("3", headers={"Content-Encoding": "br"})], "main"
    )
    first, second = visit.hops
    assert (first.url, first.location, first.status) == ("http://s/a", "http://s/b", 301)
    assert first.headers == (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Location", "http://s/b"))
    assert (second.location, second.status, second.reason) == ("http://s/c", 302, SCRIPTED)
    assert visit.response is not None
    assert not visit.finished
    assert visit.headers == (("X-Archive-Orig-Content-Encoding", "br"),)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("net::ERR_CONNECTION_REFUSED", "connection"),
        ("net::ERR_TIMED_OUT", "timeout"),
        ("net::ERR_CERT_DATE_INVALID", "tls"),
        ("net::ERR_INCOMPLETE_CHUNKED_ENCODING", "short_body"),
        ("", "connection"),
    ],
)
def test_a_connection_error_has_its_kind(error: str, kind: str) -> None:
    visit = Navigation()
    visit.add([asked("1", "http://s/"), log_message("loadingFailed", requestId="1", errorText=error)], "main")
    assert (visit.failure().kind, visit.failure().again) == (kind, True)


@pytest.mark.parametrize("name", ["utf-8", "windows-1252", "iso-8859-1", "utf-16", "koi8-r"])
def test_decoded_text_gives_the_original_bytes(name: str) -> None:
    word = "слово" if name == "koi8-r" else "café – x" if name != "iso-8859-1" else "café"
    body = word.encode(name)
    assert original_bytes(body.decode(name), name) == body
    assert original_bytes("é", "no-such-charset") == "é".encode()
