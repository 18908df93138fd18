"""A pool of browsers, shared by the threads of a crawl."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import say
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.browsers.browser import Browser
from ameli_build.crawl.fetching.addresses import Addresses
from ameli_build.crawl.fetching.throttle import Stopped

START_TRIES = 4
_CHECK_SECONDS = 0.2


class BrowserPool:
    """At most `crawl.browsers` browsers, each started on demand and used by one thread at a time.

    A browser is restarted after `crawl.pages_per_browser` pages, or if its user closed it. Once `stop` is set, all are
    killed, so no thread waits for a page.
    """

    def __init__(self, settings: CrawlSettings, addresses: Addresses, stop: threading.Event) -> None:
        self.addresses = addresses
        self._settings = settings
        self._stop = stop
        self._limit = settings.browsers
        self._browsers: list[Browser] = []
        self._free: list[Browser] = []
        self._condition = threading.Condition()
        self._started = False
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None

    @contextmanager
    def borrow(self, fresh: bool = False) -> Iterator[Browser]:
        """Wait for a running browser; with `fresh`, it has just been started.

        If the browser fails, its user closes it.

        Raises:
            RunFailed: No browser can be started.
            Stopped: The crawl is ending.
        """
        while True:
            browser = self._take()
            try:
                if self._ready(browser, fresh):
                    yield browser
                    return
            finally:
                self._give_back(browser)

    def check(self) -> None:
        """Raise `Stopped` once the crawl is ending: its browsers then fail because they were killed."""
        if self._stop.is_set():
            raise Stopped

    def close(self) -> None:
        """End all browsers."""
        self._closed.set()
        if self._watch is not None:
            self._watch.join()
        self._end_all()

    def _take(self) -> Browser:
        with self._condition:
            while not self._free:
                if self._stop.is_set() or self._closed.is_set():
                    raise Stopped
                if len(self._browsers) < self._limit:
                    self._add()
                else:
                    self._condition.wait(_CHECK_SECONDS)
            return self._free.pop()

    def _add(self) -> None:
        browser = Browser(self._settings, self.addresses)
        self._browsers.append(browser)
        self._free.append(browser)
        if self._watch is None:
            self._watch = threading.Thread(target=self._end_at_stop, name="crawl-browsers", daemon=True)
            self._watch.start()

    def _give_back(self, browser: Browser) -> None:
        with self._condition:
            if browser in self._browsers:
                self._free.append(browser)
            self._condition.notify()

    def _ready(self, browser: Browser, fresh: bool) -> bool:
        """Start a browser if needed; False if it cannot start while others run, so that the pool has dropped it."""
        worn = fresh or browser.pages >= self._settings.pages_per_browser
        if browser.running and not worn and browser.is_alive():
            return True
        browser.close()
        for number in range(1, START_TRIES + 1):
            try:
                browser.start()
            except RunFailed as failure:
                if not self._started or (number == START_TRIES and not self._spared(browser, failure)):
                    raise
                if number < START_TRIES and self._stop.wait(self._settings.backoff * 2 ** (number - 1)):
                    raise Stopped from None
            else:
                self._started = True
                if self._stop.is_set():
                    browser.close()
                    raise Stopped
                return True
        return False

    def _spared(self, browser: Browser, failure: RunFailed) -> bool:
        """Whether the crawl continues without this browser, because another browser runs."""
        with self._condition:
            if not any(other.running for other in self._browsers):
                return False
            self._browsers.remove(browser)
            self._limit -= 1
        say(f"crawl: continuing with {self._limit} browsers: {failure}")
        return True

    def _end_at_stop(self) -> None:
        while not self._closed.is_set():
            if self._stop.wait(_CHECK_SECONDS):
                self._end_all()
                return

    def _end_all(self) -> None:
        with self._condition:
            browsers = list(self._browsers)
        for browser in browsers:
            browser.close()
