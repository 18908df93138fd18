"""URLs that may be fetched, and addresses that may be connected to."""

from __future__ import annotations

import socket
from urllib.parse import quote

import pytest
from faults.server import misbehaving

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import CrawlSettings, load_settings
from ameli_build.crawl.fetching.addresses import Addresses, Forbidden
from ameli_build.crawl.fetching.failures import FetchFailed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.demo.answers import moved

SHOP = Addresses(CrawlSettings())
OWN = Addresses(CrawlSettings(site_url="http://127.0.0.1:8123/", image_hosts=("localhost",)))


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://evil.example/x", "forbidden_host"),
        ("https://www.bestbuy.com.evil.example/x", "forbidden_host"),
        ("https://www.bestbuy.com@evil.example/x", "forbidden_host"),
        ("https://user@www.bestbuy.com/x", "forbidden_host"),
        ("http://127.0.0.1/x", "forbidden_host"),
        ("http://[::1]/x", "forbidden_host"),
        ("http://[::ffff:127.0.0.1]/x", "forbidden_host"),
        ("http://2130706433/x", "forbidden_host"),
        ("http://169.254.169.254/latest/meta-data", "forbidden_host"),
        ("file:///etc/passwd", "forbidden_scheme"),
        ("data:text/html,hi", "forbidden_scheme"),
        ("ftp://www.bestbuy.com/x", "forbidden_scheme"),
        ("https://www.bestbuy.com/a b", "bad_url"),
        ("https://www.bestbuy.com:99999/", "bad_url"),
        ("https://[www.bestbuy.com/", "bad_url"),
    ],
)
def test_a_url_outside_the_shop_is_forbidden(url: str, kind: str) -> None:
    with pytest.raises(Forbidden) as caught:
        SHOP.check(url)
    assert caught.value.kind == kind


def test_the_hosts_of_the_shop_are_allowed() -> None:
    assert SHOP.check("https://www.bestbuy.com/site/1.p") == "www.bestbuy.com"
    assert SHOP.check("https://pisces.bbystatic.com/a.jpg") == "pisces.bbystatic.com"


def test_the_site_of_a_user_replaces_the_hosts_of_the_shop() -> None:
    assert OWN.resolve("https://www.bestbuy.com/site/1.p?skuId=1#top") == "http://127.0.0.1:8123/site/1.p?skuId=1"
    assert OWN.resolve("https://sitemaps.bestbuy.com/sitemaps_pdp.xml") == "http://127.0.0.1:8123/sitemaps_pdp.xml"
    assert OWN.resolve("https://photos-us.bazaarvoice.com/p/1") == "http://127.0.0.1:8123/p/1"
    assert OWN.resolve("/site/2.p") == "http://127.0.0.1:8123/site/2.p"
    assert OWN.resolve("http://localhost:9000/a.jpg") == "http://localhost:9000/a.jpg"


def test_the_site_of_a_user_allows_one_port_and_a_named_host_allows_any() -> None:
    assert OWN.check("http://127.0.0.1:8123/x") == "127.0.0.1:8123"
    assert OWN.check("http://localhost:9000/x") == "localhost:9000"
    for url in ("http://127.0.0.1:8124/x", "http://127.0.0.1/x", "https://www.bestbuy.com/x"):
        with pytest.raises(Forbidden):
            OWN.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:22/a.jpg",
        "http://localhost/a.jpg",
        "http://LOCALHOST:9001/a.jpg",
        "http://127.0.0.1:9000/a.jpg",
    ],
)
def test_an_image_host_with_a_port_allows_that_port_only(url: str) -> None:
    named = Addresses(CrawlSettings(site_url="http://127.0.0.1:8123", image_hosts=("localhost:9000",)))
    assert named.check("http://localhost:9000/a.jpg", "image") == "localhost:9000"
    with pytest.raises(Forbidden):
        named.check(url, "image")


def test_hosts_of_the_profile_stay_allowed_with_the_site_of_a_user() -> None:
    named = Addresses(CrawlSettings(site_url="http://127.0.0.1:8123", hosts=("maps.example",)))
    assert named.resolve("http://maps.example/x") == "http://maps.example/x"
    assert named.check("http://maps.example/x") == "maps.example"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.7", "192.168.1.1", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:127.0.0.1", "0.0.0.0"],
)
def test_connections_to_private_addresses_are_refused(address: str) -> None:
    assert not SHOP.may_connect("www.bestbuy.com", 443, address)


def test_connections_to_public_addresses_are_used() -> None:
    assert SHOP.may_connect("www.bestbuy.com", 443, "23.62.100.20")
    assert SHOP.may_connect("www.bestbuy.com", 443, "2600:1406::1")


def test_allow_loopback_allows_loopback_and_no_other_private_address() -> None:
    local = Addresses(CrawlSettings(allow_loopback=True, site_url="http://127.0.0.1:8123"))
    assert local.may_connect("localhost", 80, "127.0.0.1")
    assert local.may_connect("localhost", 80, "::1")
    assert not local.may_connect("localhost", 80, "10.0.0.7")


def test_the_site_of_a_user_may_be_private_and_other_hosts_may_not() -> None:
    assert OWN.may_connect("127.0.0.1", 8123, "127.0.0.1")
    assert not OWN.may_connect("localhost", 8123, "127.0.0.1")


def test_an_invalid_site_url_names_its_setting() -> None:
    with pytest.raises(UnusableInput, match=r"crawl.site_url"):
        Addresses(CrawlSettings(site_url="bestbuy"))


def test_images_only_is_true_for_image_hosts_and_false_for_the_shop() -> None:
    assert SHOP.images_only("pisces.bbystatic.com")
    assert OWN.images_only("localhost:8124")
    assert not SHOP.images_only("www.bestbuy.com")
    assert not OWN.images_only("127.0.0.1:8123")
    assert not Addresses(CrawlSettings(image_hosts=("www.bestbuy.com",))).images_only("www.bestbuy.com")


@pytest.mark.parametrize("site", ["https://www.bestbuy.com", "http://shop.test", "https://23.62.100.20:8443"])
@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_a_remote_shop_reaches_no_port_of_this_machine(site: str, address: str) -> None:
    shop = Addresses(load_settings("demo").crawl.model_copy(update={"site_url": site}))
    for port in (22, 80, 8123):
        assert not shop.may_connect("localhost", port, address)
        assert not shop.may_connect("127.0.0.1", port, address)


@pytest.mark.parametrize("kind", ["page", "listing", "reviews", "sitemap", "api"])
def test_an_image_host_serves_images_only(kind: str) -> None:
    for url in ("http://localhost:9000/x", "http://localhost/x"):
        assert OWN.check(url, "image") == OWN.check(url, "robots")
        with pytest.raises(Forbidden, match="images only"):
            OWN.check(url, kind)


def spellings(port: int) -> list[str]:
    """An address of this machine in all spellings."""
    hosts = [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "127.1", "127.0.1",
        "0", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "127.0.0.1.",
        "localhost.", "LocalHost", "LOCALHOST.", "foo.localhost", "%31%32%37.0.0.1", "%6cocalhost",
        "\uff11\uff12\uff17.0.0.1",
        "user@127.0.0.1", "www.bestbuy.com@localhost", "www.bestbuy.com:80@localhost",
        "127\u30020\u30020\u30021", "localhost\\@www.bestbuy.com",
    ]  # fmt: skip
    return [f"http://{host}:{port}/x" for host in hosts]


@pytest.mark.parametrize("kind", ["page", "image"])
def test_a_redirect_in_no_spelling_reaches_another_port_of_this_machine(kind: str) -> None:
    with misbehaving({}) as victim:
        targets = dict(enumerate(spellings(victim.server_port)))
        targets |= {99: f"//localhost:{victim.server_port}/x", 98: f"\thttp://localhost:{victim.server_port}/x"}
        pages = {f"/{number}": moved(quote(url, safe=":/@[]%\\.\t")) for number, url in targets.items()}
        with misbehaving(pages) as shop:
            crawl = load_settings("demo").crawl.model_copy(update={"site_url": shop.url, "retries": 0, "rate": 1e4})
            fetcher = Fetcher(crawl)
            for path in pages:
                with pytest.raises(FetchFailed) as caught:
                    fetcher.get(f"{shop.url}{path}", kind, lambda response: None)
                assert caught.value.kind in ("forbidden_host", "bad_url", "forbidden_address", "http_404"), path
            fetcher.close()
        assert victim.seen == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "64:ff9b::7f00:1"])
def test_a_name_with_a_private_address_is_not_fetched(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert not SHOP.may_connect("www.bestbuy.com", 443, address)
    if address == "127.0.0.1":
        looked_up = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *more: looked_up(address, port, *more))
        with misbehaving({}) as victim:
            fetcher = Fetcher(CrawlSettings(site_url=f"http://shop.test:{victim.server_port}", retries=0))
            fetcher.addresses._own = ("", 0)  # the site of a user may have any address
            with pytest.raises((FetchFailed, RunFailed), match="forbidden_address"):
                fetcher.get(f"http://shop.test:{victim.server_port}/x", "image", lambda response: None)
            fetcher.close()
            assert victim.seen == []
