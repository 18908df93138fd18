"""A page that is twice as long takes twice as long, whatever stands in it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ameli_build.catalog.listings import parse_listing
from ameli_build.catalog.pages import parse_product_page
from ameli_build.catalog.parsed import WrongPage

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
    """The best of three: other work on the machine only adds to the others."""

    def once() -> float:
        start = time.process_time()
        parse(html.encode(), URL)
        return time.process_time() - start

    return min(once() for _ in range(3))


@pytest.mark.parametrize("shape", [zebra, rows_of_2025, headings, features])
def test_a_product_page_is_linear(shape: Callable[[int], str]) -> None:
    seconds(shape(10), parse_product_page)
    assert seconds(shape(1600), parse_product_page) < 9 * seconds(shape(400), parse_product_page) + 0.2


def test_a_listing_is_linear() -> None:
    seconds(cards(10), parse_listing)
    assert seconds(cards(1600), parse_listing) < 9 * seconds(cards(400), parse_listing) + 0.2


@pytest.mark.parametrize("parse", [parse_product_page, parse_listing])
@pytest.mark.parametrize(
    "opening", ['<div class="sku-item product-data">', "<ul><li class='sku-item'><span>", "<h1><div>"]
)
def test_elements_nested_without_end_are_no_page(parse: Callable[[bytes, str], object], opening: str) -> None:
    start = time.process_time()
    with pytest.raises((WrongPage, RecursionError)):
        parse((SKU.replace("product-data-value", "x") + opening * 5000).encode(), URL)
    assert time.process_time() - start < 15
