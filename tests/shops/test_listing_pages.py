import gzip
import json
from pathlib import Path

import pytest
from shops.page_shapes import page

from ameli_build.shops.base import ListingCard, NotAListing
from ameli_build.shops.bestbuy.listings import parse_listing
from ameli_build.shops.bestbuy.urls import sku_of
from ameli_build.shops.sitemaps import parse_sitemap

URL = "https://shop.test/site/x/x/abcat0502000.c?cp=1&id=abcat0502000"


def old_card(sku: str, link: str) -> str:
    return (
        f'<li class="sku-item" data-sku-id="{sku}"><a class="image-link" href="{link}"></a>'
        f'<h4 class="sku-title"><a href="{link}">A &amp; B</a></h4></li>'
    )


def new_card(sku: str, link: str) -> str:
    return (
        f'<li class="product-list-item" data-testid="{sku}"><a class="product-list-item-link" href="{link}">'
        f'<h4 class="product-title" title="A">A</h4></a><a href="/site/compare">Compare</a></li>'
    )


def test_the_old_form_of_a_listing() -> None:
    cards = old_card("7000101", "/site/a/7000101.p?skuId=7000101") + old_card(
        "7000102", "/site/b/7000102.p?skuId=7000102"
    )
    following = '<a class="sku-list-page-next" href="/site/x/x/abcat0502000.c?cp=2&amp;id=abcat0502000">Next</a>'
    html = page(f'<div class="item-count">1,033 items</div><ol class="sku-item-list">{cards}</ol>{following}')
    listing = parse_listing(html, URL)
    assert listing.cards == (
        ListingCard("7000101", "https://shop.test/site/a/7000101.p?skuId=7000101"),
        ListingCard("7000102", "https://shop.test/site/b/7000102.p?skuId=7000102"),
    )
    assert listing.next_url == "https://shop.test/site/x/x/abcat0502000.c?cp=2&id=abcat0502000"
    assert listing.total == 1033


def test_the_new_form_of_a_listing() -> None:
    cards = new_card("7000101", "/product/a/JJGCQ8WQR5") + new_card("skeleton", "/product/b/JJGCQ8WQR6/sku/7000102")
    cards += '<li data-testid="banner"><a href="/promo">Sale</a></li>'
    pager = '<nav class="pagination"><a rel="next" aria-label="Next page" href="?cp=2">Next</a></nav>'
    html = page(
        f'<span class="pagination-num-found">2</span><ul class="product-grid-view-container">{cards}</ul>{pager}'
    )
    listing = parse_listing(html, URL)
    assert [card.sku for card in listing.cards] == ["7000101", "7000102"]
    assert listing.cards[0].url == "https://shop.test/product/a/JJGCQ8WQR5"
    assert listing.next_url == "https://shop.test/site/x/x/abcat0502000.c?cp=2"
    assert listing.total == 2


def test_a_last_page_a_repeated_card_and_a_page_without_cards() -> None:
    first = old_card("7000101", "/site/a/7000101.p")
    last = '<a class="sku-list-page-next disabled" href="?cp=9">Next</a>'
    listing = parse_listing(page(first, first, old_card("7000102", "http://["), last), URL)
    assert [card.sku for card in listing.cards] == ["7000101"]
    assert listing.next_url is None
    assert parse_listing(page("<p>No results</p>"), URL).cards == ()


@pytest.mark.parametrize(
    ("shown", "total"),
    [
        ("1-24 of 1,060 items", 1060),
        ("Showing 1 \u2013 18 of 60 results", 60),
        ("60 items, 24 on this page", 60),
        ("(73)", 73),
        ("items", None),
        (f"{'9' * 400} of {'9' * 400}", None),
    ],
)
def test_the_total_is_the_number_of_all_products_rather_than_of_the_page(shown: str, total: int | None) -> None:
    assert parse_listing(page(f"<span class='item-count'>{shown}</span>"), URL).total == total


@pytest.mark.parametrize("body", [b"", b"{}", page(title="Access Denied"), page(title="Select your Country")])
def test_another_page_is_not_a_listing(body: bytes) -> None:
    with pytest.raises(NotAListing):
        parse_listing(body, URL)


def test_plain_and_gzipped_sitemaps_are_read() -> None:
    index = b'<sitemapindex xmlns="x"><sitemap><loc>https://s.test/a.xml.gz</loc></sitemap></sitemapindex>'
    pages = (
        b"<urlset><url><loc> https://s.test/a?x=1&amp;y=2 </loc></url><url><loc>https://s.test/b</loc></url></urlset>"
    )
    assert parse_sitemap(index).shards == ("https://s.test/a.xml.gz",)
    assert parse_sitemap(gzip.compress(pages)).pages == ("https://s.test/a?x=1&y=2", "https://s.test/b")
    assert parse_sitemap(pages).shards == ()
    for bad in (b"", b"<html></html>", gzip.compress(pages)[:-20], b"\x1f\x8bnope"):
        with pytest.raises(NotAListing):
            parse_sitemap(bad)


@pytest.mark.parametrize(("name", "card"), [("2024-03-search", old_card), ("2025-12-search", new_card)])
def test_recorded_cards_are_all_found(captures: Path, name: str, card: object) -> None:
    recorded = json.loads((captures / "listing" / f"{name}.json").read_text())
    assert callable(card)
    grid = "".join(card(row["sku"], row["link"]) for row in recorded)
    listing = parse_listing(page(f'<ul class="product-grid-view-container">{grid}</ul>'), "https://www.bestbuy.com/")
    assert {found.sku for found in listing.cards} == {row["sku"] for row in recorded}
    assert {found.url for found in listing.cards} <= {row["link"] for row in recorded}
    for row in recorded:
        assert sku_of(row["link"]) in (row["sku"], None)
