"""A headless Chromium, on this machine or on a grid."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.webdriver import WebDriver
from urllib3.exceptions import HTTPError
from websocket import WebSocketException

from ameli_build.core.errors import Outage, RunFailed
from ameli_build.core.progress import say
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.browsers import driver_guard
from ameli_build.crawl.browsers.ceiling import Ceiling
from ameli_build.crawl.browsers.chromium import add_local, find_programs, make_options
from ameli_build.crawl.fetching.addresses import Addresses
from ameli_build.shops import shop_named

BROWSER_ERRORS = (WebDriverException, HTTPError, WebSocketException, OSError)
"""Errors of a browser that fails, has ended, or does not respond."""

LEAST_FILES = 256
"""Least limit of open files; a browser has several processes, each with pipes to the others."""

QUEUE_SECONDS = 400
"""Timeout of a new session, which a grid may queue until others have ended."""

_IDLE_SECONDS = 60.0
_CLEAR_SECONDS = 10.0
_SCRIPT_GRACE = 2.0
_ANSWER_GRACE = 10.0
"""Seconds after its own timeout at which a driver counts as dead."""

_MAX_FOLDER = 60
"""Longest path of a temporary folder: Chromium appends some 46 characters for sockets, whose paths have at most 107."""


class _SupervisedService(Service):
    """A chromedriver that ends with this process, with its browser and their folder.

    `driver_guard` ends them if this process is killed; this process ends them if `driver_guard` is killed.
    """

    def __init__(self, driver: str, folder: str) -> None:
        self._folder = folder
        self._watch: threading.Thread | None = None
        self._command = [driver_guard.__file__, folder, driver]
        super().__init__(executable_path=sys.executable, popen_kw={"start_new_session": True})

    def start(self) -> None:
        """As `Service.start`; a thread waits for the end of `driver_guard`."""
        try:
            super().start()
        finally:
            process = getattr(self, "process", None)
            if process is not None:
                self._watch = threading.Thread(target=self._clear_after, args=(process,), daemon=True)
                self._watch.start()

    def stop(self) -> None:
        """As `Service.stop`; also waits until all is removed."""
        super().stop()
        if self._watch is not None:
            self._watch.join(_CLEAR_SECONDS)

    def _clear_after(self, process: subprocess.Popen[bytes]) -> None:
        if process.wait() < 0:  # killed before it could clear
            driver_guard.clear(process.pid, self._folder)

    def command_line_args(self) -> list[str]:
        """Arguments of the interpreter."""
        return ["-E", "-S", *self._command, *super().command_line_args()]

    def send_remote_shutdown_command(self) -> None:
        """Do nothing: the request would use a proxy of the environment, and the following signal is enough."""


class Browser:
    """A browser for one thread at a time; any thread may `close` it.

    Its pages reach only hosts that the settings allow (`chromium.resolver_rules`).
    """

    def __init__(self, settings: CrawlSettings, addresses: Addresses) -> None:
        self.pages = 0
        self._settings = settings
        self._addresses = addresses
        self._driver: WebDriver | None = None
        self._ceiling: Ceiling | None = None
        self._used = 0.0
        self._lock = threading.Lock()
        by_browser = settings.transport == "browser"
        self._use = "crawl.transport=browser" if by_browser else "the specification click"
        self._without = f"or set crawl.{'transport=requests' if by_browser else 'specifications=json'} to do without"

    @property
    def running(self) -> bool:
        """Whether the browser is started and not closed."""
        return self._driver is not None

    @property
    def driver(self) -> WebDriver:
        """The WebDriver. Raises `WebDriverException` if the browser is closed, as it may be at any moment."""
        driver = self._driver
        if driver is None:
            raise WebDriverException("the browser is closed")
        return driver

    def start(self) -> None:
        """Start the browser. Raises `RunFailed` if it does not start; `Outage` for a remote browser."""
        try:
            driver = self._remote() if self._settings.browser_url else self._local()
        except BROWSER_ERRORS as error:
            why = ("" if self._settings.browser_url else _low_limit()) or one_line(error)
            raise self._failure(
                f"the browser for {self._use} does not start ({why}); see crawl.browser_url, {self._without}"
            ) from error
        self._driver, self.pages, self._used = driver, 0, time.monotonic()
        try:
            self._prepare(driver)
        except BROWSER_ERRORS as error:
            self.close()
            raise self._failure(f"the browser for {self._use} fails during its start ({one_line(error)})") from error

    @property
    def _failure(self) -> type[RunFailed]:
        return Outage if self._settings.browser_url else RunFailed

    @property
    def too_many(self) -> str:
        """The limit that the last page exceeded, which ended the browser; "" if it exceeded none."""
        return self._ceiling.broken if self._ceiling is not None else ""

    def open(self, url: str) -> WebDriver:
        """Load a page until its HTML is parsed; returns the driver."""
        driver = self.driver
        self.pages += 1
        self._used = time.monotonic()
        if self._ceiling is not None:
            self._ceiling.begin()
        driver.get(url)
        return driver

    def is_alive(self) -> bool:
        """Whether the browser responds; tested after idle time, since grids end idle sessions."""
        if time.monotonic() - self._used > _IDLE_SECONDS:
            try:
                _ = self.driver.title
            except BROWSER_ERRORS:
                return False
        return self.running

    def log(self) -> list[dict[str, Any]]:
        """New messages of the browser's performance log (with `crawl.transport = "browser"`)."""
        messages: list[dict[str, Any]] = self.driver.execute("getLog", {"type": "performance"})["value"]
        return messages

    def tidy(self) -> None:
        """Close all windows but the first."""
        driver = self.driver
        first, *others = driver.window_handles
        for other in others:
            driver.switch_to.window(other)
            driver.close()
        if others:
            driver.switch_to.window(first)

    def close(self) -> None:
        """End the browser; errors are ignored."""
        with self._lock:
            driver, self._driver = self._driver, None
            if driver is None:
                return
            if self._ceiling is not None:
                self._ceiling.close()
            with suppress(*BROWSER_ERRORS):
                if isinstance(driver, webdriver.Chrome):
                    driver.service.stop()  # kills, so no page can delay it
                else:
                    driver.quit()

    def _prepare(self, driver: WebDriver) -> None:
        settings = self._settings
        page = min(settings.read_timeout, settings.deadline)
        driver.set_page_load_timeout(page)
        script = 3 * settings.click_timeout + _SCRIPT_GRACE  # once for the button, twice for the rows
        driver.set_script_timeout(script)
        config: ClientConfig = driver.command_executor.client_config  # type: ignore[union-attr]
        config.timeout = max(page, script) + _ANSWER_GRACE
        command(driver, "Browser.setDownloadBehavior", {"behavior": "deny"})
        if cookie := shop_named(settings.shop).cookie:
            name, value = cookie
            command(driver, "Network.setCookie", {"name": name, "value": value, "url": self._addresses.site_url})
        self._ceiling = self._limited(driver)

    def _limited(self, driver: WebDriver) -> Ceiling | None:
        """The limit on a page's requests; None on a grid without access to its debugger."""
        debugger = _debugger(driver.capabilities)
        try:
            if debugger := _debugger(driver.capabilities):
                return Ceiling(debugger, self.close)
        except BROWSER_ERRORS:
            if not self._settings.browser_url:
                raise
        _warn_of_no_ceiling()
        return None

    def _remote(self) -> WebDriver:
        url = self._settings.browser_url
        config = ClientConfig(remote_server_addr=url, timeout=QUEUE_SECONDS)
        options = make_options(self._settings, self._addresses)
        return webdriver.Remote(url, options=options, client_config=config)

    def _local(self) -> WebDriver:
        binary, driver = find_programs()
        if binary is None or driver is None:
            missing = "Chromium" if binary is None else "chromedriver"
            raise RunFailed(
                f"{missing} is not on the PATH, and product pages need it for {self._use}: install it (Debian:"
                " apt-get install chromium chromium-driver), name a remote browser in crawl.browser_url,"
                f" {self._without}"
            )
        folder = _new_folder()
        options = make_options(self._settings, self._addresses)
        add_local(options, binary, f"{folder}/profile")
        return webdriver.Chrome(options=options, service=_SupervisedService(driver, folder))


def command(driver: WebDriver, name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The result of a command of Chromium's DevTools protocol, which grids forward."""
    answer: dict[str, Any] = driver.execute("executeCdpCommand", {"cmd": name, "params": values})["value"]
    return answer


def _debugger(capabilities: Mapping[str, Any]) -> str:
    """The URL of a browser's debugger, from the grid or from the profile of a local browser; "" if there is none."""
    profile = Path(capabilities.get("chrome", {}).get("userDataDir", ""), "DevToolsActivePort")
    if "se:cdp" in capabilities or not profile.is_file():
        return str(capabilities.get("se:cdp", ""))
    port, path = profile.read_text().split()
    return f"ws://127.0.0.1:{port}{path}"


@cache
def _warn_of_no_ceiling() -> None:
    """Warn once: the next browser of the same grid has no debugger either."""
    say(
        "warning: the debugger of the remote browser cannot be reached (crawl.browser_url, capability se:cdp): the"
        " number of requests of a page has no limit"
    )


def one_line(error: BaseException) -> str:
    """A browser's error as a line, without Selenium's links."""
    text = str(getattr(error, "msg", None) or error).partition("; For documentation on this error")[0]
    return " ".join(text.split())[:300]


def _low_limit() -> str:
    """The limit of this process that is too low for a browser; "" if none is."""
    files, space = (resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS))
    if files != resource.RLIM_INFINITY and files < LEAST_FILES:
        return f"only {files:,} files may be open, and it needs {LEAST_FILES:,}: ulimit -n"
    if space != resource.RLIM_INFINITY:
        return f"address space is limited to {space:,} bytes, and it reserves more than it uses: ulimit -v"
    return ""


def _new_folder() -> str:
    """The path of a browser's folder, which `driver_guard` makes and removes."""
    name = f"ameli-browser-{uuid.uuid4().hex[:12]}"
    folder = Path(tempfile.gettempdir(), name)
    return str(folder if len(str(folder)) <= _MAX_FOLDER else Path("/tmp", name))
