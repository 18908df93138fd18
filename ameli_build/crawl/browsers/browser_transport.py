"""Requests carried out by a plain browser, for shops that answer nothing else."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.remote.webdriver import WebDriver

from ameli_build.archive.records import Response
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.browsers.browser import BROWSER_ERRORS, Browser, command, told
from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.crawl.browsers.request_log import Hop, Visit, original_bytes
from ameli_build.crawl.fetching.failures import TOO_MANY_REQUESTS, FetchFailed
from ameli_build.crawl.fetching.transport import Transport

KINDS = ("page", "listing", "reviews")
MARK = ("X-Archive-Transport", "browser; the body without its content encoding")
"""Stands in the archive among the headers of what a browser fetched."""

_LOG_SECONDS = 5.0
_POLL_SECONDS = 0.02


class BrowserTransport:
    """Pages, review JSON and the site's robots.txt by way of a browser; all else by `http`.

    The browser names itself by the crawl's user agent and tries to pass for nothing that it is not. Status, headers
    (without cookies) and the body are those that it was served, not what its scripts made of the page. It follows
    redirects by itself: they are told one by one, as if they had been asked for one by one, and what lies behind one
    that is not allowed is not
    taken. Conditional requests are asked without their condition. A body counts as too large once it is there.
    """

    def __init__(self, http: Transport, pool: BrowserPool, settings: CrawlSettings) -> None:
        self._http = http
        self._pool = pool
        self._settings = settings
        self._site = urlsplit(pool.addresses.site_url).netloc
        self._ahead = _Ahead()

    def get(self, url: str, target: str, kind: str, headers: Mapping[str, str]) -> Response:
        """As `Transport.get`."""
        if kind not in KINDS and not (kind == "robots" and urlsplit(target).netloc == self._site):
            return self._http.get(url, target, kind, headers)
        waiting, self._ahead.responses = self._ahead.responses, []
        if not waiting or (waiting[0].url, waiting[0].final_url) != (url, target):
            waiting = self._fetched(url, target)
        self._ahead.responses = waiting[1:]
        return waiting[0]

    def close(self) -> None:
        """As `Transport.close`; the browsers are the pool's."""
        self._http.close()

    def _fetched(self, url: str, target: str) -> list[Response]:
        """The answers of an address and of where it led: redirects, then the last one unless it did not come."""
        with self._pool.borrow() as browser:
            try:
                visit, data = self._visit(browser, target)
            except BROWSER_ERRORS as error:
                browser.close()
                self._pool.check()
                if browser.too_many:
                    raise FetchFailed(TOO_MANY_REQUESTS, browser.too_many) from None
                kind = "deadline" if isinstance(error, TimeoutException) else "browser"
                raise FetchFailed(kind, told(error)[:200], again=True) from None
        starts = [target, *(hop.location for hop in visit.hops)]
        answers = [_redirect(url, start, hop) for start, hop in zip(starts, visit.hops, strict=False)]
        if visit.response is not None and data is not None:
            head, status = visit.response, visit.response["status"]
            pairs = (*visit.headers, MARK)
            answers.append(Response(url, starts[-1], status, head["statusText"], pairs, data, data))
        elif not answers:
            raise visit.failure()
        return answers

    def _visit(self, browser: Browser, target: str) -> tuple[Visit, bytes | None]:
        """Where an address led and the body it gave; None for the body where no whole answer came."""
        visit = self._went(browser, target)
        if visit.response is not None and visit.response.get("fromDiskCache"):  # it is the shop that was asked
            command(browser.driver, "Network.clearBrowserCache", {})
            visit = self._went(browser, target)
        if visit.response is None:
            return visit, None
        self._check_peer(visit)
        if visit.response["status"] != 200:
            return visit, b""
        if visit.error:
            if "ABORTED" in visit.error:
                raise FetchFailed(
                    "wrong_type", f"{visit.response['mimeType']}: not shown by a browser", 200, again=True
                )
            return visit, None
        return visit, self._body(browser.driver, visit)

    def _went(self, browser: Browser, target: str) -> Visit:
        """Open an address, and read the browser's log until the document is there."""
        browser.log()
        try:
            browser.open(target)
        except WebDriverException as error:
            if "net::ERR_" not in (error.msg or ""):  # that, the log tells better
                raise
        visit, frame = Visit(), browser.driver.current_window_handle
        end = time.monotonic() + _LOG_SECONDS
        visit.add(browser.log(), frame)
        while not visit.finished and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
            visit.add(browser.log(), frame)
        return visit

    def _check_peer(self, visit: Visit) -> None:
        """The map of names keeps pages where they may be; this looks at where the document really came from."""
        parts = urlsplit(visit.url)
        address = str((visit.response or {}).get("remoteIPAddress", "")).strip("[]")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if not address or not self._pool.addresses.may_connect(parts.hostname or "", port, address):
            raise FetchFailed("forbidden_address", f"{parts.hostname} leads to {address or 'nowhere'}")

    def _body(self, driver: WebDriver, visit: Visit) -> bytes:
        limit = self._settings.max_page_bytes
        if visit.size > limit:
            raise FetchFailed("too_large", f"more than {limit:,} bytes", 200)
        answer = command(driver, "Network.getResponseBody", {"requestId": visit.request})
        if answer["base64Encoded"]:
            data = base64.b64decode(answer["body"])
        else:
            data = original_bytes(answer["body"], str(driver.execute_script("return document.characterSet")))
        if len(data) > limit:
            raise FetchFailed("too_large", f"more than {limit:,} bytes", 200)
        return data


class _Ahead(threading.local):
    """Answers that a thread's browser has already got beyond the redirect that was told last."""

    def __init__(self) -> None:
        self.responses: list[Response] = []


def _redirect(url: str, start: str, hop: Hop) -> Response:
    return Response(url, start, hop.status, hop.reason, (*hop.headers, MARK), b"", b"")
