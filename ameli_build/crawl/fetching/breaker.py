"""What becomes of a host that refuses again and again, or does not answer any more."""

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
"""Back-offs that the first wait for a host lasts which is down; each later one lasts twice as long."""
_LOOK_SECONDS = 0.2


@dataclass(slots=True)
class _State:
    """How one host does.

    `refusals` and `failures` are in a row; so are `others`, addresses with another page there, by what was asked for.
    `since` is the moment of the first failure after the last answer, `until`
    the one when a host that is down is asked again (None for one that is not), `waits` how often it was waited for.
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
    """Counts what hosts do, and says when to wait for one and when to give it up; may be used by many threads.

    A host that refuses `crawl.max_forbidden` times in a row, or gives other pages for as many addresses in a row, is
    given up: asking on would be hammering. One that fails `crawl.max_failures` times in a row is down: it is left alone
    for longer and longer, with one request after each wait to see how it does, and given up after `crawl.max_outage`
    seconds without an answer. Giving up a host that `spare` says the crawl can do without fails its own requests;
    giving up any other ends the crawl.
    """

    def __init__(
        self,
        settings: CrawlSettings,
        spare: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = say,
    ) -> None:
        self._settings = settings
        self._spare = spare
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._states: dict[str, _State] = {}
        self._end: RunFailed | None = None

    def wait(self, host: str) -> float | None:
        """None when a host may be asked, else seconds to wait before this is called again.

        0.0 means: find out whether the host is up, and tell `probed`; one caller at a time gets that. Raises as
        `check`.
        """
        if not self.is_down(host):
            return None
        with self._lock:
            state = self._states[host]
            if state.until is None:
                return None
            if state.probing:
                return _LOOK_SECONDS
            left = state.until - self._clock()
            state.probing = left <= 0
            return max(0.0, left)

    def check(self, host: str) -> None:
        """Raise `Refused` or `Outage` when the crawl is over, `FetchFailed` (`host_given_up`) when a host is."""
        if self._end is not None:
            raise self._end
        state = self._states.get(host)
        if state is not None and state.given_up:
            raise FetchFailed(GIVEN_UP, state.given_up)

    def is_down(self, host: str) -> bool:
        """Whether a host is left alone now; raises as `check`."""
        self.check(host)
        state = self._states.get(host)
        return state is not None and state.until is not None

    def probed(self, host: str, up: bool) -> None:
        """Tell whether a host that was down answers again."""
        with self._lock:
            state = self._states[host]
            state.probing = False
            if not up:
                self._open(host, state, "still no answer")
                return
            state.until = None
            state.failures = 0
        self._tell(f"crawl: {host} answers again")

    def failed(self, host: str, kind: str, url: str) -> None:
        """Count a request that brought no answer, or one that only a host in trouble gives."""
        with self._lock:
            state = self._states.setdefault(host, _State())
            state.failures += 1
            if state.since is None:
                state.since = self._clock()
            if state.failures >= self._settings.max_failures and state.until is None:
                self._open(host, state, f"{state.failures} failures in a row, the last ({kind}) for {url}")

    def answered(self, host: str) -> None:
        """Note that a host is up, whatever it said."""
        state = self._states.get(host)
        if state is not None and state.since is not None:
            with self._lock:
                state.failures = state.waits = 0
                state.since = state.until = None

    def refused(self, host: str, kind: str, url: str, advice: str = "") -> None:
        """Count a refusal; raises as `check` when it is one too many. `advice` says what else may help."""
        settings = self._settings
        with self._lock:
            state = self._states.setdefault(host, _State())
            state.refusals += 1
            if state.refusals >= settings.max_forbidden and not state.given_up:
                self._give_up(
                    host,
                    state,
                    f"{host}: {state.refusals} refusals in a row, the last ({kind}) for {url}",
                    f"crawl stopped so as not to hammer; {advice}wait some hours, lower crawl.rate"
                    f" (now {settings.rate:g}), then run the same command to go on",
                    Refused,
                )
        self.check(host)

    def other_page(self, host: str, wanted: str, kind: str, url: str) -> None:
        """Count an address where another page stands than the one that was `wanted`; raises as `check`."""
        settings = self._settings
        with self._lock:
            state = self._states.setdefault(host, _State())
            state.others[wanted] += 1
            if state.others[wanted] >= settings.max_forbidden and not state.given_up:
                self._give_up(
                    host,
                    state,
                    f"{host}: {state.others[wanted]} answers in a row are not the {wanted} that was asked for, the last"
                    f" ({kind}) for {url}",
                    "crawl stopped so as not to hammer; look at one of these pages; everything so far is kept: run the"
                    " same command to go on",
                    Refused,
                )
        self.check(host)

    def accepted(self, host: str, wanted: str = "") -> None:
        """Note that a host gave what was asked for."""
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
            advice = "crawl stopped; everything so far is kept: run the same command to go on"
            self._give_up(host, state, f"{host}: out of order for {minutes} ({reason})", advice, Outage)
            return
        seconds = min(_FIRST_WAIT * settings.backoff * 2.0 ** min(state.waits, 60), settings.retry_after_ceiling)
        state.waits += 1
        state.until = now + seconds
        self._tell(f"crawl: {host}: {reason}; asked again in {seconds:.0f} s")

    def _give_up(self, host: str, state: _State, reason: str, advice: str, failure: type[RunFailed]) -> None:
        state.given_up = reason
        if self._spare(host):
            self._tell(f"crawl: {reason}; nothing more is asked of this host: the next run asks for the rest")
        else:
            self._end = failure(f"{reason}; {advice}")
