"""The size and the padding of a page do not change its record, and hardly change its parsing time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from shops.page_shapes import component, heading, page, push, specifications
from shops.weighty_pages import weighty

from ameli_build.demo.catalogue import make_world
from ameli_build.demo.pages import generation_a, generation_b, generation_c
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.shop_index import ShopIndex
from ameli_build.demo.world import WorldProduct
from ameli_build.shops.base import NotAProduct
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.parsed import wrong_page
from ameli_build.shops.markup import scripts, without_scripts
from ameli_build.shops.scripts import javascript_in

URL = "https://www.bestbuy.com/site/a-red-lamp/1001.p?skuId=1001"
PAGES: dict[str, Callable[[Shop, WorldProduct], str]] = {
    "A": generation_a.product_page,
    "B": generation_b.product_page,
    "C": generation_c.product_page,
}
MEGABYTES = 5_000_000


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(ShopIndex(make_world(products=8)), "http://127.0.0.1:1", "http://localhost:2")


@pytest.mark.parametrize("generation", "ABC")
def test_scripts_styles_and_templates_do_not_change_the_record(shop: Shop, generation: str) -> None:
    for product in shop.shop_index.products.values():
        html, url = PAGES[generation](shop, product), shop.site_url + shop.old_path(product.sku, product.name)
        heavy = weighty(html)
        assert len(heavy) > 350_000
        assert parse_product_page(heavy.encode(), url) == parse_product_page(html.encode(), url)
        assert parse_product_page(html.encode(), url).generation == generation


def test_scripts_add_little_to_the_parsing_time(shop: Shop) -> None:
    for pages in PAGES.values():
        html = [pages(shop, product) for product in shop.shop_index.products.values()]
        heavy = [weighty(text, 800_000) for text in html]
        light, loaded = (min(_seconds(texts) for _ in range(3)) for texts in (html, heavy))
        assert loaded < 3 * light + 0.1


def _seconds(pages: list[str]) -> float:
    started = time.process_time()
    for text in pages:
        parse_product_page(text.encode(), URL)
    return time.process_time() - started


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        '"',
        '<"',
        "<script ",
        "<script>",
        "<style><script><template>",
        "<!--",
        "<title",
        "<title>",
        "<div class='shop-specifications'>",
        "</p>",
        "&",
    ],
)
def test_a_hostile_page_is_read_in_linear_time(piece: str) -> None:
    text = "<html>" + piece * (MEGABYTES // len(piece))
    started = time.process_time()
    with pytest.raises(NotAProduct):
        parse_product_page(text.encode(), URL)
    assert time.process_time() - started < 20
    assert wrong_page(text) is None
    assert scripts(text) == []
    assert len(without_scripts(text)) == len(text)


@pytest.mark.parametrize(
    "piece",
    [".push({", '.push({"a":', ".push({'", ".push({a:1,", "'\\", "a", "{[", '"product":undefined', ".push({})\\"],
)
def test_a_hostile_script_is_read_in_linear_time(piece: str) -> None:
    good = push({"events": [{"value": {"data": {"product": {"skuId": "1001", "name": {"short": "Lamp"}}}}}]})
    text = f'ApolloSSRDataTransport "product": {piece * (MEGABYTES // 16 // len(piece))}'
    started = time.process_time()
    html = page(f"<script>{text}</script>", good)
    assert parse_product_page(html, URL).product.name == "Lamp"
    javascript_in("{" + text)
    assert time.process_time() - started < 20


def test_a_page_truncated_inside_a_script_gives_the_earlier_fields() -> None:
    sheet = component("shop-specifications", specifications([{"displayName": "G", "specifications": []}]))
    html = page(heading("Lamp"), sheet).decode() + '<script type="application/json" id="shop-media-1">{"a": "</scr'
    assert parse_product_page(html.encode(), URL).product.name == "Lamp"
