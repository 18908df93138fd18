"""robots.txt in all its states, from a real server."""

from __future__ import annotations

import threading

import pytest
from crawl.crawling import html_page
from faults.http_faults import ACCESS_DENIED, Fault, Hang, Page, Status
from faults.server import always, misbehaving

from ameli_build.core.errors import RunFailed
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.fetching.addresses import Forbidden
from ameli_build.crawl.fetching.failures import FetchFailed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.fetching.robots import Robots, RobotsUnreachable, product_token
from ameli_build.demo.answers import Answer

PAGE = b"<html><title>A lamp</title></html>"
RULES = b"User-agent: GetIntentCrawler\nDisallow: /\n\nUser-agent: *\nDisallow: /api/*.json\nDisallow: /cart\n"


def outcome(robots: bytes | None, target: str, *faults: Fault, **settings: float) -> str:
    """The fate of one page of a server with this robots.txt: "fetched", or the kind of failure."""
    pages: dict[str, Answer | bytes] = {"/lamp": PAGE, "/api/1.json": PAGE, "/cart/2": PAGE}
    if robots is not None:
        pages["/robots.txt"] = Answer(robots, "text/plain")
    with misbehaving(pages, *(always(fault, "robots") for fault in faults)) as server:
        values = {"rate": 1e4, "backoff": 0.001, "retries": 1, "read_timeout": 0.3} | settings
        fetcher = Fetcher(CrawlSettings(site_url=server.url, **values))  # type: ignore[arg-type]
        try:
            fetcher.get(server.url + target, "page", html_page)
        except FetchFailed as failure:
            assert not any(seen.target == target for seen in server.seen)
            return failure.kind
        finally:
            fetcher.close()
    return "fetched"


@pytest.mark.parametrize(("target", "result"), [("/lamp", "fetched"), ("/api/1.json", "robots"), ("/cart/2", "robots")])
def test_disallowed_paths_are_not_asked_for(target: str, result: str) -> None:
    assert outcome(RULES, target) == result


def test_rules_for_this_crawler_by_name_count() -> None:
    assert outcome(b"User-agent: ameli-build\nDisallow: /\n\nUser-agent: *\nAllow: /\n", "/lamp") == "robots"


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_without_a_robots_txt_all_is_allowed(code: int) -> None:
    assert outcome(RULES, "/cart/2", Status(code)) == "fetched"


@pytest.mark.parametrize("fault", [Status(503), Status(500), Status(429), Hang(), ACCESS_DENIED], ids=str)
def test_while_the_shops_cannot_be_had_the_crawl_stops_at_once(fault: Fault) -> None:
    with pytest.raises(RunFailed, match=r"robots\.txt: .*run the same command again"):
        outcome(RULES, "/lamp", fault)


def test_a_page_in_its_place_has_no_rules() -> None:
    assert outcome(RULES, "/cart/2", Page(b"<html>Disallow: /cart</html>")) == "fetched"


def test_ten_megabytes_are_read_as_far_as_the_standard_asks() -> None:
    assert outcome(RULES + b"# much\n" * 1_500_000, "/cart/2", read_timeout=10) == "robots"


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert outcome(b"\xff\xfe\0" * 50 + b"\n" + RULES, "/cart/2") == "robots"


def test_a_crawl_delay_is_kept() -> None:
    pages: dict[str, Answer | bytes] = {"/lamp": PAGE, "/robots.txt": b"User-agent: *\nCrawl-delay: 0.3\n"}
    with misbehaving(pages) as server:
        fetcher = Fetcher(CrawlSettings(site_url=server.url, rate=1e4))
        for _ in range(2):
            fetcher.get(f"{server.url}/lamp", "page", html_page)
        fetcher.close()
    moments = [seen.at for seen in server.seen]
    assert moments[1] - moments[0] > 0.25
    assert moments[2] - moments[1] > 0.25


def test_it_is_read_once() -> None:
    with misbehaving({"/lamp": PAGE, "/robots.txt": RULES}) as server:
        fetcher = Fetcher(CrawlSettings(site_url=server.url, rate=1e4))
        for _ in range(3):
            fetcher.get(f"{server.url}/lamp", "page", html_page)
        fetcher.close()
    assert [seen.target for seen in server.seen].count("/robots.txt") == 1


@pytest.mark.parametrize(
    ("agent", "token"),
    [(CrawlSettings().user_agent, "ameli-build"), ("my-bot/2.0 (mail@example.org)", "my-bot"), ("", "*")],
)
def test_the_name_that_robots_txt_knows(agent: str, token: str) -> None:
    assert product_token(agent) == token


class Hosts:
    """Rules of hosts as they are now (None: not to be had), how often they were read, and a clock."""

    def __init__(self, **rules: bytes | None) -> None:
        self.rules = rules
        self.read: list[str] = []
        self.now = 0.0
        self.robots = Robots("ameli-build", self.load, lambda *_: None, lambda: self.now)

    def load(self, origin: str) -> bytes:
        name = origin.rpartition("/")[2]
        self.read.append(name)
        rules = self.rules[name]
        if rules is None:
            raise RobotsUnreachable("timeout")
        return rules

    def outcome(self, url: str) -> str:
        try:
            self.robots.check(url)
        except Forbidden as forbidden:
            return forbidden.kind
        return "allowed"


def test_it_is_read_anew_after_a_day() -> None:
    hosts = Hosts(a=b"User-agent: *\nDisallow: /cart\n")
    assert hosts.outcome("http://a/cart") == "robots"
    hosts.rules["a"] = b""
    hosts.now = 86_000.0
    assert hosts.outcome("http://a/cart") == "robots"
    hosts.now = 86_400.0
    assert hosts.outcome("http://A/cart") == "allowed"
    assert hosts.read == ["a", "a"]


def test_rules_that_cannot_be_had_anew_stay() -> None:
    hosts = Hosts(a=b"User-agent: *\nDisallow: /cart\n")
    assert hosts.outcome("http://a/lamp") == "allowed"
    hosts.rules["a"], hosts.now = None, 90_000.0
    assert [hosts.outcome("http://a/lamp"), hosts.outcome("http://a/cart")] == ["allowed", "robots"]
    assert hosts.read == ["a", "a"]


def test_what_could_not_be_had_is_asked_for_again_after_an_hour() -> None:
    hosts = Hosts(a=None)
    assert [hosts.outcome("http://a/lamp") for _ in range(3)] == ["robots_unreachable"] * 3
    hosts.rules["a"], hosts.now = b"", 3600.0
    assert hosts.outcome("http://a/lamp") == "allowed"
    assert hosts.read == ["a", "a"]


def test_a_host_that_is_slow_to_tell_holds_up_no_other() -> None:
    asked, told = threading.Event(), threading.Event()

    def load(origin: str) -> bytes:
        if origin == "http://slow":
            asked.set()
            assert told.wait(5)
        return b""

    robots = Robots("ameli-build", load, lambda *_: None)
    slow = threading.Thread(target=robots.check, args=("http://slow/lamp",))
    slow.start()
    assert asked.wait(5)
    robots.check("http://quick/lamp")
    assert slow.is_alive()
    told.set()
    slow.join()


def test_what_lies_behind_the_first_500_kib_does_not_count() -> None:
    assert outcome(b"# much\n" * 80_000 + RULES, "/cart/2") == "fetched"


def test_rules_may_lie_on_another_host_that_is_allowed() -> None:
    rules = misbehaving({"/rules": Answer(RULES, "text/plain")}, host_name="localhost")
    with rules:
        leads = Answer(b"", "text/plain", 302, (("Location", f"{rules.url}/rules"),))
        with misbehaving({"/robots.txt": leads, "/cart/2": PAGE}) as server:
            settings = {"hosts": ("localhost",), "allow_loopback": True, "rate": 1e4}
            fetcher = Fetcher(CrawlSettings(site_url=server.url, **settings))  # type: ignore[arg-type]
            with pytest.raises(FetchFailed, match=r"disallowed by the robots\.txt"):
                fetcher.get(f"{server.url}/cart/2", "page", html_page)
            fetcher.close()


def test_pictures_of_a_host_without_one_to_be_had_are_given_up_and_pages_are_not() -> None:
    pictures = misbehaving({}, always(Status(503), "robots"), host_name="localhost")
    with pictures, misbehaving({"/lamp": PAGE}) as shop:
        settings = {"image_hosts": ("localhost",), "allow_loopback": True, "rate": 1e4, "retries": 0}
        fetcher = Fetcher(CrawlSettings(site_url=shop.url, **settings))  # type: ignore[arg-type]
        for number in range(3):
            with pytest.raises(FetchFailed, match="robots_unreachable"):
                fetcher.get(f"{pictures.url}/{number}.jpg", "image", lambda _: None)
        fetcher.get(f"{shop.url}/lamp", "page", html_page)
        fetcher.close()
    assert [seen.target for seen in pictures.seen] == ["/robots.txt"]


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + RULES,
        b"\xef\xbb\xbf\xef\xbb\xbf" + RULES,
        b"# rules\n\xef\xbb\xbf" + RULES,
        b"\xff\xfe" + RULES.decode().encode("utf-16-le"),
        RULES.decode().encode("utf-16"),
        RULES.decode().encode("utf-16-le"),
        RULES.replace(b"\n", b"\r"),
        "\u200b".encode() + RULES,
        b"\0" + RULES,
    ],
)
def test_marks_of_byte_order_hide_no_rule(body: bytes) -> None:
    assert outcome(body, "/cart/2") == "robots"
    assert outcome(body, "/lamp") == "fetched"


@pytest.mark.parametrize(
    "body",
    [
        b"later: please",
        b"\x1f\x8b\x08" + bytes(range(256)) * 3,
        b"Service busy",
        RULES.decode().encode("utf-32"),
        b"User-agent = *\nDisallow = /cart\n",
        b"Disallow: /cart\n",
        b"User-agent:\nDisallow: /cart\n",
    ],
)
def test_what_is_no_robots_txt_stops_the_crawl(body: bytes) -> None:
    with pytest.raises(RunFailed, match=r"robots\.txt: .*run the same command again"):
        outcome(body, "/lamp")


@pytest.mark.parametrize("body", [b"", b"\n\n", b"# nothing\n", b"\xef\xbb\xbf", b"Sitemap: http://x/s.xml\n"])
def test_a_robots_txt_without_rules_forbids_nothing(body: bytes) -> None:
    assert outcome(body, "/cart/2") == "fetched"
