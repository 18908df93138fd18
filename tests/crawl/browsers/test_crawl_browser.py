"""One real Chromium: its requests, the hosts that it reaches, its start and its cleanup."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import urllib3
from crawl.browsing import alive, pool_of, settings_of
from faults.server import misbehaving
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.remote.webdriver import WebDriver

from ameli_build.core.errors import RunFailed
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.browsers.browser import Browser, _warn_of_no_ceiling
from ameli_build.crawl.browsers.chromium import make_options, resolver_rules
from ameli_build.crawl.fetching.addresses import Addresses
from ameli_build.demo.answers import Answer
from ameli_build.demo.server import LoopbackServer

pytestmark = pytest.mark.browser

COUNTRY = b"""<html><title>Best Buy International: Select your Country - Best Buy</title><script>
    if (document.cookie.includes("intl_splash=false")) document.title = "The shop";</script></html>"""
DRESSED = b"""<html><head><title>Dressed</title><style>@font-face { font-family: F; src: url(/font); }
    p { font-family: F; background: url(/background) }</style></head><body><p>text</p>
    <img src="/picture"></body></html>"""


def title_at(settings: CrawlSettings, url: str, wanted: str) -> str:
    """Wait until a page has the title `wanted`; the title."""
    with pool_of(settings) as pool, pool.borrow() as browser:
        return awaited(browser.open(url), wanted)


def awaited(driver: WebDriver, *titles: str) -> str:
    """Wait until the open page has one of `titles`; its title."""
    end = time.monotonic() + 20
    while (title := driver.title) not in titles:
        assert time.monotonic() < end, title
        threading.Event().wait(0.02)
    return title


def test_the_question_for_the_country_is_answered() -> None:
    with misbehaving({"/": COUNTRY}) as server:
        assert title_at(settings_of(server.url), f"{server.url}/", "The shop") == "The shop"


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving({"/": DRESSED}) as server, misbehaving({}) as proxy:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert title_at(settings_of(server.url), f"{server.url}/", "Dressed") == "Dressed"
        assert proxy.seen == []


def test_images_and_fonts_are_not_fetched_and_the_user_agent_is_the_setting() -> None:
    page = DRESSED.replace(
        b"</body>",
        b"<script>document.fonts.load('9px F').then(done, done);"
        b"function done() { fetch('/end').then(() => document.title = 'end') }</script></body>",
    )
    with misbehaving({"/": page, "/end": Answer(b"")}) as server:
        assert title_at(settings_of(server.url, user_agent="ameli-test/1"), f"{server.url}/", "end") == "end"
        assert {seen.target for seen in server.seen} - {"/favicon.ico"} == {"/", "/end"}


ATTEMPTS = {
    "iframe": "document.body.innerHTML = '<iframe src={inner}/secret onload=end()></iframe>'",
    "fetch": "fetch('{inner}/secret', {{mode: 'no-cors'}}).finally(end)",
    "socket": "new WebSocket('ws://127.0.0.1:{port}/secret').onerror = end",
    "number": "fetch('http://2130706433:{port}/secret', {{mode: 'no-cors'}}).finally(end)",
    "mapped": "fetch('http://[::ffff:127.0.0.1]:{port}/secret', {{mode: 'no-cors'}}).finally(end)",
    "name": "fetch('http://localhost:{port}/secret', {{mode: 'no-cors'}}).finally(end)",
    "redirect": "fetch('/leave', {{mode: 'no-cors'}}).finally(end)",
    "navigation": "end(); location = '{inner}/secret'",
}


@pytest.fixture(scope="module")
def walled() -> Iterator[tuple[WebDriver, LoopbackServer, LoopbackServer]]:
    """A browser, its allowed server with a page for each of `ATTEMPTS`, and a forbidden server."""
    with misbehaving({"/secret": b"<title>secret</title>"}) as inner:
        place = {"inner": inner.url, "port": inner.url.rpartition(":")[2]}
        pages: dict[str, Answer | bytes] = {
            f"/{kind}": f"<html><body><script>const end = () => document.title = 'end'; {start.format(**place)}"
            "</script></body></html>".encode()
            for kind, start in ATTEMPTS.items()
        }
        pages["/leave"] = Answer(b"", status=302, headers=(("Location", f"{inner.url}/secret"),))
        with misbehaving(pages) as server, pool_of(settings_of(server.url)) as pool, pool.borrow() as browser:
            yield browser.open(f"{server.url}/fetch"), server, inner


@pytest.mark.parametrize("kind", ATTEMPTS)
def test_a_page_reaches_allowed_addresses_only(
    walled: tuple[WebDriver, LoopbackServer, LoopbackServer], kind: str
) -> None:
    driver, server, inner = walled
    driver.get(f"{server.url}/{kind}")
    awaited(driver, "end", "127.0.0.1")
    assert inner.seen == []


def test_web_rtc_sends_nothing() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(1.5)
        page = f"""<html><script>const peer = new RTCPeerConnection(
            {{iceServers: [{{urls: 'stun:127.0.0.1:{listener.getsockname()[1]}'}}]}}); peer.createDataChannel('x');
            peer.createOffer().then(offer => peer.setLocalDescription(offer))</script></html>"""
        with (
            misbehaving({"/": page.encode()}) as server,
            pool_of(settings_of(server.url)) as pool,
            pool.borrow() as browser,
        ):
            browser.open(f"{server.url}/")
            with pytest.raises(TimeoutError):
                listener.recv(100)


def test_host_names_are_mapped_to_allowed_addresses() -> None:
    def rules(**values: object) -> list[str]:
        settings = CrawlSettings(image_hosts=("no-such-host.invalid",), **values)  # type: ignore[arg-type]
        return resolver_rules(Addresses(settings)).split(", ")

    away = "MAP * ~NOTFOUND"
    assert rules(site_url="http://127.0.0.1:8000") == ["MAP 127.0.0.1:8000 127.0.0.1:8000", away]
    assert rules(site_url="http://127.0.0.1") == ["MAP 127.0.0.1:80 127.0.0.1:80", away]
    assert rules(site_url="http://127.0.0.1", allow_loopback=True) == ["MAP 127.0.0.1 127.0.0.1", away]
    assert rules(site_url="http://[::1]:8000") == ["MAP [::1]:8000 [::1]:8000", away]
    assert rules(site_url="http://127.0.0.1:8000", hosts=("localhost", "10.0.0.1")) == [
        "MAP 127.0.0.1:8000 127.0.0.1:8000",
        away,
    ]


@contextmanager
def remote_driver() -> Iterator[str]:
    """The address of a bare chromedriver, which has the protocol of a grid."""
    program = shutil.which("chromedriver")
    if program is None:
        pytest.skip("no chromedriver on the PATH")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, f"--port={port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        while b"started successfully" not in process.stdout.readline():
            assert process.poll() is None
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("debugger", ["reachable", "none", "elsewhere", "refused"])
def test_a_browser_of_a_grid_is_used_and_given_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], debugger: str
) -> None:
    def as_on_a_grid(*values: object) -> Options:
        options = make_options(*values)  # type: ignore[arg-type]
        options.add_argument("--no-sandbox")  # the start script of a grid adds it; the tests may run as root
        return options

    monkeypatch.setattr("ameli_build.crawl.browsers.browser.make_options", as_on_a_grid)
    if debugger != "reachable":
        address = {"none": "", "elsewhere": "ws://127.0.0.1:9/devtools", "refused": "ws://no-such-host.invalid/x"}
        monkeypatch.setattr("ameli_build.crawl.browsers.browser._debugger", lambda _: address[debugger])
    _warn_of_no_ceiling.cache_clear()
    with misbehaving({"/": COUNTRY}) as server, remote_driver() as grid:
        settings = settings_of(server.url, browser_url=grid)
        with pool_of(settings) as pool, pool.borrow() as browser:
            driver = browser.open(f"{server.url}/")
            session = driver.session_id
            profile = driver.capabilities["chrome"]["userDataDir"]
            assert driver.title == "The shop"
        assert "ameli-browser" not in profile
        answer = urllib3.PoolManager().request("GET", f"{grid}/session/{session}/title")
        assert b"invalid session id" in answer.data
    assert capsys.readouterr().err.count("the number of requests of a page has no limit") == (debugger != "reachable")


def test_an_unreachable_grid_is_a_single_line() -> None:
    with pytest.raises(RunFailed, match=r"does not start \(.*see crawl\.browser_url"):
        start(settings_of(browser_url="http://127.0.0.1:9"))


def start(settings: CrawlSettings) -> None:
    """Start a browser and end it."""
    browser = Browser(settings, Addresses(settings))
    browser.start()
    browser.close()


def test_a_missing_browser_is_a_single_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunFailed, match=r"Chromium is not on the PATH.*apt-get install chromium"):
        start(settings_of())


def test_a_browser_that_cannot_start_is_a_single_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("chromium", "chromedriver"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunFailed, match=r"does not start \(.*crawl\.specifications=json"):
        start(settings_of())


CRAWLER = """
import contextlib, threading, time
from ameli_build.crawl.fetching.addresses import Addresses
from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.core.settings import CrawlSettings
settings = CrawlSettings(browsers=2)
pool = BrowserPool(settings, Addresses(settings), threading.Event())
try:
    with pool.borrow() as first, pool.borrow() as second:
        for browser in (first, second):
            driver = browser.open("data:text/html,<title>x</title>")
            print(driver.service.process.pid, flush=True)
        time.sleep(END)
finally:
    pool.close()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, 0])
def test_no_browser_and_no_file_outlives_the_crawler(scratch: Path, end: int) -> None:
    environment = {**os.environ, "TMPDIR": str(scratch)}
    command = [sys.executable, "-c", CRAWLER.replace("END", "60" if end else "0")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as crawler:
        assert crawler.stdout is not None
        sessions = [int(crawler.stdout.readline()) for _ in range(2)]
        if end:
            assert all(len(session_members) > 3 for session_members in map(alive, sessions))
            assert len(list(scratch.iterdir())) == len(sessions)
            crawler.send_signal(end)
    stop = time.monotonic() + 20
    while any(map(alive, sessions)) or list(scratch.iterdir()):
        assert time.monotonic() < stop, (list(map(alive, sessions)), list(scratch.iterdir()))
        threading.Event().wait(0.1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1, 2, 0)], ids=["crawler first", "supervisor first", "driver too"])
def test_no_browser_outlives_crawler_and_supervisor(scratch: Path, order: tuple[int, ...]) -> None:
    """The pages run endless workers."""
    script = CRAWLER.replace("END", "60").replace("<title>x", "<script>new Worker('data:,for(;;);')</script><title>x")
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as crawler:
        assert crawler.stdout is not None
        sessions = [int(crawler.stdout.readline()) for _ in range(2)]
        crawler.send_signal(signal.SIGSTOP)  # it cannot clean up after its supervisors before the kill
        drivers = [member for session in sessions for member in alive(session) if parent(member) == session]
        assert len(drivers) == len(list(scratch.iterdir())) == 2
        groups = ([crawler.pid], sessions, drivers)
        for process in (member for number in order for member in groups[number]):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    stop = time.monotonic() + 20
    while any(map(alive, sessions)) or list(scratch.iterdir()):
        assert time.monotonic() < stop, (list(map(alive, sessions)), list(scratch.iterdir()))
        threading.Event().wait(0.1)


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
