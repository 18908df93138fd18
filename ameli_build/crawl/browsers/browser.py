"""One headless Chromium, here or on a grid."""

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
from ameli_build.crawl.browsers import driver_guard as supervise
from ameli_build.crawl.browsers.ceiling import Ceiling
from ameli_build.crawl.browsers.chromium import add_local, find_programs, make_options
from ameli_build.crawl.fetching.addresses import Addresses
from ameli_build.shops import shop_named

BROWSER_ERRORS = (WebDriverException, HTTPError, WebSocketException, OSError)
"""What a browser that fails, is gone, or does not answer shows itself as."""

LEAST_FILES = 256
"""That may be open; a browser has several processes, each with pipes to the others."""

QUEUE_SECONDS = 400
"""A grid may let a new session wait until others have ended."""

_IDLE_SECONDS = 60.0
_CLEAR_SECONDS = 10.0
_SCRIPT_GRACE = 2.0
_ANSWER_GRACE = 10.0
"""A driver that answers this much later than it should is given up with its browser."""

_MAX_FOLDER = 60
"""Chromium's sockets lie some 46 characters below its temporary folder, and a socket's path has at most 107."""


class _SupervisedService(Service):
    """A chromedriver that dies with this process, its browser and their folder with it.

    The supervisor ends them when this process is killed; this process ends them when the supervisor is.
    """

    def __init__(self, driver: str, folder: str) -> None:
        self._folder = folder
        self._watch: threading.Thread | None = None
        self._command = [supervise.__file__, folder, driver]
        super().__init__(executable_path=sys.executable, popen_kw={"start_new_session": True})

    def start(self) -> None:
        """As `Service.start`; a thread waits for the supervisor's end."""
        try:
            super().start()
        finally:
            process = getattr(self, "process", None)
            if process is not None:
                self._watch = threading.Thread(target=self._clear_after, args=(process,), daemon=True)
                self._watch.start()

    def stop(self) -> None:
        """As `Service.stop`; nothing is left after it."""
        super().stop()
        if self._watch is not None:
            self._watch.join(_CLEAR_SECONDS)

    def _clear_after(self, process: subprocess.Popen[bytes]) -> None:
        if process.wait() < 0:  # killed, so that it could not do it itself
            supervise.clear(process.pid, self._folder)

    def command_line_args(self) -> list[str]:
        """What stands behind the interpreter's path."""
        return ["-E", "-S", *self._command, *super().command_line_args()]

    def send_remote_shutdown_command(self) -> None:
        """Nothing: the request would go through a proxy of the environment, and the signal that follows does it all."""


class Browser:
    """A browser for one thread at a time; `close` may come from any.

    Its pages reach only addresses that the settings allow (`chromium.resolver_rules`).
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
        """Whether it has been started and not been closed."""
        return self._driver is not None

    @property
    def driver(self) -> WebDriver:
        """What it is driven by. Raises `WebDriverException` when it is closed, as it may be at any moment."""
        driver = self._driver
        if driver is None:
            raise WebDriverException("the browser is closed")
        return driver

    def start(self) -> None:
        """Start it. Raises `RunFailed` when that does not go, `Outage` for a remote one, which may come back."""
        try:
            driver = self._remote() if self._settings.browser_url else self._local()
        except BROWSER_ERRORS as error:
            why = ("" if self._settings.browser_url else _little_room()) or told(error)
            raise self._failure(
                f"the browser for {self._use} does not start ({why}); see crawl.browser_url, {self._without}"
            ) from error
        self._driver, self.pages, self._used = driver, 0, time.monotonic()
        try:
            self._prepare(driver)
        except BROWSER_ERRORS as error:
            self.close()
            raise self._failure(f"the browser for {self._use} ends as it starts ({told(error)})") from error

    @property
    def _failure(self) -> type[RunFailed]:
        return Outage if self._settings.browser_url else RunFailed

    @property
    def too_many(self) -> str:
        """What the last visit had too many of, so that the browser was ended; "" where it had not."""
        return self._ceiling.broken if self._ceiling is not None else ""

    def open(self, url: str) -> WebDriver:
        """The browser with a page loaded (its HTML parsed, that is)."""
        driver = self.driver
        self.pages += 1
        self._used = time.monotonic()
        if self._ceiling is not None:
            self._ceiling.begin()
        driver.get(url)
        return driver

    def is_alive(self) -> bool:
        """Whether it still answers, if that is in doubt: a grid ends what has been idle for some minutes."""
        if time.monotonic() - self._used > _IDLE_SECONDS:
            try:
                _ = self.driver.title
            except BROWSER_ERRORS:
                return False
        return self.running

    def log(self) -> list[dict[str, Any]]:
        """What the browser noted since it was last asked (with `crawl.transport = "browser"`)."""
        messages: list[dict[str, Any]] = self.driver.execute("getLog", {"type": "performance"})["value"]
        return messages

    def tidy(self) -> None:
        """Close all windows but the first one."""
        driver = self.driver
        first, *others = driver.window_handles
        for other in others:
            driver.switch_to.window(other)
            driver.close()
        if others:
            driver.switch_to.window(first)

    def close(self) -> None:
        """End the browser, as well as it goes."""
        with self._lock:
            driver, self._driver = self._driver, None
            if driver is None:
                return
            if self._ceiling is not None:
                self._ceiling.close()
            with suppress(*BROWSER_ERRORS):
                if isinstance(driver, webdriver.Chrome):
                    driver.service.stop()  # a kill, so that no page can put it off
                else:
                    driver.quit()

    def _prepare(self, driver: WebDriver) -> None:
        settings = self._settings
        page = min(settings.read_timeout, settings.deadline)
        driver.set_page_load_timeout(page)
        script = 3 * settings.click_timeout + _SCRIPT_GRACE  # for the button, and twice that for its rows
        driver.set_script_timeout(script)
        config: ClientConfig = driver.command_executor.client_config  # type: ignore[union-attr]
        config.timeout = max(page, script) + _ANSWER_GRACE
        command(driver, "Browser.setDownloadBehavior", {"behavior": "deny"})
        if cookie := shop_named(settings.shop).cookie:
            name, value = cookie
            command(driver, "Network.setCookie", {"name": name, "value": value, "url": self._addresses.site_url})
        self._ceiling = self._limited(driver)

    def _limited(self, driver: WebDriver) -> Ceiling | None:
        """The ceiling on what a page asks for; none on a grid whose debugger cannot be reached."""
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
                f" apt-get install chromium chromium-driver), give a remote one by crawl.browser_url, {self._without}"
            )
        folder = _new_folder()
        options = make_options(self._settings, self._addresses)
        add_local(options, binary, f"{folder}/profile")
        return webdriver.Chrome(options=options, service=_SupervisedService(driver, folder))


def command(driver: WebDriver, name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The answer to a command of Chromium's own protocol, which a grid hands on as well."""
    answer: dict[str, Any] = driver.execute("executeCdpCommand", {"cmd": name, "params": values})["value"]
    return answer


def _debugger(capabilities: Mapping[str, Any]) -> str:
    """The address of a browser's debugger: a grid's, or that which a browser here wrote into its profile."""
    profile = Path(capabilities.get("chrome", {}).get("userDataDir", ""), "DevToolsActivePort")
    if "se:cdp" in capabilities or not profile.is_file():
        return str(capabilities.get("se:cdp", ""))
    port, path = profile.read_text().split()
    return f"ws://127.0.0.1:{port}{path}"


@cache
def _warn_of_no_ceiling() -> None:
    """Once: the next browser of the same grid is no other."""
    say(
        "warning: the debugger of the remote browser cannot be reached (crawl.browser_url, capability se:cdp): the"
        " number of requests of a page has no limit"
    )


def told(error: BaseException) -> str:
    """A browser's failure in one line, without Selenium's advice to look at its pages."""
    text = str(getattr(error, "msg", None) or error).partition("; For documentation on this error")[0]
    return " ".join(text.split())[:300]


def _little_room() -> str:
    """Which limit of this process is too low for a browser; "" where none is."""
    files, space = (resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS))
    if files != resource.RLIM_INFINITY and files < LEAST_FILES:
        return f"only {files:,} files may be open, and it needs {LEAST_FILES:,}: ulimit -n"
    if space != resource.RLIM_INFINITY:
        return f"address space is limited to {space:,} bytes, of which it takes more than it uses: ulimit -v"
    return ""


def _new_folder() -> str:
    """A folder for a browser, which its supervisor makes and removes."""
    name = f"ameli-browser-{uuid.uuid4().hex[:12]}"
    folder = Path(tempfile.gettempdir(), name)
    return str(folder if len(str(folder)) <= _MAX_FOLDER else Path("/tmp", name))
