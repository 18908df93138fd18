"""Helpers of the tests with a real browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.browsers.browser import Browser
from ameli_build.crawl.browsers.driver_guard import session_members
from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.crawl.browsers.specifications import Clicker
from ameli_build.crawl.fetching.addresses import Addresses
from ameli_build.crawl.fetching.throttle import Throttle
from ameli_build.shops.bestbuy.shop import CLICK


def settings_of(site_url: str = "http://127.0.0.1", **values: Any) -> CrawlSettings:
    """Settings of a crawl with short timeouts; without a `site_url`, for any port of 127.0.0.1."""
    fast = {"click_timeout": 2.0, "read_timeout": 10.0, "backoff": 0.001, "allow_loopback": True, "image_hosts": ()}
    return CrawlSettings(site_url=site_url, **(fast | values))


@contextmanager
def pool_of(settings: CrawlSettings, stop: threading.Event | None = None) -> Iterator[BrowserPool]:
    """A pool of browsers, closed after the block; skips the test where no browser is installed."""
    if shutil.which("chromedriver") is None and not settings.browser_url:
        pytest.skip("no chromedriver on the PATH")
    pool = BrowserPool(settings, Addresses(settings), stop or threading.Event())
    try:
        yield pool
    finally:
        pool.close()


def clicker_of(pool: BrowserPool, settings: CrawlSettings) -> Clicker:
    """A clicker without a limit of its rate."""
    return Clicker(pool, Throttle(1e4, threading.Event()), settings.click_timeout, CLICK)


def processes_of(browser: Browser) -> list[int]:
    """The processes of Chromium of a local browser, without its driver and supervisor."""
    members = session_members(int(browser.driver.service.process.pid))  # type: ignore[attr-defined]
    return [member for member in members if "/chromium" in _command(member) and "chromedriver" not in _command(member)]


def alive(session: int) -> list[int]:
    """The members of a session, without zombies."""
    return [member for member in session_members(session) if _state(member) not in ("Z", "")]


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
