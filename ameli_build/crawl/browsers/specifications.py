"""Section 3.1, appendix: the click that opens the specifications of a product page."""

from __future__ import annotations

from selenium.common.exceptions import JavascriptException, WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver

from ameli_build.crawl.browsers.browser import BROWSER_ERRORS, Browser, one_line
from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.crawl.fetching.failures import TOO_MANY_REQUESTS
from ameli_build.crawl.fetching.throttle import Throttle
from ameli_build.shops.base import Click

CALM_SECONDS = 1.0
"""A sheet is complete once it has not changed for this time, and for twice the longest gap between two rows."""

_CALM_SHARE = 0.25
"""Upper bound of the calm time, as a share of the click timeout."""

_UNLOADED_TRIES = 3
_NOTHING = ":not(*)"
"""A selector that finds nothing; an empty selector is an error."""

_OPEN = """
const [buttons, rows, covers, word, limit, calm, done] = arguments;
window.open = window.prompt = () => null;
window.alert = () => undefined;
window.confirm = () => false;
const start = performance.now();
const waits = /^\\s*(loading|please wait|one moment|just a moment|fetching)\\b.{0,40}$/i;
let shown = 0, presses = 0, pressed = 0, loaded = Infinity, before = '', changed = 0, gap = 0, came = 0, pending = 0;

const fetched = window.fetch, send = XMLHttpRequest.prototype.send;
window.fetch = function (...args) {
  pending += 1;
  const answer = fetched.apply(this, args);
  answer.then(one => one.clone().text()).catch(() => null).finally(() => { pending -= 1; });
  return answer;
};
XMLHttpRequest.prototype.send = function (...args) {
  pending += 1;
  this.addEventListener('loadend', () => { pending -= 1; });
  return send.apply(this, args);
};
function awaitScript(node) {
  if (node.tagName !== 'SCRIPT' || !node.src) return;
  pending += 1;
  for (const end of ['load', 'error']) node.addEventListener(end, () => { pending -= 1; });
}
new MutationObserver(changes => changes.forEach(one => one.addedNodes.forEach(awaitScript)))
  .observe(document, {childList: true, subtree: true});

function press() {
  if (!presses) document.querySelectorAll(covers).forEach(one => one.click());
  window.scrollTo(0, document.body ? document.body.scrollHeight : 0);
  const found = Array.from(document.querySelectorAll(buttons));
  const button = found.find(one => one.textContent.toLowerCase().includes(word)) || found[0];
  if (!button || (presses && button.getAttribute('aria-expanded') === 'true')) return false;
  button.scrollIntoView({block: 'center'});
  button.click();
  return true;
}

const isWaiting = one => waits.test(one.textContent) || one.closest('[aria-busy="true"]') !== null;

function count() {
  const all = Array.from(document.querySelectorAll(rows)), there = all.filter(one => !isWaiting(one));
  const state = there.length + ' ' + all.length + ' ' + all.reduce((sum, one) => sum + one.textContent.length, 0);
  if (state !== before) {
    const now = performance.now();
    if (came) gap = Math.max(gap, now - came);
    if (presses && there.length > shown) came = now;
    [before, changed] = [state, now];
  }
  return [there.length, all.length > there.length];
}

function step() {
  if (location.protocol === 'chrome-error:') return done(['browser', '']);
  const [number, waiting] = count(), now = performance.now(), quiet = now - changed;
  const settled = !waiting && quiet >= Math.max(calm, Math.min(2 * gap, limit / 2));
  const end = kind => done([kind, '<!DOCTYPE html>' + document.documentElement.outerHTML]);
  if (!presses) {
    shown = number;
    if (press()) [presses, pressed] = [1, now];
    loaded = document.readyState === 'complete' ? Math.min(loaded, now) : Infinity;
    if (!presses && now > Math.min(start + limit, loaded + limit / 4)) return end('no_button');
  } else if (number > shown && settled && !pending) {
    return end('');
  } else if (now - pressed > (number > shown && !settled ? 2 * limit : limit)) {
    return end(!number && !waiting ? 'no_rows' : settled ? '' : 'not_whole');
  } else if (number <= shown && now - pressed > presses * limit / 3) {
    presses += 1;
    press();
  }
  setTimeout(step, 20);
}
step();
"""
"""Script that waits inside the page for the button, then for the rows, since each query through the driver is slow.

It first closes a survey or dialog that covers the page. The button has to appear within a quarter of the timeout after
the page has loaded. It is pressed again if no rows come, because the page's script may not have been listening. The
sheet is complete when there are more rows than before the click, no row is still loading, their number and text have
been stable for a while, and no request is pending. At the timeout, pending requests no longer count; rows that still
change make the sheet incomplete; rows that were there before the click, without new rows, are accepted.
"""

_DETAILS = {
    "no_button": "no specification button within {:g} s",
    "browser": "the page could not be loaded",
    "no_rows": "no specification rows within {:g} s of the click",
    "not_whole": "specification rows still changed {:g} s after the click",
}


class ClickFailed(Exception):
    """The specifications of a page could not be opened; `html` is the page, if any.

    `kind` is `no_button`, `no_rows`, `not_whole`, `too_many_requests` or `browser`.
    """

    def __init__(self, kind: str, detail: str, html: str = "") -> None:
        super().__init__(detail)
        self.kind = kind
        self.html = html


class Clicker:
    """Opens product pages in the browsers of a pool, and clicks. Safe for threads."""

    def __init__(self, pool: BrowserPool, throttle: Throttle, timeout: float, how: Click) -> None:
        self._pool = pool
        self._throttle = throttle
        self._timeout = timeout
        self._how = how

    def click(self, url: str, host: str) -> str:
        """The HTML of the page at `url` with open specifications.

        After a failure, the page is tried again in a fresh browser, unless it made too many requests.

        Raises:
            ClickFailed: Both tries failed.
            RunFailed: No browser can be started.
        """
        try:
            return self._once(url, host, fresh=False)
        except ClickFailed as failure:
            if failure.kind == TOO_MANY_REQUESTS:
                raise
            return self._once(url, host, fresh=True)

    def _once(self, url: str, host: str, fresh: bool) -> str:
        with self._throttle.turn(host), self._pool.borrow(fresh) as browser:
            try:
                kind, html = self._opened(browser, url)
            except BROWSER_ERRORS as error:
                browser.close()
                self._pool.check()
                if browser.too_many:
                    raise ClickFailed(TOO_MANY_REQUESTS, browser.too_many) from None
                raise ClickFailed("browser", one_line(error)[:200]) from None
            if kind:
                browser.close()
                raise ClickFailed(kind, _DETAILS[kind].format(self._timeout), html)
        return html

    def _opened(self, browser: Browser, url: str) -> tuple[str, str]:
        """(kind of failure or "", HTML) of a page after the click."""
        driver = browser.open(url)
        for _ in range(_UNLOADED_TRIES):
            try:
                found = self._in_page(driver)
            except JavascriptException as error:
                if "unloaded" not in (error.msg or ""):  # the page has navigated elsewhere: try there
                    raise
            else:
                browser.tidy()
                return found
        raise WebDriverException("the page navigates again and again")

    def _in_page(self, driver: WebDriver) -> tuple[str, str]:
        how = self._how
        selectors = (", ".join(names) or _NOTHING for names in (how.buttons, how.rows, how.covers))
        calm = min(CALM_SECONDS, _CALM_SHARE * self._timeout)
        kind, html = driver.execute_async_script(_OPEN, *selectors, how.word, self._timeout * 1000, calm * 1000)
        return str(kind), str(html)
