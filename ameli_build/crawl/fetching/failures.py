"""Why an address could not be had, in words that can be counted."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import IncompleteRead

import requests
import urllib3.exceptions

from ameli_build.archive.records import Response
from ameli_build.core.errors import Outage, Refused, RunFailed

REFUSALS = frozenset(("http_403", "blocked", "country_page"))
"""Kinds of failure by which a shop says no."""
OTHER_PAGES = ("no_longer_sold", "not_a_product")
"""Kinds of failure by which another page stands in a product's place: nothing else is asked of that product then."""
TOO_MANY_REQUESTS = "too_many_requests"
"""The kind of failure of a page that asks without end in a browser, as challenges do."""
NOT_AS_ASKED = REFUSALS | {"not_a_listing", "not_a_product", "wrong_type", TOO_MANY_REQUESTS}
"""Kinds of failure that stop the crawl where they come for one address after another."""
TOO_MANY_PAGES, TOO_MANY_SITEMAPS = "too_many_pages", "too_many_sitemaps"
"""Kinds of failure that stand for what lies behind a ceiling."""
PASSING = frozenset(("connection", "deadline", "http_408", "http_429", "short_body", "timeout", "tls"))
"""Kinds of failure that pass by themselves, beside 5xx."""


def run_failed(kind: str, text: str) -> RunFailed:
    """The end of a run whose requests ended as `kind`.

    >>> type(run_failed("http_403", "")).__name__, type(run_failed("http_503", "")).__name__
    ('Refused', 'Outage')
    """
    if kind in REFUSALS:
        return Refused(text)
    return Outage(text) if kind in PASSING or kind.startswith("http_5") else RunFailed(text)


class FetchFailed(Exception):
    """An address that could not be had.

    `kind` is a word for counting (`http_404`, `timeout`, `blocked` ...), `again` whether another try may help.
    """

    def __init__(
        self, kind: str, detail: str = "", status: int = 0, again: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail
        self.status = status
        self.again = again
        self.retry_after = retry_after


class Unchanged(Exception):
    """The host says that an address is as it was (304); `response` has the headers of that answer and no body."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"unchanged: {response.final_url}")
        self.response = response


class Unwanted(Exception):
    """Raised by what judges an answer: it is not what was asked for, though its status says 200."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(detail or kind)
        self.kind = kind


def connection_failure(error: Exception, expired: bool, deadline: float) -> FetchFailed:
    """What the connection did, as a kind of failure."""
    causes: list[object] = [error, *error.args, error.__cause__, error.__context__]
    causes += [getattr(cause, "reason", None) for cause in causes]
    if expired:
        return FetchFailed("deadline", f"not there after {deadline:g} s", again=True)
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return FetchFailed("bad_url", str(error))
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    if any(isinstance(cause, timeouts) for cause in causes):
        return FetchFailed("timeout", _short(error), again=True)
    if any(isinstance(cause, IncompleteRead) for cause in causes) or "ended prematurely" in str(error):
        return FetchFailed("short_body", _short(error), again=True)
    if isinstance(error, requests.exceptions.SSLError):
        return FetchFailed("tls", _short(error), again=True)
    return FetchFailed("connection", _short(error), again=True)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def retry_after(value: str | None) -> float | None:
    """Seconds that a `Retry-After` header asks for, given as seconds or as a date; None where it says nothing.

    >>> retry_after("120"), retry_after("soon")
    (120.0, None)
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    return seconds if math.isfinite(seconds) else None
