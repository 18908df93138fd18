"""Requests by a browser, for shops that serve nothing else."""

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
from ameli_build.crawl.browsers.browser import BROWSER_ERRORS, Browser, command, one_line
from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.crawl.browsers.request_log import Hop, Navigation, original_bytes
from ameli_build.crawl.fetching.failures import TOO_MANY_REQUESTS, FetchFailed
from ameli_build.crawl.fetching.transport import Transport

KINDS = ("page", "listing", "reviews")
MARK = ("X-Archive-Transport", "browser; the body without its content encoding")
"""Header of archived responses that a browser fetched."""

_LOG_SECONDS = 5.0
_POLL_SECONDS = 0.02


class BrowserTransport:
    """Fetches pages, review JSON and the site's robots.txt by a browser, everything else by `http`.

    The browser sends the crawl's user agent and disguises nothing. Status, headers (without cookies) and body are as
    served, before any script ran. The browser follows redirects itself. Each redirect is returned as a separate
    response; the first URL that is not allowed ends the chain. Conditional requests are sent without their condition.
    The size limit applies to the complete body.
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
        responses, self._ahead.responses = self._ahead.responses, []
        if not responses or (responses[0].url, responses[0].final_url) != (url, target):
            responses = self._fetched(url, target)
        self._ahead.responses = responses[1:]
        return responses[0]

    def close(self) -> None:
        """As `Transport.close`; the browsers belong to the pool."""
        self._http.close()

    def _fetched(self, url: str, target: str) -> list[Response]:
        """The responses of a URL: its redirects, then the document if it came."""
        with self._pool.borrow() as browser:
            try:
                navigation, data = self._navigate(browser, target)
            except BROWSER_ERRORS as error:
                browser.close()
                self._pool.check()
                if browser.too_many:
                    raise FetchFailed(TOO_MANY_REQUESTS, browser.too_many) from None
                kind = "deadline" if isinstance(error, TimeoutException) else "browser"
                raise FetchFailed(kind, one_line(error)[:200], again=True) from None
        starts = [target, *(hop.location for hop in navigation.hops)]
        answers = [_redirect(url, start, hop) for start, hop in zip(starts, navigation.hops, strict=False)]
        if navigation.response is not None and data is not None:
            head, status = navigation.response, navigation.response["status"]
            pairs = (*navigation.headers, MARK)
            answers.append(Response(url, starts[-1], status, head["statusText"], pairs, data, data))
        elif not answers:
            raise navigation.failure()
        return answers

    def _navigate(self, browser: Browser, target: str) -> tuple[Navigation, bytes | None]:
        """The redirects and the document of a URL, and its body; None if the body is not complete."""
        navigation = self._opened(browser, target)
        if navigation.response is not None and navigation.response.get("fromDiskCache"):  # not the shop's answer
            command(browser.driver, "Network.clearBrowserCache", {})
            navigation = self._opened(browser, target)
        if navigation.response is None:
            return navigation, None
        self._check_peer(navigation)
        if navigation.response["status"] != 200:
            return navigation, b""
        if navigation.error:
            if "ABORTED" in navigation.error:
                raise FetchFailed(
                    "wrong_type", f"{navigation.response['mimeType']}: not shown by a browser", 200, again=True
                )
            return navigation, None
        return navigation, self._body(browser.driver, navigation)

    def _opened(self, browser: Browser, target: str) -> Navigation:
        """Open a URL, and read the browser's log until the document is complete."""
        browser.log()
        try:
            browser.open(target)
        except WebDriverException as error:
            if "net::ERR_" not in (error.msg or ""):  # the log has more details of such errors
                raise
        navigation, frame = Navigation(), browser.driver.current_window_handle
        end = time.monotonic() + _LOG_SECONDS
        navigation.add(browser.log(), frame)
        while not navigation.finished and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
            navigation.add(browser.log(), frame)
        return navigation

    def _check_peer(self, navigation: Navigation) -> None:
        """Raise `FetchFailed` if the document came from a forbidden address, in spite of the resolver rules."""
        parts = urlsplit(navigation.url)
        address = str((navigation.response or {}).get("remoteIPAddress", "")).strip("[]")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if not address or not self._pool.addresses.may_connect(parts.hostname or "", port, address):
            raise FetchFailed("forbidden_address", f"{parts.hostname} leads to {address or 'nowhere'}")

    def _body(self, driver: WebDriver, navigation: Navigation) -> bytes:
        limit = self._settings.max_page_bytes
        if navigation.size > limit:
            raise FetchFailed("too_large", f"more than {limit:,} bytes", 200)
        answer = command(driver, "Network.getResponseBody", {"requestId": navigation.request})
        if answer["base64Encoded"]:
            data = base64.b64decode(answer["body"])
        else:
            data = original_bytes(answer["body"], str(driver.execute_script("return document.characterSet")))
        if len(data) > limit:
            raise FetchFailed("too_large", f"more than {limit:,} bytes", 200)
        return data


class _Ahead(threading.local):
    """Responses that a thread's browser already has beyond the last returned redirect."""

    def __init__(self) -> None:
        self.responses: list[Response] = []


def _redirect(url: str, start: str, hop: Hop) -> Response:
    return Response(url, start, hop.status, hop.reason, (*hop.headers, MARK), b"", b"")
