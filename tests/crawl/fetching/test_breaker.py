"""Hosts that refuse and hosts that are down, with a clock set by the tests and with a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from crawl.crawling import html_page
from faults.server import always, misbehaving

from ameli_build.core.errors import RunFailed
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.fetching.breaker import Breaker
from ameli_build.crawl.fetching.failures import FetchFailed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import FaultPlan, Status
from ameli_build.demo.server import LoopbackServer

SHOP, IMAGES = "shop.test", "images.test"
PAGE = b"<html><title>A lamp</title></html>"


class Bench:
    """A breaker with a settable clock and the lines that it printed."""

    def __init__(self, **settings: float) -> None:
        values = {"max_failures": 3, "max_forbidden": 2, "max_outage": 1000.0, "backoff": 1.0} | settings
        self.now = 50.0
        self.lines: list[str] = []
        crawl = CrawlSettings(**values)  # type: ignore[arg-type]
        self.breaker = Breaker(crawl, lambda host: host == IMAGES, lambda: self.now, self.lines.append)

    def fail(self, host: str = SHOP, times: int = 3) -> None:
        for number in range(times):
            self.breaker.failed(host, "timeout", f"http://{host}/{number}")

    def probe(self, up: bool, host: str = SHOP) -> float:
        """Wait for the next probe of the host and report its outcome; the seconds of waiting."""
        start = self.now
        while seconds := self.breaker.wait(host):
            self.now += seconds
        assert seconds == 0.0
        self.breaker.probed(host, up)
        return self.now - start


def test_a_few_failures_are_no_outage() -> None:
    bench = Bench()
    bench.fail(times=2)
    bench.breaker.answered(SHOP)
    bench.fail(times=2)
    assert bench.breaker.wait(SHOP) is None
    assert bench.lines == []


def test_failures_in_a_row_pause_a_host_longer_and_longer() -> None:
    bench = Bench()
    bench.fail()
    assert [bench.probe(up=False) for _ in range(5)] == [30.0, 60.0, 120.0, 240.0, 300.0]
    assert bench.breaker.wait(IMAGES) is None
    assert "3 failures in a row, the last (timeout) for http://shop.test/2; next try in 30 s" in bench.lines[0]


def test_one_request_at_a_time_probes_a_host() -> None:
    bench = Bench()
    bench.fail()
    bench.now += 30.0
    assert bench.breaker.wait(SHOP) == 0.0
    others = [bench.breaker.wait(SHOP) for _ in range(3)]
    assert all(other is not None and other > 0 for other in others)
    bench.breaker.probed(SHOP, up=True)
    assert bench.breaker.wait(SHOP) is None


def test_a_host_that_fails_after_a_probe_pauses_longer() -> None:
    bench = Bench()
    bench.fail()
    assert bench.probe(up=True) == 30.0
    bench.fail()
    assert bench.probe(up=True) == 60.0
    bench.breaker.answered(SHOP)
    bench.fail()
    assert bench.probe(up=True) == 30.0


def test_the_shop_is_given_up_after_the_longest_outage() -> None:
    bench = Bench()
    bench.fail()
    for _ in range(6):  # 30 + 60 + 120 + 240 + 300 + 300 s
        bench.probe(up=False)
    with pytest.raises(RunFailed, match=r"shop\.test: down for 18 minutes .*run the same command to continue"):
        bench.breaker.wait(SHOP)
    with pytest.raises(RunFailed):
        bench.breaker.wait(IMAGES)


def test_giving_up_an_image_host_does_not_end_the_crawl() -> None:
    bench = Bench(max_outage=0.0)
    bench.fail(IMAGES)
    with pytest.raises(FetchFailed) as caught:
        bench.breaker.wait(IMAGES)
    assert (caught.value.kind, caught.value.again) == ("host_given_up", False)
    assert bench.breaker.wait(SHOP) is None
    assert bench.lines == [
        "crawl: images.test: down for 0 minutes (3 failures in a row, the last (timeout) for"
        " http://images.test/2); no more requests to this host: the next run continues"
    ]


def test_refusals_in_a_row_by_an_image_host_give_up_that_host_only() -> None:
    bench = Bench()
    bench.breaker.refused(IMAGES, "http_403", "u1")
    bench.breaker.accepted(IMAGES)
    bench.breaker.refused(IMAGES, "http_403", "u2")
    with pytest.raises(FetchFailed, match=r"host_given_up: images\.test: 2 refusals in a row, the last \(http_403\)"):
        bench.breaker.refused(IMAGES, "http_403", "u3")
    bench.breaker.refused(SHOP, "blocked", "u4")
    with pytest.raises(
        RunFailed, match=r"2 refusals in a row.*spare the host; look; wait some hours, lower crawl\.rate"
    ):
        bench.breaker.refused(SHOP, "blocked", "u5", "look; ")


def test_an_answer_does_not_reset_the_count_of_refusals() -> None:
    bench = Bench()
    bench.breaker.refused(SHOP, "http_403", "u1")
    bench.breaker.answered(SHOP)
    with pytest.raises(RunFailed):
        bench.breaker.refused(SHOP, "http_403", "u2")


class Outage:
    """Answers of a server that is down after its first page, until `probes` more requests for robots.txt."""

    def __init__(self, probes: int) -> None:
        self.remaining = probes
        self.pages = 0

    def __call__(self, target: str) -> Answer:
        down = self.pages > 0 and self.remaining > 0
        if target == "/robots.txt":
            self.remaining -= self.pages > 0
            return Answer(b"", "text/plain", 503 if down and self.remaining else 404)
        self.pages += 1
        return Answer(PAGE) if not down else Answer(b"", "text/plain", 503)


@contextmanager
def fetching(respond: Outage, **settings: float) -> Iterator[tuple[LoopbackServer, Fetcher]]:
    with LoopbackServer(respond, FaultPlan(())) as server:
        values = {"rate": 1e4, "backoff": 0.0005, "retries": 0, "max_failures": 3} | settings
        fetcher = Fetcher(CrawlSettings(site_url=server.url, **values))  # type: ignore[arg-type]
        try:
            yield server, fetcher
        finally:
            fetcher.close()


def test_an_outage_of_a_real_server_costs_only_the_requests_that_detect_it(capsys: pytest.CaptureFixture[str]) -> None:
    with fetching(Outage(probes=3)) as (server, fetcher):
        fetcher.get(f"{server.url}/0", "page", html_page)
        for number in range(3):
            with pytest.raises(FetchFailed, match="http_503"):
                fetcher.get(f"{server.url}/{number}", "page", html_page)
        fetcher.get(f"{server.url}/4", "page", html_page)
    assert [seen.target for seen in server.seen][-4:] == ["/robots.txt", "/robots.txt", "/robots.txt", "/4"]
    assert "responds again" in capsys.readouterr().err


def test_a_real_server_that_stays_down_ends_the_crawl() -> None:
    with fetching(Outage(probes=10**9), max_outage=0.05) as (server, fetcher):
        fetcher.get(f"{server.url}/0", "page", html_page)

        def fail_always() -> None:
            for number in range(9):
                with pytest.raises(FetchFailed):
                    fetcher.get(f"{server.url}/{number}", "page", html_page)

        with pytest.raises(RunFailed, match="down for"):
            fail_always()
    assert sum(seen.target != "/robots.txt" for seen in server.seen) == 4


def test_a_refusing_image_host_is_given_up_and_pages_are_still_fetched() -> None:
    pictures = misbehaving({}, always(Status(403), "jpg"), host_name="localhost")
    with pictures, misbehaving({"/lamp": PAGE}) as shop:
        settings = {"image_hosts": ("localhost",), "allow_loopback": True, "rate": 1e4, "max_forbidden": 3}
        fetcher = Fetcher(CrawlSettings(site_url=shop.url, **settings))  # type: ignore[arg-type]
        kinds = []
        for number in range(5):
            with pytest.raises(FetchFailed) as caught:
                fetcher.get(f"{pictures.url}/{number}.jpg", "image", lambda _: None)
            kinds.append(caught.value.kind)
        fetcher.get(f"{shop.url}/lamp", "page", html_page)
        fetcher.close()
    assert kinds == ["http_403", "http_403", "host_given_up", "host_given_up", "host_given_up"]
    assert sum("jpg" in seen.target for seen in pictures.seen) == 3
