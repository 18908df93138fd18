"""Products from categories, sitemaps and lists of SKUs, at a real server."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from crawl.crawling import settings_for, source_of
from demo.small_world import LAPTOPS, picture, small_world
from faults.server import always, misbehaving

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.crawl.journal import Selection
from ameli_build.crawl.listings import find_targets
from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import Status
from ameli_build.demo.storefront import Storefront

ALL = [product.sku for product in small_world().products]
CATEGORY = LAPTOPS[-1][0]


def shelf(skus: str, following: str = "") -> bytes:
    cards = "".join(
        f'<li class="sku-item" data-sku-id="{sku}"><h4 class="sku-title"><a href="/site/x/{sku}.p?skuId={sku}">x</a>'
        "</h4></li>"
        for sku in skus.split()
    )
    link = f'<a class="sku-list-page-next" href="{following}">next</a>' if following else ""
    return f"<html><title>Shelf</title><ol class='sku-item-list'>{cards}</ol>{link}</html>".encode()


def skus_of(root: Path, site_url: str, *categories: str, skus: tuple[str, ...] = (), most: int | None = None) -> list:
    settings = settings_for(site_url)
    with source_of(root, settings) as source:
        return [target.sku for target in find_targets(source, settings.crawl, Selection(categories, skus, most))]


def test_the_sitemap_and_the_category_of_the_storefront_list_every_product(tmp_path: Path) -> None:
    with Storefront(small_world(), pictures=picture) as shop:
        assert sorted(skus_of(tmp_path / "a", shop.site_url)) == sorted(ALL)
        listed = skus_of(tmp_path / "b", shop.site_url, CATEGORY)
    assert sorted(listed) == [sku for sku in sorted(ALL) if sku.startswith("70001")]


def test_named_skus_precede_categories_and_no_product_is_repeated(tmp_path: Path) -> None:
    pages = {"/site/x/x/c1.c?cp=1&id=c1": shelf("1001 1002"), "/site/x/x/c2.c?cp=1&id=c2": shelf("1002 1003")}
    with misbehaving(pages) as server:
        found = skus_of(tmp_path, server.url, "c1", "c2", skus=("1003", "1003"))
        assert found == ["1003", "1001", "1002"]


@pytest.mark.parametrize("option", [{"skus": ("",)}, {"skus": ("../x",)}, {"categories": ("a b&c=/..",)}])
def test_an_invalid_id_is_wrong_usage(tmp_path: Path, option: dict[str, tuple[str, ...]]) -> None:
    with misbehaving({}) as server:
        settings = settings_for(server.url)
        with source_of(tmp_path, settings) as source, pytest.raises(UnusableInput, match="not an id"):
            find_targets(source, settings.crawl, Selection(**option))
        assert not server.seen


def counted(skus: str, total: int) -> bytes:
    """A listing of 2025, with a count and without a link to the next page."""
    cards = "".join(
        f'<li data-testid="{sku}"><a class="product-list-item-link" href="/product/x/J{sku}/sku/{sku}">x</a></li>'
        for sku in skus.split()
    )
    count = f'<span class="pagination-num-found">{total}</span>'
    return f"<html><title>L</title>{count}<ul class='product-grid-view-container'>{cards}</ul></html>".encode()


def test_a_listing_without_a_next_link_is_followed_by_its_count(tmp_path: Path) -> None:
    pages = {
        "/site/x/x/c.c?cp=1&id=c": counted("1001 1002", 3),
        "/site/x/x/c.c?cp=2&id=c": counted("1003", 3),
        "/site/x/x/d.c?cp=1&id=d": counted("2001", 9),
        "/site/x/x/d.c?cp=2&id=d": counted("2001", 9),
    }
    with misbehaving(pages) as server:
        assert skus_of(tmp_path, server.url, "c", "d") == ["1001", "1002", "1003", "2001"]
        assert sum(seen.target.startswith("/site") for seen in server.seen) == 4


def test_listings_are_followed_to_their_end(tmp_path: Path) -> None:
    pages = {
        "/site/x/x/c.c?cp=1&id=c": shelf("1001 1002", "/site/x/x/c.c?cp=2&id=c"),
        "/site/x/x/c.c?cp=2&id=c": shelf("1003", "/site/x/x/c.c?cp=3&id=c"),
        "/site/x/x/c.c?cp=3&id=c": shelf("1003 1001", "/site/x/x/c.c?cp=4&id=c"),
        "/site/x/x/c.c?cp=4&id=c": shelf("1004"),
    }
    with misbehaving(pages) as server:
        assert skus_of(tmp_path / "a", server.url, "c") == [
            "1001",
            "1002",
            "1003",
        ]  # the third page only repeats products
        assert skus_of(tmp_path / "b", server.url, "c", most=2) == ["1001", "1002"]
        assert not any("cp=2" in seen.target for seen in server.seen[-3:])


def test_a_listing_that_links_to_itself_ends(tmp_path: Path) -> None:
    pages = {"/site/x/x/c.c?cp=1&id=c": shelf("1001", "/site/x/x/c.c?id=c&cp=1"), "/site/x/x/c.c?id=c&cp=1": b""}
    with misbehaving(pages) as server:
        assert skus_of(tmp_path, server.url, "c") == ["1001"]


def test_sitemap_shards_may_be_compressed_and_list_themselves(tmp_path: Path) -> None:
    urls = "<url><loc>https://www.bestbuy.com/site/a/1001.p?skuId=1001</loc></url><url><loc>https://x/help</loc></url>"
    index = "<sitemap><loc>/sitemaps_pdp.xml</loc></sitemap><sitemap><loc>/s.gz</loc></sitemap>"
    pages = {
        "/sitemaps_pdp.xml": Answer(f"<sitemapindex>{index}</sitemapindex>".encode(), "application/xml"),
        "/s.gz": Answer(gzip.compress(f"<urlset>{urls}</urlset>".encode()), "application/x-gzip"),
    }
    with misbehaving(pages) as server:
        assert skus_of(tmp_path, server.url) == ["1001"]


@pytest.mark.parametrize("category", [(), ("c",)])
def test_a_crawl_without_products_is_an_error_with_its_cause(tmp_path: Path, category: tuple[str, ...]) -> None:
    with misbehaving({}) as server, pytest.raises(RunFailed, match=r"no product found \(http_404 for "):
        skus_of(tmp_path, server.url, *category)


def test_an_unavailable_robots_txt_is_named(tmp_path: Path) -> None:
    pages = {"/site/x/x/c.c?cp=1&id=c": shelf("1001")}
    with misbehaving(pages, always(Status(503), "robots")) as server, pytest.raises(RunFailed, match=r"robots.*503"):
        skus_of(tmp_path, server.url, "c")


def chairs(*skus: int, total: int = 0, following: int = 0) -> bytes:
    """A page of a listing with the count of all its products."""
    link = f"/site/x/x/c.c?cp={following}&id=c" if following else ""
    count = f'<span class="item-count">{total} items</span>' if total else ""
    return shelf(" ".join(map(str, skus)), link).replace(b"<ol", f"{count}<ol".encode())


PUZZLE = b"<html><title>Please wait</title><h1>One moment, please</h1></html>"
BARE = b"<html><title>Shelf</title><span class='item-count'>6 items</span></html>"
HOLES: dict[str, tuple[dict[int, bytes], dict[int, bytes]]] = {
    "a puzzle in the middle": ({2: PUZZLE}, {2: chairs(3, 4, total=6, following=3)}),
    "no cards in the middle": ({2: BARE}, {2: chairs(3, 4, total=6)}),
    "a puzzle at the end": ({3: PUZZLE}, {3: chairs(5, 6, total=6)}),
    "fewer cards than products": ({2: chairs(3, total=6, following=3)}, {2: chairs(3, 4, total=6)}),
    "an end too early": ({2: chairs(1, 2, total=6)}, {2: chairs(3, 4, total=6, following=3)}),
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_listing_stays_open_until_it_is_complete(tmp_path: Path, hole: str) -> None:
    bad, good = HOLES[hole]
    skus = [(1, 2), (3, 4), (5, 6)]
    shelves = {n: chairs(*skus[n - 1], total=6, following=n + 1 if n < 3 else 0) for n in (1, 2, 3)}
    pages = {f"/site/x/x/c.c?cp={n}&id=c": body for n, body in (shelves | bad).items()}
    with misbehaving(pages) as server:
        first = skus_of(tmp_path, server.url, "c")
        assert set(first) < set("123456")
        pages |= {f"/site/x/x/c.c?cp={n}&id=c": body for n, body in good.items()}
        assert sorted(skus_of(tmp_path, server.url, "c")) == list("123456")
        asked = len(server.seen)
        assert sorted(skus_of(tmp_path, server.url, "c")) == list("123456")  # the listing is closed
        assert all(seen.target == "/robots.txt" for seen in server.seen[asked:])


def test_a_listing_with_too_few_products_is_a_failure(tmp_path: Path) -> None:
    pages = {"/site/x/x/c.c?cp=1&id=c": chairs(1, 2, total=4), "/site/x/x/c.c?cp=2&id=c": chairs(2, 1, total=4)}
    with misbehaving(pages) as server:
        skus_of(tmp_path, server.url, "c")
        with source_of(tmp_path, settings_for(server.url)) as source:
            assert [(failure.error, failure.kind) for failure in source.archive.failures()] == [
                ("listing_short", "done")
            ]


def test_a_category_with_a_count_of_zero_is_no_failure(tmp_path: Path) -> None:
    pages = {
        "/site/x/x/c.c?cp=1&id=c": b"<html><title>Shelf</title><span class='item-count'>0 items</span></html>",
        "/site/x/x/d.c?cp=1&id=d": shelf("11"),
    }
    with misbehaving(pages) as server:
        assert skus_of(tmp_path, server.url, "c", "d") == ["11"]
        with source_of(tmp_path, settings_for(server.url)) as source:
            assert source.archive.failures() == []


def index_of(*addresses: str) -> Answer:
    listed = "".join(f"<sitemap><loc>{address}</loc></sitemap>" for address in addresses)
    return Answer(f"<sitemapindex>{listed}</sitemapindex>".encode(), "application/xml")


def failures(root: Path, site_url: str) -> set[str]:
    with source_of(root, settings_for(site_url)) as source:
        return {failure.error for failure in source.archive.failures()}


@pytest.mark.parametrize(
    "endless",
    [
        lambda target: index_of(f"{target}x", f"{target}y"),  # each index lists two new sitemaps
        lambda target: index_of(*(f"/s{number}.xml" for number in range(100))),
        lambda target: index_of(target, f"{target}?again", f"{target}?again&again", f"{target}#1", f"/{target}"),
    ],
)
def test_endless_sitemaps_end_at_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endless: Callable[[str], Answer]
) -> None:
    monkeypatch.setattr("ameli_build.crawl.listings.MAX_SITEMAPS", 6)
    with misbehaving({}) as server:
        server.respond = lambda target: Answer(b"", "text/plain") if target == "/robots.txt" else endless(target)
        with pytest.raises(RunFailed, match="no product found"):
            skus_of(tmp_path, server.url)
        assert len([seen for seen in server.seen if seen.target != "/robots.txt"]) <= 6
        assert "too_many_sitemaps" in failures(tmp_path, server.url)


def test_products_before_the_limit_of_sitemaps_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ameli_build.crawl.listings.MAX_SITEMAPS", 3)
    shard = "<urlset><url><loc>/site/a/{0}.p?skuId={0}</loc></url></urlset>"
    pages = {f"/s{number}": Answer(shard.format(number).encode(), "application/xml") for number in range(1, 9)}
    with misbehaving(pages | {"/sitemaps_pdp.xml": index_of(*pages)}) as server:
        assert skus_of(tmp_path, server.url) == ["1", "2"]


@pytest.mark.parametrize(
    "loc",
    ["&lol9;", "<![CDATA[&lol9;]]>", "/site/a/1001.p?skuId=1001&lol9;"],
)
def test_entities_of_a_sitemap_are_not_expanded(tmp_path: Path, loc: str) -> None:
    laughs = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY lol0 "lol"><!ENTITY f SYSTEM "file:///etc/passwd">{laughs}]>'
    urls = f"<url><loc>{loc}</loc></url><url><loc>&f;</loc></url><url><loc>/site/a/7.p?skuId=7</loc></url>"
    pages = {"/sitemaps_pdp.xml": Answer(f"{doctype}<urlset>{urls}</urlset>".encode(), "application/xml")}
    with misbehaving(pages) as server:
        assert "7" in skus_of(tmp_path, server.url)


@pytest.mark.parametrize("piece", [b"<loc>a</loc>", b" ", b"\0"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_sitemap_bomb_is_rejected(tmp_path: Path, piece: bytes, times: int) -> None:
    bomb = b"<urlset>" + piece * (80_000_000 // len(piece))
    for _ in range(times):  # compressed by the author, then by the server
        bomb = gzip.compress(bomb, 1)
    headers = (("Content-Encoding", "gzip"),) if times > 1 else ()
    pages = {"/sitemaps_pdp.xml": Answer(bomb, "application/x-gzip", headers=headers)}
    with misbehaving(pages) as server, pytest.raises(RunFailed, match="wrong_type"):
        skus_of(tmp_path, server.url)


def test_an_endless_listing_ends_at_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ameli_build.crawl.listings.MAX_PAGES", 4)
    with misbehaving({}) as server:
        numbers = iter(range(1, 10**6))
        server.respond = lambda target: Answer(
            b"" if target == "/robots.txt" else chairs((number := next(numbers)), total=10**6, following=number + 1)
        )
        for _ in range(2):  # the second run reads the archive
            assert len(skus_of(tmp_path, server.url, "c")) == 4
        assert failures(tmp_path, server.url) == {"too_many_pages"}
        assert len([seen for seen in server.seen if seen.target != "/robots.txt"]) == 4
