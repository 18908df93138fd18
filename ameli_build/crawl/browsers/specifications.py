"""Section 3.1, appendix: the click that makes a product page show its specifications."""

from __future__ import annotations

from selenium.common.exceptions import JavascriptException, WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver

from ameli_build.crawl.browsers.browser import BROWSER_ERRORS, Browser, told
from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.crawl.fetching.throttle import Throttle

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
COVERS = ("#survey_invite_no", "[role='dialog'][aria-modal='true'] [aria-label^='close' i]", ".c-modal-close-icon")
"""What declines or closes whatever covers a page: the shop's survey, modal windows."""

CALM_SECONDS = 0.2
"""Rows that come one by one come faster than this."""

_UNLOADED_TRIES = 3

_OPEN = """
const [buttons, rows, covers, limit, calm, done] = arguments;
window.open = window.prompt = () => null;
window.alert = () => undefined;
window.confirm = () => false;
const start = performance.now();
let shown = 0, presses = 0, pressed = 0, loaded = Infinity, before = '', changed = 0;

function press() {
  if (!presses) document.querySelectorAll(covers).forEach(one => one.click());
  window.scrollTo(0, document.body ? document.body.scrollHeight : 0);
  const found = Array.from(document.querySelectorAll(buttons));
  const button = found.find(one => /specification/i.test(one.textContent)) || found[0];
  if (!button || (presses && button.getAttribute('aria-expanded') === 'true')) return false;
  button.scrollIntoView({block: 'center'});
  button.click();
  return true;
}

function count() {
  const all = Array.from(document.querySelectorAll(rows));
  const state = all.length + ' ' + all.reduce((sum, one) => sum + one.textContent.length, 0);
  if (state !== before) [before, changed] = [state, performance.now()];
  return all.length;
}

function step() {
  if (location.protocol === 'chrome-error:') return done(['browser', '']);
  const number = count(), now = performance.now();
  const end = kind => done([kind, kind ? '' : '<!DOCTYPE html>' + document.documentElement.outerHTML]);
  if (!presses) {
    shown = number;
    if (press()) [presses, pressed] = [1, now];
    loaded = document.readyState === 'complete' ? Math.min(loaded, now) : Infinity;
    if (!presses && now > Math.min(start + limit, loaded + limit / 4)) return end('no_button');
  } else if (number > shown && now - changed >= calm) {
    return end('');
  } else if (now - pressed > limit) {
    return end(number ? '' : 'no_rows');
  } else if (number <= shown && now - pressed > presses * limit / 3) {
    presses += 1;
    press();
  }
  setTimeout(step, 20);
}
step();
"""
"""Waits inside the page, for a button and then for rows: what it is asked through the driver costs time.

A survey or modal window that covers the page is closed first. A page that has loaded completely gets a quarter of the
time to bring its button. The button is pressed again where the page's script was not listening yet. The rows are all
there when they have become more than before the click, and their number and text have not changed for a while; rows
that were there before and do not become more in all the time are taken as they are.
"""

_DETAILS = {
    "no_button": "no specification button within {:g} s",
    "browser": "the page could not be loaded",
    "no_rows": "no specification rows within {:g} s of the click",
}


class ClickFailed(Exception):
    """A page whose specifications could not be opened; `kind` is `no_button`, `no_rows` or `browser`."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Clicker:
    """Opens product pages in the browsers of a pool and clicks; for many threads."""

    def __init__(self, pool: BrowserPool, throttle: Throttle, timeout: float) -> None:
        self._pool = pool
        self._throttle = throttle
        self._timeout = timeout

    def click(self, url: str, host: str) -> str:
        """The page at `url` as it stands once its specifications are open.

        A page that fails is tried again in a fresh browser. Raises `ClickFailed`, and `RunFailed` when there is no
        browser.
        """
        try:
            return self._once(url, host, fresh=False)
        except ClickFailed:
            return self._once(url, host, fresh=True)

    def _once(self, url: str, host: str, fresh: bool) -> str:
        with self._throttle.turn(host), self._pool.borrow(fresh) as browser:
            try:
                kind, html = self._opened(browser, url)
            except BROWSER_ERRORS as error:
                browser.close()
                self._pool.check()
                raise ClickFailed("browser", told(error)[:200]) from None
            if kind:
                browser.close()
                raise ClickFailed(kind, _DETAILS[kind].format(self._timeout))
        return html

    def _opened(self, browser: Browser, url: str) -> tuple[str, str]:
        """(kind of failure or "", HTML) of a page that was clicked."""
        driver = browser.open(url)
        for _ in range(_UNLOADED_TRIES):
            try:
                found = self._in_page(driver)
            except JavascriptException as error:
                if "unloaded" not in (error.msg or ""):  # the page has gone elsewhere by itself: look there
                    raise
            else:
                browser.tidy()
                return found
        raise WebDriverException("the page does not stay")

    def _in_page(self, driver: WebDriver) -> tuple[str, str]:
        selectors = (", ".join(BUTTONS), ", ".join(ROWS), ", ".join(COVERS))
        kind, html = driver.execute_async_script(_OPEN, *selectors, self._timeout * 1000, CALM_SECONDS * 1000)
        return str(kind), str(html)
