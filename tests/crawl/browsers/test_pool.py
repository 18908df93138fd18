"""Threads share browsers: their number, their lifetime, and a browser that cannot start."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from crawl.browsing import alive, clicker_of, pool_of, processes_of, settings_of
from faults.server import misbehaving

from ameli_build.core.errors import RunFailed
from ameli_build.crawl.browsers.pool import START_TRIES, BrowserPool
from ameli_build.crawl.fetching.addresses import Addresses
from ameli_build.crawl.fetching.throttle import Stopped
from ameli_build.demo.answers import Answer, as_json
from ameli_build.shops.bestbuy.urls import product_url, review_url

pytestmark = pytest.mark.browser

PAGES = {
    "/good": b"""<html><title>Good</title><div class="shop-specifications"><button>Specifications</button></div>
        <ul class="specifications-list"></ul><script>
        document.querySelector("button").onclick = () => {
          document.querySelector("ul").innerHTML = "<li class='list-item'>row</li>";
        };</script></html>""",
    "/never": b"<html><title>No button</title></html>",
}


def break_browsers(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Prevent browsers from starting, and count the attempts in a file."""
    tries = folder / "tries"
    for name in ("chromium", "chromedriver"):
        (folder / name).write_text(f"#!/bin/sh\necho x >> {tries}\nexit 1\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return tries


def test_a_third_user_waits_and_a_dead_browser_does_not_affect_another() -> None:
    settings = settings_of(browsers=2)
    with misbehaving(PAGES) as server, pool_of(settings) as pool, ExitStack() as leases, ThreadPoolExecutor(1) as other:
        first = leases.enter_context(pool.borrow())
        with pool.borrow() as second:
            assert first is not second
            third = other.submit(clicker_of(pool, settings).click, f"{server.url}/good", "shop")
            for process in processes_of(second):
                os.kill(process, signal.SIGKILL)
            assert first.open(f"{server.url}/never").title == "No button"
            assert not third.done()
            session = first.driver.session_id
            leases.close()
            assert "row" in third.result(timeout=60)
            assert (first.driver.session_id, first.pages) == (session, 2)


def test_a_browser_restarts_after_the_configured_number_of_pages() -> None:
    with misbehaving(PAGES) as server, pool_of(settings_of(pages_per_browser=2)) as pool:
        sessions = []
        for _ in range(4):
            with pool.borrow() as browser:
                sessions.append(browser.open(f"{server.url}/never").session_id)
    assert sessions[0] == sessions[1] != sessions[2] == sessions[3]


def test_a_browser_that_died_while_idle_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ameli_build.crawl.browsers.browser._IDLE_SECONDS", 0.0)
    with misbehaving(PAGES) as server, pool_of(settings_of()) as pool:
        with pool.borrow() as browser:
            session = browser.driver.session_id
        with pool.borrow() as browser:
            assert browser.driver.session_id == session
            for process in processes_of(browser):
                os.kill(process, signal.SIGKILL)
        with pool.borrow() as browser:
            assert browser.open(f"{server.url}/never").title == "No button"


FORKS = b"<html><title>F</title><script>for (let n = 0; n < 5; n++) new Worker('data:,for(;;);')</script></html>"


@pytest.mark.parametrize("page", ["/never", "/frames", "/forks"])
def test_a_killed_supervisor_leaves_no_process_and_no_file(page: str) -> None:
    frames = b"<html><title>F</title>" + b"<iframe srcdoc='<p>x'></iframe>" * 20 + b"</html>"
    pages = PAGES | {"/frames": frames, "/forks": FORKS}
    with misbehaving(pages) as server, pool_of(settings_of()) as pool:
        with pool.borrow() as browser:
            browser.open(f"{server.url}{page}")
            service = browser.driver.service  # type: ignore[attr-defined]
            supervisor, folder = service.process.pid, Path(service._folder)
            assert folder.is_dir()
            assert len(alive(supervisor)) > 4
            os.kill(supervisor, signal.SIGKILL)
            service._watch.join(60)
            assert (alive(supervisor), folder.exists()) == ([], False)
            browser.close()
        with pool.borrow() as browser:
            assert browser.open(f"{server.url}/never").title == "No button"


def test_other_browsers_take_over_from_a_browser_that_cannot_restart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_of(browsers=2)
    with misbehaving(PAGES) as server, pool_of(settings) as pool, ThreadPoolExecutor(1) as other:
        with pool.borrow() as first:
            with pool.borrow() as second:
                second.close()
            tries = break_browsers(monkeypatch, tmp_path)
            waiting = other.submit(clicker_of(pool, settings).click, f"{server.url}/good", "shop")
            while not (tries.exists() and len(tries.read_text().split()) == START_TRIES):
                threading.Event().wait(0.02)
        assert "row" in waiting.result(timeout=60)
        first.close()
        with pytest.raises(RunFailed, match="does not start"), pool.borrow():
            pass
        assert len(tries.read_text().split()) == 2 * START_TRIES


def test_a_failed_start_of_the_first_browser_is_not_retried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tries = break_browsers(monkeypatch, tmp_path)
    with pool_of(settings_of()) as pool, pytest.raises(RunFailed, match="does not start"), pool.borrow():
        pass
    assert len(tries.read_text().split()) == 1


def test_waiting_for_a_browser_ends_with_the_crawl() -> None:
    stop = threading.Event()
    pool = BrowserPool(settings_of(), Addresses(settings_of()), stop)
    pool._take()
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(Stopped), pool.borrow():
        pass
    pool.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "limit", "message"),
    [
        (resource.RLIMIT_NOFILE, 64, "only 64 files may be open"),
        (resource.RLIMIT_NOFILE, 100, "only 100 files may be open"),
        (resource.RLIMIT_AS, 3 * 10**9, "address space is limited to 3,000,000,000 bytes"),
    ],
)
def test_a_resource_limit_is_reported_and_the_crawl_continues_without_it(
    tmp_path: Path, kind: int, limit: int, message: str
) -> None:
    page = b"<html><h1>Fan</h1><p class='sku product-data'><b class='product-data-value'>7</b></p></html>"
    pages: dict[str, Answer | bytes] = {
        product_url("", "7"): page.replace(b"</html>", PAGES["/good"]),
        review_url("", "7"): as_json({"topics": [], "totalPages": 0}),
    }
    with misbehaving(pages) as server:
        command = [sys.executable, "-m", "ameli_build", "crawl", "--out", str(tmp_path / "s"), "--profile", "demo"]
        command += ["--sku", "7", "--site-url", server.url]
        limits = partial(resource.setrlimit, kind, (limit, limit))
        first = subprocess.run(command, check=False, capture_output=True, text=True, preexec_fn=limits)
        assert (first.returncode, message in first.stderr) == (1, True), first.stderr
        assert not any(word in first.stderr for word in ("Traceback", "http://", "https://"))
        again = subprocess.run(command, check=False, capture_output=True, text=True)
        assert again.returncode == 0, again.stderr
        assert "1 after a click" in again.stderr
        assert (
            sum(seen.target == product_url("", "7") for seen in server.seen) == 2
        )  # by the fetcher and by the browser
