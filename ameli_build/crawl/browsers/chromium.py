"""How Chromium is started: headless, without pictures and fonts, and able to reach nothing but the allowed hosts."""

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
"""Fetch no images; the flag for that, `imagesEnabled`, stops only some."""


def find_programs() -> tuple[str | None, str | None]:
    """The paths of Chromium and of its driver; None for what is not there."""
    return next(filter(None, map(shutil.which, _BINARIES)), None), shutil.which("chromedriver")


def make_options(settings: CrawlSettings, addresses: Addresses) -> Options:
    """Chromium's options, for a browser here or on a grid.

    The browser names itself by the crawl's user agent and does nothing to pass for another. With
    `crawl.transport = "browser"` it notes its requests (the driver's performance log).
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
    BaseOptions.ignore_local_proxy_environment_variables(options)  # that of the subclass only adds a warning
    return options


def add_local(options: Options, binary: str, profile: str) -> None:
    """What only a browser on this machine is told."""
    options.binary_location = binary
    options.add_argument(f"--user-data-dir={profile}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses its sandbox to root


def resolver_rules(addresses: Addresses) -> str:
    """Chromium's map of names: each host of pages to an address that may be connected to, all else to nothing.

    Names are looked up here and now, so that what a name leads to later changes nothing; addresses that stand in a page
    as numbers are names to this map, too. A host whose name cannot be looked up, or leads only to addresses that are
    not allowed, cannot be reached.
    """
    rules = [rule for entry in sorted(addresses.pages) for rule in _rules(entry, addresses)]
    return ", ".join([*rules, "MAP * ~NOTFOUND"])


def _rules(entry: str, addresses: Addresses) -> list[str]:
    """The rules of one allowed host; where only some of its ports may be used, one a port."""
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
    """The addresses of a host, those of version 4 first."""
    found: set[str] = set()
    with suppress(OSError, UnicodeError):
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    return sorted(found, key=lambda address: (":" in address, address))
