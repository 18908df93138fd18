"""Section 3.1, appendix: the click that makes a product page show its specifications."""

from __future__ import annotations

from selenium.common.exceptions import JavascriptException, WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver

from ameli_build.crawl.browsers.browser import BROWSER_ERRORS, Browser, told
from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.crawl.fetching.failures import TOO_MANY_REQUESTS
from ameli_build.crawl.fetching.throttle import Throttle
from ameli_build.shops.base import Click

CALM_SECONDS = 1.0
"""A sheet is whole once nothing of it changes for so long, and for twice the longest gap between two of its rows."""

_CALM_SHARE = 0.25
"""Of the time for a click, where that is so short that this is less."""

_UNLOADED_TRIES = 3
_NOTHING = ":not(*)"
"""A selector that finds nothing; an empty one is an error."""

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
"""Waits inside the page, for a button and then for rows: what it is asked through the driver costs time.

A survey or modal window that covers the page is closed first. A page that has loaded completely gets a quarter of the
time to bring its button. The button is pressed again where the page's script was not listening yet. The rows are all
there when they have become more than before the click, none of them says that it is still loading, their number and
text have not changed for a while, and the page waits for no answer; a request that never ends does not count once all
the time is over. Rows that still change then are not the whole sheet. Rows that were there before and do not become
more in all the time are taken as they are.
"""

_DETAILS = {
    "no_button": "no specification button within {:g} s",
    "browser": "the page could not be loaded",
    "no_rows": "no specification rows within {:g} s of the click",
    "not_whole": "specification rows still came {:g} s and more after the click",
}


class ClickFailed(Exception):
    """A page whose specifications could not be opened, and its HTML, where there is any.

    `kind` is `no_button`, `no_rows`, `not_whole`, `too_many_requests` or `browser`.
    """

    def __init__(self, kind: str, detail: str, html: str = "") -> None:
        super().__init__(detail)
        self.kind = kind
        self.html = html


class Clicker:
    """Opens product pages in the browsers of a pool and clicks; for many threads."""

    def __init__(self, pool: BrowserPool, throttle: Throttle, timeout: float, how: Click) -> None:
        self._pool = pool
        self._throttle = throttle
        self._timeout = timeout
        self._how = how

    def click(self, url: str, host: str) -> str:
        """The page at `url` as it stands once its specifications are open.

        A page that fails is tried again in a fresh browser, unless it asked too often. Raises `ClickFailed`, and
        `RunFailed` when there is no browser.
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
                raise ClickFailed("browser", told(error)[:200]) from None
            if kind:
                browser.close()
                raise ClickFailed(kind, _DETAILS[kind].format(self._timeout), html)
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
        how = self._how
        selectors = (", ".join(names) or _NOTHING for names in (how.buttons, how.rows, how.covers))
        calm = min(CALM_SECONDS, _CALM_SHARE * self._timeout)
        kind, html = driver.execute_async_script(_OPEN, *selectors, how.word, self._timeout * 1000, calm * 1000)
        return str(kind), str(html)
