"""URLs that may be fetched: by scheme, by host, and by the IP address of the connection."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urljoin, urlsplit, urlunsplit

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import CrawlSettings

_DEFAULTS = CrawlSettings()
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""Network in which a NAT64 gateway embeds IPv4 addresses."""
_CONTROL = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")


class Forbidden(Exception):
    """A URL that may not be fetched; `kind` is the kind of failure: `bad_url`, `forbidden_host` ..."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Addresses:
    """The URLs that the settings allow.

    A `site_url` of the user replaces every host of the shop, except hosts that the user's settings name. An allowed
    host without a port may be requested on any port, a host with a port on this port only. Image hosts serve images
    only. Loopback is allowed only if the site itself is on loopback: a remote shop must not reach ports of this
    machine. The user's own records have no site; for them the settings decide alone (`without_site`).

    Raises:
        UnusableInput: `crawl.site_url` or `crawl.api_url` is not an http or https URL.
    """

    def __init__(self, settings: CrawlSettings, *, without_site: bool = False) -> None:
        self.site_url = settings.site_url.rstrip("/")
        site = urlsplit(self.site_url)
        if site.scheme not in ("http", "https") or not site.hostname:
            raise UnusableInput(f"setting crawl.site_url: {settings.site_url!r} is not an http or https URL")
        self._site = (site.scheme, site.netloc)
        self._loopback = settings.allow_loopback and (without_site or is_loopback(site.hostname))
        self._replaced: frozenset[str] = frozenset()
        hosts, images = set(settings.hosts), set(settings.image_hosts)
        if settings.products == "api":
            hosts.add(_host(settings.api_url))
        if self.site_url != _DEFAULTS.site_url:
            hosts -= {*_DEFAULTS.hosts, _host(_DEFAULTS.api_url)}
            images = images if settings.image_hosts != _DEFAULTS.image_hosts else set()
            self._replaced = (
                frozenset({*_DEFAULTS.hosts, _host(_DEFAULTS.api_url), *_DEFAULTS.image_hosts}) - hosts - images
            )
            self._own = (site.hostname, site.port or _port(site.scheme))
        else:
            self._own = ("", 0)
        own = {site.netloc.rpartition("@")[2].lower(), *hosts}
        self.allowed = frozenset(own | images)
        self._images_only = frozenset(images - own)
        self.pages = self.allowed - self._images_only
        """Hosts of anything but images."""

    def resolve(self, url: str, base: str | None = None) -> str:
        """The URL to request: absolute, with the user's site in place of the shop's own host."""
        try:
            absolute = urljoin(base or f"{self.site_url}/", url)
            parts = urlsplit(absolute)
            host = (parts.hostname or "").lower()
        except ValueError as error:
            raise Forbidden("bad_url", str(error)) from None
        if parts.scheme in ("http", "https") and host in self._replaced:
            return urlunsplit((*self._site, parts.path, parts.query, ""))
        return urlunsplit(parts._replace(fragment=""))

    def check(self, url: str, kind: str = "") -> str:
        """The host of a URL that may be fetched, with its port if given in the URL.

        Args:
            url: Absolute URL.
            kind: Kind of content, one of `archive.CONTENT`; "" for any.

        Raises:
            Forbidden: The URL may not be fetched.
        """
        if _CONTROL.search(url):
            raise Forbidden("bad_url", "control characters or spaces in the URL")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Forbidden("bad_url", str(error)) from None
        if parts.scheme not in ("http", "https"):
            raise Forbidden("forbidden_scheme", f"scheme {parts.scheme!r}")
        host = (parts.hostname or "").lower()
        netloc = f"{host}:{port}" if port else host
        if parts.username is not None or not ({host, netloc, f"{host}:{port or _port(parts.scheme)}"} & self.allowed):
            raise Forbidden("forbidden_host", f"host {netloc!r} is not one of {', '.join(sorted(self.allowed))}")
        if kind not in ("", "image", "robots") and self.images_only(netloc):
            raise Forbidden("forbidden_host", f"host {netloc!r} is for images only")
        return netloc

    def check_redirect(self, requested: str, host: str) -> None:
        """Raise `Forbidden` for a redirect to an image host on another port of this machine."""
        here = self.images_only(host) and is_loopback(urlsplit(f"//{host}").hostname or "")
        if here and host != requested:
            raise Forbidden("forbidden_host", f"a redirect to {host!r}, another port of this machine")

    def images_only(self, host: str) -> bool:
        """Whether a host (as `check` returns it) serves images only, so that a crawl can continue without it."""
        return bool({host, host.partition(":")[0]} & self._images_only)

    def may_connect(self, host: str, port: int, address: str) -> bool:
        """Whether a connection to `host` at the IP address `address` may be used.

        Public addresses may; loopback if the settings allow it; and any address of the user's own site.
        """
        if (host.lower(), port) == self._own:
            return True
        peer = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(peer, ipaddress.IPv6Address):
            translated = ipaddress.IPv4Address(int(peer) & 0xFFFFFFFF) if peer in _TRANSLATED else None
            peer = peer.ipv4_mapped or peer.sixtofour or translated or peer
        return (self._loopback and peer.is_loopback) or (peer.is_global and not peer.is_multicast)


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine.

    >>> is_loopback("localhost"), is_loopback("127.0.0.2"), is_loopback("::1"), is_loopback("shop.test")
    (True, True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".").rpartition(".")[2] == "localhost"


def _host(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise UnusableInput(f"setting crawl.api_url: {url!r} is not an http or https URL of a host")
    return parts.netloc.lower()


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
