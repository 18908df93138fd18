"""One headless Chromium, kept for many pages."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.options import BaseOptions
from selenium.webdriver.remote.webdriver import WebDriver

from ameli_build.crawl import supervise
from ameli_build.crawl.connections import COUNTRY_COOKIE
from ameli_build.settings import CrawlSettings
from ameli_build.snapshot import RunFailed

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-proxy-server",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-breakpad",
    "--blink-settings=imagesEnabled=false",
    "--window-size=1280,1600",
)


class _SupervisedService(Service):
    """A chromedriver that dies with this process, its browser and profile folder with it."""

    def __init__(self, driver: str, profile: str) -> None:
        self._command = [supervise.__file__, profile, driver]
        super().__init__(executable_path=sys.executable, popen_kw={"start_new_session": True})

    def command_line_args(self) -> list[str]:
        """What stands behind the interpreter's path."""
        return ["-E", "-S", *self._command, *super().command_line_args()]

    def send_remote_shutdown_command(self) -> None:
        """Nothing: the request would go through a proxy of the environment, and the signal that follows does it all."""


class Browser:
    """A browser that starts when it is first needed, and anew every `pages_per_browser` pages or after a crash.

    Only hosts in `hosts` can be reached from its pages. Not for several threads at once.
    """

    def __init__(self, settings: CrawlSettings, hosts: Iterable[str]) -> None:
        self._settings = settings
        self._hosts = sorted({host.partition(":")[0] for host in hosts})
        self._driver: WebDriver | None = None
        self._pages = 0

    def open(self, url: str) -> WebDriver:
        """The browser with a page loaded. Raises `RunFailed` when no browser can be started at all."""
        if self._pages >= self._settings.pages_per_browser:
            self.close()
        driver = self._driver or self._start()
        self._driver = driver
        self._pages += 1
        driver.get(url)
        if "select your country" in driver.title.lower():
            name, value = COUNTRY_COOKIE
            driver.add_cookie({"name": name, "value": value})
            driver.get(url)
        return driver

    def close(self) -> None:
        """End the browser, as well as it goes."""
        driver, self._driver, self._pages = self._driver, None, 0
        if driver is not None:
            with suppress(WebDriverException, OSError):
                driver.quit()

    def _start(self) -> WebDriver:
        try:
            driver = self._remote() if self._settings.browser_url else self._local()
        except (WebDriverException, OSError) as error:
            reason = " ".join(str(getattr(error, "msg", None) or error).split())[:300]
            raise RunFailed(
                f"the browser for the specification click does not start ({reason}); see crawl.browser_url,"
                " or set crawl.specifications=json to do without"
            ) from error
        driver.set_page_load_timeout(self._settings.read_timeout)
        driver.set_script_timeout(self._settings.click_timeout)
        return driver

    def _options(self) -> Options:
        options = Options()
        for flag in _FLAGS:
            options.add_argument(flag)
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # Chromium refuses its sandbox to root
        kept = ", ".join(f"EXCLUDE {host}" for host in self._hosts)
        options.add_argument(f"--host-resolver-rules=MAP * ~NOTFOUND, {kept}")
        options.add_argument(f"--user-agent={self._settings.user_agent}")
        options.page_load_strategy = "eager"
        BaseOptions.ignore_local_proxy_environment_variables(options)  # that of the subclass only adds a warning
        return options

    def _remote(self) -> WebDriver:
        return webdriver.Remote(self._settings.browser_url, options=self._options())

    def _local(self) -> WebDriver:
        browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
        driver = shutil.which("chromedriver")
        if browser is None or driver is None:
            missing = "Chromium" if browser is None else "chromedriver"
            raise RunFailed(
                f"{missing} is not on the PATH, and product pages need it for the specification click:"
                " install it (Debian: apt-get install chromium chromium-driver), give a remote one by"
                " crawl.browser_url, or set crawl.specifications=json to do without"
            )
        profile = tempfile.mkdtemp(prefix="ameli-browser-")
        options = self._options()
        options.binary_location = browser
        options.add_argument(f"--user-data-dir={profile}")
        try:
            return webdriver.Chrome(options=options, service=_SupervisedService(driver, profile))
        except BaseException:
            shutil.rmtree(Path(profile), ignore_errors=True)
            raise
