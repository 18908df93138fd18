"""A circuit breaker for hosts that refuse repeatedly or stop responding."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ameli_build.core.errors import Outage, Refused, RunFailed
from ameli_build.core.progress import say
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.fetching.failures import FetchFailed

GIVEN_UP = "host_given_up"
_FIRST_WAIT = 30.0
"""First wait for a host that is down, in multiples of `crawl.backoff`; doubled after each failed probe."""
_POLL_SECONDS = 0.2


@dataclass(slots=True)
class _State:
    """The state of a host.

    `refusals`, `failures` and `others` (URLs with a wrong page, by the requested kind) count consecutive events.
    `since` is the time of the first failure after the last response. `until` is the time of the next probe of a host
    that is down, else None. `waits` is the number of waits so far. `given_up` is the reason, "" while the host is in
    use.
    """

    refusals: int = 0
    others: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    since: float | None = None
    until: float | None = None
    waits: int = 0
    probing: bool = False
    given_up: str = ""


class Breaker:
    """Decides when to wait for a host and when to give it up. Safe for threads.

    A host is given up after `crawl.max_forbidden` refusals in a row, or as many URLs in a row with a wrong page. After
    `crawl.max_failures` failures in a row it is down: it is probed after longer and longer waits, and given up after
    `crawl.max_outage` seconds without a response. Giving up a host for which `spare` is true fails its own requests;
    giving up any other host ends the crawl.
    """

    def __init__(
        self,
        settings: CrawlSettings,
        spare: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
        log: Callable[[str], None] = say,
    ) -> None:
        self._settings = settings
        self._spare = spare
        self._clock = clock
        self._log = log
        self._lock = threading.Lock()
        self._states: dict[str, _State] = {}
        self._end: RunFailed | None = None

    def wait(self, host: str) -> float | None:
        """None if a host may be requested, else the seconds to wait before the next call.

        0.0 means that the caller has to probe the host and call `probed`; one caller at a time gets it. Raises as
        `check`.
        """
        if not self.is_down(host):
            return None
        with self._lock:
            state = self._states[host]
            if state.until is None:
                return None
            if state.probing:
                return _POLL_SECONDS
            seconds = state.until - self._clock()
            state.probing = seconds <= 0
            return max(0.0, seconds)

    def check(self, host: str) -> None:
        """Raise `Refused` or `Outage` if the crawl has to end, `FetchFailed` if the host is given up."""
        if self._end is not None:
            raise self._end
        state = self._states.get(host)
        if state is not None and state.given_up:
            raise FetchFailed(GIVEN_UP, state.given_up)

    def is_down(self, host: str) -> bool:
        """Whether a host is down; raises as `check`."""
        self.check(host)
        state = self._states.get(host)
        return state is not None and state.until is not None

    def probed(self, host: str, up: bool) -> None:
        """Record the result of a probe."""
        with self._lock:
            state = self._states[host]
            state.probing = False
            if not up:
                self._open(host, state, "still no response")
                return
            state.until = None
            state.failures = 0
        self._log(f"crawl: {host} responds again")

    def failed(self, host: str, kind: str, url: str) -> None:
        """Count a request without a response, or with the status of a host in trouble."""
        with self._lock:
            state = self._states.setdefault(host, _State())
            state.failures += 1
            if state.since is None:
                state.since = self._clock()
            if state.failures >= self._settings.max_failures and state.until is None:
                self._open(host, state, f"{state.failures} failures in a row, the last ({kind}) for {url}")

    def answered(self, host: str) -> None:
        """Record that a host has responded."""
        state = self._states.get(host)
        if state is not None and state.since is not None:
            with self._lock:
                state.failures = state.waits = 0
                state.since = state.until = None

    def refused(self, host: str, kind: str, url: str, advice: str = "") -> None:
        """Count a refusal; raises as `check` if there are too many. `advice` is added to the message."""
        settings = self._settings
        with self._lock:
            state = self._states.setdefault(host, _State())
            state.refusals += 1
            if state.refusals >= settings.max_forbidden and not state.given_up:
                self._give_up(
                    host,
                    state,
                    f"{host}: {state.refusals} refusals in a row, the last ({kind}) for {url}",
                    f"crawl stopped to spare the host; {advice}wait some hours, lower crawl.rate"
                    f" (now {settings.rate:g}), then run the same command to continue",
                    Refused,
                )
        self.check(host)

    def other_page(self, host: str, wanted: str, kind: str, url: str) -> None:
        """Count a URL with a page of another kind than `wanted`; raises as `check`."""
        settings = self._settings
        with self._lock:
            state = self._states.setdefault(host, _State())
            state.others[wanted] += 1
            if state.others[wanted] >= settings.max_forbidden and not state.given_up:
                self._give_up(
                    host,
                    state,
                    f"{host}: {state.others[wanted]} responses in a row are not the requested {wanted}, the last"
                    f" ({kind}) for {url}",
                    "crawl stopped to spare the host; look at one of these pages; nothing is lost: run the same command"
                    " to continue",
                    Refused,
                )
        self.check(host)

    def accepted(self, host: str, wanted: str = "") -> None:
        """Record that a host gave the requested content."""
        self.answered(host)
        state = self._states.get(host)
        if state is not None:
            state.refusals = 0
            state.others.pop(wanted, None)

    def _open(self, host: str, state: _State, reason: str) -> None:
        now, settings = self._clock(), self._settings
        outage = now - (now if state.since is None else state.since)
        if outage >= settings.max_outage:
            minutes = f"{outage / 60:.0f} minutes"
            advice = "crawl stopped; nothing is lost: run the same command to continue"
            self._give_up(host, state, f"{host}: down for {minutes} ({reason})", advice, Outage)
            return
        seconds = min(_FIRST_WAIT * settings.backoff * 2.0 ** min(state.waits, 60), settings.retry_after_ceiling)
        state.waits += 1
        state.until = now + seconds
        self._log(f"crawl: {host}: {reason}; next try in {seconds:.0f} s")

    def _give_up(self, host: str, state: _State, reason: str, advice: str, failure: type[RunFailed]) -> None:
        state.given_up = reason
        if self._spare(host):
            self._log(f"crawl: {reason}; no more requests to this host: the next run continues")
        else:
            self._end = failure(f"{reason}; {advice}")
