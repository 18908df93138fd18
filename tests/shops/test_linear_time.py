"""The time to parse a page is linear in its length, for any contents."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from ameli_build.archive.records import Response
from ameli_build.crawl import checks
from ameli_build.crawl.fetching.failures import Unwanted
from ameli_build.shops import BESTBUY
from ameli_build.shops.base import WrongPage
from ameli_build.shops.bestbuy.developer_api import parse_api_page
from ameli_build.shops.bestbuy.listings import parse_listing
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.reviews import parse_review_page
from ameli_build.shops.sitemaps import parse_sitemap
from ameli_build.wording.cleaning import clean_text

URL = "https://shop.test/site/x/7.p?skuId=7"
SKU = '<h1>Fan</h1><div class="sku product-data"><span class="product-data-value">7</span></div>'


def zebra(number: int) -> str:
    row = '<li class="zebra-list-item"><div class="property">N</div><div class="description">V</div></li>'
    return f'{SKU}<div class="pdp-drawer-content"><h3>G</h3><ul>{row * number}</ul></div>'


def rows_of_2025(number: int) -> str:
    return SKU + '<div><div class="grow basis-none font-weight-medium">N</div><div>V</div></div>' * number


def headings(number: int) -> str:
    return SKU + "<h4>a</h4><h1></h1>" * number


def features(number: int) -> str:
    return SKU + '<div class="list-row"><h4>a</h4><p>b</p></div>' * number


def cards(number: int) -> str:
    return '<li class="sku-item" data-sku-id="1"><a href="/site/1.p">x</a></li>' * number


def seconds(html: str, parse: Callable[[bytes, str], object]) -> float:
    """The shortest of three runs: other work on the machine adds time to some runs only."""

    def once() -> float:
        start = time.process_time()
        parse(html.encode(), URL)
        return time.process_time() - start

    return min(once() for _ in range(3))


@pytest.mark.parametrize("shape", [zebra, rows_of_2025, headings, features])
def test_a_product_page_takes_linear_time(shape: Callable[[int], str]) -> None:
    seconds(shape(10), parse_product_page)
    assert seconds(shape(1600), parse_product_page) < 9 * seconds(shape(400), parse_product_page) + 0.2


def test_a_listing_takes_linear_time() -> None:
    seconds(cards(10), parse_listing)
    assert seconds(cards(1600), parse_listing) < 9 * seconds(cards(400), parse_listing) + 0.2


@pytest.mark.parametrize("parse", [parse_product_page, parse_listing])
@pytest.mark.parametrize(
    "opening", ['<div class="sku-item product-data">', "<ul><li class='sku-item'><span>", "<h1><div>"]
)
def test_deeply_nested_elements_are_rejected(parse: Callable[[bytes, str], object], opening: str) -> None:
    start = time.process_time()
    with pytest.raises((WrongPage, RecursionError)):
        parse((SKU.replace("product-data-value", "x") + opening * 5000).encode(), URL)
    assert time.process_time() - start < 15


@pytest.mark.parametrize("parse", [parse_product_page, parse_listing])
@pytest.mark.parametrize("piece", ["<h1></h1>", '<div class="sku"></div>', cards(1), features(1), "<p>a", "<h4>a"])
def test_a_page_with_too_many_elements_is_rejected_quickly(parse: Callable[[bytes, str], object], piece: str) -> None:
    start = time.process_time()
    with pytest.raises(WrongPage, match="elements"):
        parse((SKU + piece * 200_000).encode(), URL)
    assert time.process_time() - start < 15


@pytest.mark.parametrize(
    "sitemap",
    [
        "<urlset><loc>" + " " * 200_000,
        "<urlset><loc>https://shop.test/a" + "\n" * 200_000 + "</urlset>",
        "<urlset>" + "<loc>" * 200_000,
        "<sitemapindex>" + "<loc><![CDATA[ " * 100_000,
        "<urlset><loc>" + "]" * 200_000,
    ],
)
def test_unclosed_addresses_of_a_sitemap_are_ignored_quickly(sitemap: str) -> None:
    start = time.process_time()
    found = parse_sitemap((sitemap + "<loc> https://shop.test/site/1.p </loc>").encode())
    assert found.shards + found.pages == ("https://shop.test/site/1.p",)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("piece", [b"<title>", b"<title", b"<title >a", b"<titles><title\n"])
def test_an_unclosed_title_is_rejected_quickly(piece: bytes) -> None:
    body = piece * (1_000_000 // len(piece)) + b"</body>"
    start = time.process_time()
    with pytest.raises(Unwanted):
        checks.listing_page(Response("", "", 200, "", (), body, body), BESTBUY)
    assert time.process_time() - start < 10


@pytest.mark.parametrize("row", ["{}", "[]", '{"id": "a", "sku": 1}', "null"])
def test_a_page_with_too_many_rows_is_rejected_quickly(row: str) -> None:
    rows = f"[{','.join([row] * 100_000)}]"
    start = time.process_time()
    with pytest.raises(WrongPage, match="more than 10,000 reviews"):
        parse_review_page(f'{{"topics": {rows}}}'.encode(), "7")
    with pytest.raises(WrongPage, match="more than 10,000 products"):
        parse_api_page(f'{{"products": {rows}}}'.encode())
    assert time.process_time() - start < 5


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"topics":', '{"topics":['])
def test_deeply_nested_json_is_rejected(opening: str) -> None:
    deep = (opening * 100_000).encode()
    for body in (deep, b'{"topics": ' + deep, b'{"products": ' + deep, b'{"topics": [{"id": ' + deep):
        for parse in (partial(parse_review_page, sku="7"), parse_api_page):
            with pytest.raises(WrongPage):
                parse(body)
    page = f'<html><script type="application/ld+json">{deep.decode()}</script>{SKU}</html>'.encode()
    assert parse_product_page(page, URL).product.name == "Fan"


@pytest.mark.parametrize(
    "reference", ["&#" + "9" * 5000 + ";", "&#" + "1" * 100_000, "&#99999999;", "&#x" + "f" * 9000]
)
def test_an_invalid_character_reference_does_not_cost_the_page(reference: str) -> None:
    page = SKU.replace("Fan", f"Fan {reference}").encode()
    assert parse_product_page(page, URL).product.name.startswith("Fan")
    assert clean_text(f"a &amp; b {reference}") == "a & b \ufffd"
