"""Kinds of failure of a request."""

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
"""Refusals by the shop."""
OTHER_PAGES = ("no_longer_sold", "not_a_product")
"""Another page in place of a product page; nothing more of that product is requested."""
TOO_MANY_REQUESTS = "too_many_requests"
"""A page that sends requests without end in a browser, as challenges do."""
WRONG_PAGES = REFUSALS | {"not_a_listing", "not_a_product", "wrong_type", TOO_MANY_REQUESTS}
"""Failures that stop the crawl if many URLs in a row have them."""
TOO_MANY_PAGES, TOO_MANY_SITEMAPS = "too_many_pages", "too_many_sitemaps"
"""Pages or sitemaps beyond a limit of the crawl."""
TEMPORARY = frozenset(("connection", "deadline", "http_408", "http_429", "short_body", "timeout", "tls"))
"""Failures that pass by themselves, as does 5xx."""


def run_failed(kind: str, text: str) -> RunFailed:
    """The error of a run whose requests failed with `kind`.

    >>> type(run_failed("http_403", "")).__name__, type(run_failed("http_503", "")).__name__
    ('Refused', 'Outage')
    """
    if kind in REFUSALS:
        return Refused(text)
    return Outage(text) if kind in TEMPORARY or kind.startswith("http_5") else RunFailed(text)


class FetchFailed(Exception):
    """A URL that could not be fetched.

    `kind` is a word for statistics (`http_404`, `timeout`, `blocked` ...); `again` is True if another try may help.
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
    """The host reports that a URL is unchanged (304); `response` has headers and no body."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"unchanged: {response.final_url}")
        self.response = response


class Unwanted(Exception):
    """Raised by a check: a response with status 200 does not have the requested content."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(detail or kind)
        self.kind = kind


def connection_failure(error: Exception, expired: bool, deadline: float) -> FetchFailed:
    """The failure for an error of a connection."""
    causes: list[object] = [error, *error.args, error.__cause__, error.__context__]
    causes += [getattr(cause, "reason", None) for cause in causes]
    if expired:
        return FetchFailed("deadline", f"not complete after {deadline:g} s", again=True)
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
    """Seconds to wait by a `Retry-After` header, which has seconds or a date; None if it has neither.

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
