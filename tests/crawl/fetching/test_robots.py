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
    """The outcome for one page of a server with this robots.txt: "fetched", or the kind of failure."""
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
def test_disallowed_paths_are_not_requested(target: str, result: str) -> None:
    assert outcome(RULES, target) == result


def test_rules_for_this_crawler_by_name_are_obeyed() -> None:
    assert outcome(b"User-agent: ameli-build\nDisallow: /\n\nUser-agent: *\nAllow: /\n", "/lamp") == "robots"


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_without_a_robots_txt_every_path_is_allowed(code: int) -> None:
    assert outcome(RULES, "/cart/2", Status(code)) == "fetched"


@pytest.mark.parametrize("fault", [Status(503), Status(500), Status(429), Hang(), ACCESS_DENIED], ids=str)
def test_an_unavailable_robots_txt_of_the_shop_stops_the_crawl_at_once(fault: Fault) -> None:
    with pytest.raises(RunFailed, match=r"robots\.txt: .*run the same command again"):
        outcome(RULES, "/lamp", fault)


def test_a_page_in_place_of_robots_txt_has_no_rules() -> None:
    assert outcome(RULES, "/cart/2", Page(b"<html>Disallow: /cart</html>")) == "fetched"


def test_a_robots_txt_of_ten_megabytes_is_read_up_to_the_limit_of_the_standard() -> None:
    assert outcome(RULES + b"# much\n" * 1_500_000, "/cart/2", read_timeout=10) == "robots"


def test_binary_bytes_before_the_rules_are_ignored() -> None:
    assert outcome(b"\xff\xfe\0" * 50 + b"\n" + RULES, "/cart/2") == "robots"


def test_a_crawl_delay_is_obeyed() -> None:
    pages: dict[str, Answer | bytes] = {"/lamp": PAGE, "/robots.txt": b"User-agent: *\nCrawl-delay: 0.3\n"}
    with misbehaving(pages) as server:
        fetcher = Fetcher(CrawlSettings(site_url=server.url, rate=1e4))
        for _ in range(2):
            fetcher.get(f"{server.url}/lamp", "page", html_page)
        fetcher.close()
    moments = [seen.at for seen in server.seen]
    assert moments[1] - moments[0] > 0.25
    assert moments[2] - moments[1] > 0.25


def test_robots_txt_is_read_once() -> None:
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
def test_the_token_of_a_user_agent_for_robots_txt(agent: str, token: str) -> None:
    assert product_token(agent) == token


class Hosts:
    """Current rules of hosts (None: unavailable), the hosts read so far, and a clock."""

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


def test_robots_txt_is_read_again_after_a_day() -> None:
    hosts = Hosts(a=b"User-agent: *\nDisallow: /cart\n")
    assert hosts.outcome("http://a/cart") == "robots"
    hosts.rules["a"] = b""
    hosts.now = 86_000.0
    assert hosts.outcome("http://a/cart") == "robots"
    hosts.now = 86_400.0
    assert hosts.outcome("http://A/cart") == "allowed"
    assert hosts.read == ["a", "a"]


def test_rules_that_cannot_be_read_again_stay_in_force() -> None:
    hosts = Hosts(a=b"User-agent: *\nDisallow: /cart\n")
    assert hosts.outcome("http://a/lamp") == "allowed"
    hosts.rules["a"], hosts.now = None, 90_000.0
    assert [hosts.outcome("http://a/lamp"), hosts.outcome("http://a/cart")] == ["allowed", "robots"]
    assert hosts.read == ["a", "a"]


def test_an_unavailable_robots_txt_is_requested_again_after_an_hour() -> None:
    hosts = Hosts(a=None)
    assert [hosts.outcome("http://a/lamp") for _ in range(3)] == ["robots_unreachable"] * 3
    hosts.rules["a"], hosts.now = b"", 3600.0
    assert hosts.outcome("http://a/lamp") == "allowed"
    assert hosts.read == ["a", "a"]


def test_a_slow_host_does_not_delay_another() -> None:
    asked, answered = threading.Event(), threading.Event()

    def load(origin: str) -> bytes:
        if origin == "http://slow":
            asked.set()
            assert answered.wait(5)
        return b""

    robots = Robots("ameli-build", load, lambda *_: None)
    slow = threading.Thread(target=robots.check, args=("http://slow/lamp",))
    slow.start()
    assert asked.wait(5)
    robots.check("http://quick/lamp")
    assert slow.is_alive()
    answered.set()
    slow.join()


def test_rules_after_the_first_500_kib_are_ignored() -> None:
    assert outcome(b"# much\n" * 80_000 + RULES, "/cart/2") == "fetched"


def test_robots_txt_may_redirect_to_another_allowed_host() -> None:
    rules = misbehaving({"/rules": Answer(RULES, "text/plain")}, host_name="localhost")
    with rules:
        redirect = Answer(b"", "text/plain", 302, (("Location", f"{rules.url}/rules"),))
        with misbehaving({"/robots.txt": redirect, "/cart/2": PAGE}) as server:
            settings = {"hosts": ("localhost",), "allow_loopback": True, "rate": 1e4}
            fetcher = Fetcher(CrawlSettings(site_url=server.url, **settings))  # type: ignore[arg-type]
            with pytest.raises(FetchFailed, match=r"disallowed by the robots\.txt"):
                fetcher.get(f"{server.url}/cart/2", "page", html_page)
            fetcher.close()


def test_an_image_host_without_available_robots_txt_is_given_up_and_pages_are_fetched() -> None:
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
def test_byte_order_marks_hide_no_rule(body: bytes) -> None:
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
def test_a_body_without_robots_txt_syntax_stops_the_crawl(body: bytes) -> None:
    with pytest.raises(RunFailed, match=r"robots\.txt: .*run the same command again"):
        outcome(body, "/lamp")


@pytest.mark.parametrize("body", [b"", b"\n\n", b"# nothing\n", b"\xef\xbb\xbf", b"Sitemap: http://x/s.xml\n"])
def test_a_robots_txt_without_rules_forbids_nothing(body: bytes) -> None:
    assert outcome(body, "/cart/2") == "fetched"
