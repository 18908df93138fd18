"""Options of Chromium: headless, without pictures and fonts, restricted to the allowed hosts."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import suppress
from urllib.parse import urlsplit

from selenium.webdriver.chrome.options import Options
from selenium.webdriver.common.options import BaseOptions

from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.fetching.addresses import Addresses

_BINARIES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
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
    "--disable-remote-fonts",
    "--window-size=1280,1600",
)
_PREFERENCES = {
    "profile.managed_default_content_settings.images": 2,
    "download_restrictions": 3,  # all
    "webrtc.ip_handling_policy": "disable_non_proxied_udp",
}
"""Fetch no images; the flag `imagesEnabled` would stop only some."""


def find_programs() -> tuple[str | None, str | None]:
    """The paths of Chromium and of its driver; None for a missing program."""
    return next(filter(None, map(shutil.which, _BINARIES)), None), shutil.which("chromedriver")


def make_options(settings: CrawlSettings, addresses: Addresses) -> Options:
    """Chromium's options, for a browser on this machine or on a grid.

    The browser sends the crawl's user agent and disguises nothing. With `crawl.transport = "browser"` it logs its
    requests (the driver's performance log).
    """
    options = Options()
    for flag in _FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--host-resolver-rules={resolver_rules(addresses)}")
    options.add_argument(f"--user-agent={settings.user_agent}")
    options.page_load_strategy = "eager"
    options.unhandled_prompt_behavior = "dismiss"
    options.add_experimental_option("prefs", _PREFERENCES)
    options.add_experimental_option("excludeSwitches", ["disable-popup-blocking"])
    if settings.transport == "browser":
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        options.add_experimental_option("perfLoggingPrefs", {"enableNetwork": True, "enablePage": False})
    BaseOptions.ignore_local_proxy_environment_variables(options)  # the subclass's method only adds a warning
    return options


def add_local(options: Options, binary: str, profile: str) -> None:
    """Add the options of a browser on this machine."""
    options.binary_location = binary
    options.add_argument(f"--user-data-dir={profile}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses its sandbox to root


def resolver_rules(addresses: Addresses) -> str:
    """Chromium's resolver rules: each page host to an allowed IP address, every other name to none.

    Names are resolved here, once, so later DNS changes have no effect. The rules also apply to IP addresses in pages. A
    host that does not resolve to an allowed address cannot be reached.
    """
    rules = [rule for entry in sorted(addresses.pages) for rule in _rules(entry, addresses)]
    return ", ".join([*rules, "MAP * ~NOTFOUND"])


def _rules(entry: str, addresses: Addresses) -> list[str]:
    """The rules of an allowed host; a rule for each port if only some ports are allowed."""
    parts = urlsplit(f"//{entry}")
    host = parts.hostname or ""
    for address in _looked_up(host):
        literal = f"[{address}]" if ":" in address else address
        name = f"[{host}]" if ":" in host else host
        if parts.port is None and addresses.may_connect(host, 0, address):
            return [f"MAP {host} {literal}"]
        ports = (80, 443) if parts.port is None else (parts.port,)
        allowed = [port for port in ports if addresses.may_connect(host, port, address)]
        if allowed:
            return [f"MAP {name}:{port} {literal}:{port}" for port in allowed]
    return []


def _looked_up(host: str) -> list[str]:
    """The IP addresses of a host, IPv4 first."""
    found: set[str] = set()
    with suppress(OSError, UnicodeError):
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    return sorted(found, key=lambda address: (":" in address, address))
