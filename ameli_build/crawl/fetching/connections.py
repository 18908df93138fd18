"""An HTTP client with checked peer addresses and total deadlines, built on `requests`."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import Cookie
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar, get_cookie_header
from requests.structures import CaseInsensitiveDict
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse
from urllib3.util.retry import Retry

MayConnect = Callable[[str, int, str], bool]

MAX_COOKIES = 100
MAX_COOKIE_BYTES = 4096
"""Largest size of all cookies together; servers accept header lines of at least 8 KB."""

_CHECK_SECONDS = 0.1
_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]+(:\d+)?/[A-Za-z0-9/._~?=&+,;:@!$'()*-]*")
"""A URL that needs no quoting."""
_local = threading.local()


class ForbiddenAddress(Exception):
    """The peer of the connection has an address that is not allowed."""


@dataclass(slots=True)
class Guard:
    """A request under a deadline (monotonic seconds); `expired` once its connection was cut."""

    deadline: float
    sock: socket.socket | None = None
    expired: bool = False

    def check(self) -> None:
        """Raise TimeoutError after a cut, which a reader may take for a regular end of the connection."""
        if self.expired:
            raise TimeoutError("the deadline has passed")


class Watchdog:
    """Cuts the connection of each request whose headers and body take longer than its deadline.

    Read timeouts are not enough: a server that sends a byte a second never exceeds them.
    """

    def __init__(self) -> None:
        self._guards: dict[int, Guard] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crawl-watchdog", daemon=True)
        self._thread.start()

    @contextmanager
    def watch(self, seconds: float) -> Iterator[Guard]:
        """Watch the request that this thread makes inside the block."""
        guard = Guard(time.monotonic() + seconds)
        with self._lock:
            self._guards[id(guard)] = guard
        _local.guard = guard
        try:
            yield guard
        finally:
            _local.guard = None
            with self._lock:
                del self._guards[id(guard)]

    def close(self) -> None:
        """End the watching thread."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(_CHECK_SECONDS):
            now = time.monotonic()
            with self._lock:
                for guard in self._guards.values():
                    if guard.deadline < now and guard.sock is not None:
                        guard.expired = True
                        with suppress(OSError):
                            socket.socket.shutdown(guard.sock, socket.SHUT_RDWR)


class _Checked:
    """Mixed into a urllib3 connection: the peer's address is checked before a byte is sent."""

    may_connect: MayConnect

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        address = sock.getpeername()[0]
        if not self.may_connect(self.host, self.port, address):  # type: ignore[attr-defined]
            sock.close()
            raise ForbiddenAddress(f"{self.host} leads to {address}")  # type: ignore[attr-defined]
        return sock

    def getresponse(self) -> HTTPResponse:
        """Wait for the response headers, under the guard of this thread."""
        guard: Guard | None = getattr(_local, "guard", None)
        if guard is not None:
            guard.sock = self.sock  # type: ignore[attr-defined]
        response: HTTPResponse = super().getresponse()  # type: ignore[misc]
        return response


def _pools(may_connect: MayConnect) -> dict[str, Any]:
    members = {"may_connect": staticmethod(may_connect)}
    plain = type("CheckedHTTPConnection", (_Checked, HTTPConnection), members)
    secure = type("CheckedHTTPSConnection", (_Checked, HTTPSConnection), members)
    return {
        "http": type("CheckedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("CheckedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


class _Adapter(HTTPAdapter):
    def __init__(self, may_connect: MayConnect, connections: int) -> None:
        self._may_connect = may_connect
        super().__init__(pool_connections=16, pool_maxsize=connections, max_retries=Retry(0, read=False))

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        """Make the pools of checked connections."""
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._may_connect)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """The unread response; the caller reads it from `raw`."""
        response = requests.Response()
        response.raw = resp
        return response


class Client:
    """GET requests for `connections` threads, without settings of the environment (proxies, .netrc).

    `may_connect(host, port, address)` checks each new connection; if it is false, `ForbiddenAddress` is raised.
    Redirects are not followed. Faster than a session of `requests`: no hooks, no history, and no search of the cookie
    jar while it has only `cookie`, which every request to the site sends.
    """

    def __init__(
        self,
        may_connect: MayConnect,
        connections: int,
        user_agent: str,
        site_host: str,
        cookie: tuple[str, str] | None = None,
    ) -> None:
        self._adapter = _Adapter(may_connect, connections)
        self._site_host = site_host
        self._first_cookie = cookie
        self._headers = {
            "User-Agent": user_agent,
            "Accept-Language": "en-US,en;q=0.9",
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Connection": "keep-alive",
        }
        self._has_cookies = False
        self._cookies = RequestsCookieJar()
        self._lock = threading.Lock()
        self._set_first_cookie()

    def get(self, target: str, headers: Mapping[str, str], timeout: tuple[float, float]) -> HTTPResponse:
        """The response of `target`, its body unread; `timeout` is (connect, read) in seconds."""
        request = self.request(target, headers)
        response: HTTPResponse = self._adapter.send(request, stream=True, timeout=timeout).raw
        if "Set-Cookie" in response.headers:
            with self._lock:
                extract_cookies_to_jar(self._cookies, request, response)  # type: ignore[no-untyped-call]
                self._bound_cookies()
            self._has_cookies = True
        return response

    def request(self, target: str, headers: Mapping[str, str]) -> requests.PreparedRequest:
        """The prepared request for `target`."""
        request = requests.PreparedRequest()
        request.method = "GET"
        request.headers = CaseInsensitiveDict({**self._headers, **headers})
        if _PLAIN_URL.fullmatch(target):
            request.url = target
        else:
            request.prepare_url(target, None)
        if self._has_cookies:
            cookie = get_cookie_header(self._cookies, request)  # type: ignore[no-untyped-call]
        else:
            first = self._first_cookie
            cookie = "=".join(first) if first and urlsplit(target).hostname == self._site_host else None
        if cookie:
            request.headers["Cookie"] = cookie
        return request

    def _bound_cookies(self) -> None:
        """Drop cookies that cannot be sent, and all cookies if there are too many.

        Servers refuse long headers, so a shop could make its own later responses fail.
        """
        cookies = cast("list[Cookie]", list(self._cookies))
        pairs = [f"{cookie.name}={cookie.value or ''}; " for cookie in cookies]
        for cookie, pair in zip(cookies, pairs, strict=True):
            if not (pair.isascii() and pair.isprintable()):
                self._cookies.clear(cookie.domain, cookie.path, cookie.name)
        if len(pairs) > MAX_COOKIES or len("".join(pairs)) > MAX_COOKIE_BYTES:
            self._cookies.clear()
            self._set_first_cookie()

    def _set_first_cookie(self) -> None:
        if self._first_cookie is None:
            return
        # The standard library's cookie rules treat a name without a dot as a name below ".local".
        host = self._site_host if "." in self._site_host else f"{self._site_host}.local"
        self._cookies.set(*self._first_cookie, domain=host, path="/")

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()
