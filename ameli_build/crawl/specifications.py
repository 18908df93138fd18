"""Section 3.1, appendix: the click that makes a product page show its specifications."""

from __future__ import annotations

import math
import threading
import time

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver
from urllib3.exceptions import HTTPError

from ameli_build.crawl.browser import Browser
from ameli_build.crawl.throttle import Throttle

BUTTONS = (
    ".shop-specifications button",
    ".shop-mp-specifications button",
    "button.show-full-specs-btn",
    "div.v-border-bottom button[data-testid='brix-button']",
)
ROWS = (
    ".spec-categories .specifications-list .list-item",
    ".specifications-list .list-item",
    "ul.zebra-stripe-list li.zebra-list-item",
    "div.inline-flex.w-full.body-copy-lg > div.font-weight-medium",
)
POLL_SECONDS = 0.05
CALM_SECONDS = 0.2
"""Rows that come one by one come faster than this."""

_CLICK = """
const survey = document.querySelector('#survey_invite_no');
if (survey) survey.click();
window.scrollTo(0, document.body.scrollHeight);
const buttons = Array.from(document.querySelectorAll(arguments[0]));
const button = buttons.find(one => /specification/i.test(one.textContent)) || buttons[0];
if (!button) return document.readyState;
button.scrollIntoView({block: 'center'});
button.click();
return 'clicked';
"""
_COUNT = "return document.querySelectorAll(arguments[0]).length"
_SOURCE = "return '<!DOCTYPE html>' + document.documentElement.outerHTML"


class ClickFailed(Exception):
    """A page whose specifications could not be opened; `kind` is `no_button`, `no_rows` or `browser`."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Clicker:
    """Opens product pages in one browser and clicks; threads take turns."""

    def __init__(self, browser: Browser, throttle: Throttle, timeout: float) -> None:
        self._browser = browser
        self._throttle = throttle
        self._timeout = timeout
        self._lock = threading.Lock()

    def click(self, url: str, host: str) -> str:
        """The page at `url` as it stands once its specifications are open.

        A page is tried twice, the second time in a fresh browser. Raises `ClickFailed`, and `RunFailed` when there is
        no browser.
        """
        with self._lock:
            try:
                return self._once(url, host)
            except ClickFailed as failure:
                if failure.kind == "browser":
                    self._browser.close()
            return self._once(url, host)

    def close(self) -> None:
        """End the browser."""
        with self._lock:
            self._browser.close()

    def _once(self, url: str, host: str) -> str:
        self._throttle.wait(host)
        try:
            driver = self._browser.open(url)
            shown = self._rows(driver)
            self._press(driver)
            self._await_rows(driver, shown)
            return str(driver.execute_script(_SOURCE))
        except (WebDriverException, HTTPError, OSError) as error:
            self._browser.close()
            text = " ".join(str(getattr(error, "msg", None) or error).split())[:200]
            raise ClickFailed("browser", text) from None

    def _press(self, driver: WebDriver) -> None:
        """Click the button as soon as there is one; a survey that covers the page is declined first.

        A page that has loaded completely gets a quarter of the time to bring its button.
        """
        end = time.monotonic() + self._timeout
        loaded = math.inf
        while (state := driver.execute_script(_CLICK, ", ".join(BUTTONS))) != "clicked":
            now = time.monotonic()
            loaded = min(loaded, now) if state == "complete" else math.inf
            if now > min(end, loaded + self._timeout / 4):
                raise ClickFailed("no_button", f"no specification button within {self._timeout:g} s")
            self._throttle.pause(POLL_SECONDS)

    def _rows(self, driver: WebDriver) -> int:
        return int(driver.execute_script(_COUNT, ", ".join(ROWS)))

    def _await_rows(self, driver: WebDriver, shown: int) -> None:
        """Wait until there are more rows than were `shown` before the click, and their number has settled.

        Rows that were there before and do not become more in all the time are taken as they are.
        """
        start = changed = time.monotonic()
        presses = 1
        before = 0
        while True:
            count = self._rows(driver)
            now = time.monotonic()
            changed = changed if count == before else now
            if count > shown and now - changed >= CALM_SECONDS:
                return
            waited = now - start
            if waited > self._timeout:
                if count:
                    return
                raise ClickFailed("no_rows", f"no specification rows within {self._timeout:g} s of the click")
            if count <= shown and waited > presses * self._timeout / 3:  # the page's script was not listening yet
                presses += 1
                self._press(driver)
            before = count
            self._throttle.pause(POLL_SECONDS)
