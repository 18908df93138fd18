"""Calls of the developer API, with its key and within its limits.

The key comes from the environment and is sent to the API only. URLs that are archived, counted or shown do not have it.
It is removed from headers, failure messages, log lines of the HTTP library, and bodies that repeat the call
(`canonicalUrl`); such a body is archived without its content encoding.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ameli_build.archive.records import Response
from ameli_build.archive.store import Archive
from ameli_build.core.errors import Refused, UnusableInput
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.fetching.failures import FetchFailed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.fetching.throttle import Throttle
from ameli_build.crawl.fetching.transport import Transport
from ameli_build.shops.base import Api, Shop

HIDDEN = "XXX"
DAY = timedelta(hours=24)

_LOGGERS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.response", "urllib3.util.retry")
_FRAMING = ("content-encoding", "content-length")


def api_of(shop: Shop) -> Api:
    """The developer API of a shop; raises `UnusableInput` if it has none."""
    if shop.api is None:
        raise UnusableInput(f'crawl.products = "api": the shop {shop.name!r} has no developer API')
    return shop.api


def api_key(api: Api) -> str:
    """The key of the developer API; raises `UnusableInput` if the environment has no valid key."""
    variable = api.key_variable
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UnusableInput(f'crawl.products = "api" needs a key of the developer API in {variable} (environment)')
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", key):
        raise UnusableInput(f"{variable}: not a key of the developer API; a key has letters and digits only")
    return key


def use_api(
    fetcher: Fetcher, archive: Archive, settings: CrawlSettings, key: str, elsewhere: Iterable[str] = ()
) -> None:
    """Let `fetcher` call the developer API; each call is recorded in `archive` before it is made.

    `elsewhere` are the times of calls that another snapshot has recorded, such as the refreshed snapshot.
    """
    calls = (datetime.fromisoformat(moment) for moment in (*archive.calls, *elsewhere))
    allowance = Allowance(calls, settings.api_calls_per_day, archive.add_call)
    pace = Throttle(settings.api_rate, fetcher.stop, connections=1)
    origin = fetcher.addresses.resolve(f"{settings.api_url.rstrip('/')}/")
    fetcher.transport = ApiTransport(
        fetcher.transport, origin, (api_of(fetcher.shop).key_parameter, key), pace, 1 / settings.api_rate, allowance
    )


class Allowance:
    """At most `most` calls in any 24 hours. Safe for threads.

    `before` are the times of earlier calls of all runs. `note` records a call.
    """

    def __init__(
        self,
        before: Iterable[datetime],
        most: int,
        note: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._calls = deque(sorted(before), maxlen=most)
        self._most = most
        self._note = note
        self._now = now
        self._lock = threading.Lock()

    def take(self, url: str) -> None:
        """Count a call; raises `Refused` if the limit is reached."""
        with self._lock:
            now = self._now()
            if len(self._calls) == self._most and now - self._calls[0] < DAY:
                again = self._calls[0] + DAY
                raise Refused(
                    f"the developer API was called {self._most:,} times in 24 hours, its limit"
                    f" (crawl.api_calls_per_day); nothing is lost: run the same command again after"
                    f" {again.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
                )
            self._note(url)
            self._calls.append(now)


class ApiTransport:
    """Adds the key to calls of the API at `origin`; other requests go to `inner` unchanged.

    One call at a time; each starts at least `distance` seconds after the response to the last.
    """

    def __init__(
        self,
        inner: Transport,
        origin: str,
        parameter: tuple[str, str],
        pace: Throttle,
        distance: float,
        allowance: Allowance,
    ) -> None:
        self._inner = inner
        self._origin = origin
        name, key = parameter
        self._parameter = f"{name}={key}"
        self._parameters = re.compile(rf"(?<=[?&]){name}=[^&#]*&?|&{name}=[^&#]*(?=#|$)")
        # A short key may occur inside of words, so it is removed only as a word of its own.
        pattern = re.escape(key) if len(key) >= 8 else rf"(?<![A-Za-z0-9]){re.escape(key)}(?![A-Za-z0-9])"
        self._text = re.compile(pattern)
        self._bytes = re.compile(pattern.encode())
        self._pace = pace
        self._distance = distance
        self._allowance = allowance
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self._log)

    def get(self, url: str, target: str, kind: str, headers: Mapping[str, str]) -> Response:
        """As `Transport.get`; also raises `Refused` when the calls of a day are used up."""
        if kind != "api" or not target.startswith(self._origin):
            return self._inner.get(url, target, kind, headers)
        plain = self._parameters.sub("", target).rstrip("?&")
        with self._pace.turn(self._origin):
            self._allowance.take(url)
            try:
                keyed = f"{plain}{'&' if '?' in plain else '?'}{self._parameter}"
                response = self._inner.get(url, keyed, kind, headers)
            except FetchFailed as failure:
                detail = self._without(failure.detail)
                raise FetchFailed(failure.kind, detail, failure.status, failure.again, failure.retry_after) from None
            finally:  # counted from the response, so the distance holds at the API however slow the network is
                self._pace.postpone(self._origin, self._distance)
        return self._cleaned(replace(response, final_url=plain))

    def close(self) -> None:
        """As `Transport.close`."""
        self._inner.close()
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self._log)

    def _log(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._without(record.getMessage()), ()
        return True

    def _without(self, text: str) -> str:
        return self._text.sub(HIDDEN, text)

    def _cleaned(self, response: Response) -> Response:
        """The response without the key; without a body unless its status is 200."""
        headers = tuple((name, self._without(value)) for name, value in response.headers)
        reason = self._without(response.reason)
        if response.status != 200:
            return replace(response, reason=reason, headers=headers, body=b"", data=b"")
        if not self._bytes.search(response.data):
            return replace(response, reason=reason, headers=headers)
        data = self._bytes.sub(HIDDEN.encode(), response.data)
        headers = tuple(
            (f"X-Archive-Orig-{name}" if name.lower() in _FRAMING else name, value) for name, value in headers
        )
        return replace(response, reason=reason, headers=headers, body=data, data=data)
