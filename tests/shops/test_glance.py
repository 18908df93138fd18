"""A glance at a product page gives the fields that a crawler needs, with the values of the whole record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shops.page_shapes import clicked_sheet

from ameli_build.demo.catalogue import make_world
from ameli_build.demo.pages import generation_a, generation_b, generation_c
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.shop_index import ShopIndex
from ameli_build.shops.base import NotAProduct, ParsedProduct
from ameli_build.shops.bestbuy import glance as glance_module
from ameli_build.shops.bestbuy.glance import glance
from ameli_build.shops.bestbuy.pages import parse_product_page

PAGES = {
    "A": generation_a.product_page,
    "B": generation_b.product_page,
    "C": generation_c.product_page,
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(ShopIndex(make_world(products=24)), "http://127.0.0.1:1", "http://localhost:2")


def needed(parsed: ParsedProduct) -> tuple[object, ...]:
    """The values that a crawl needs."""
    values = (parsed.product.sku, parsed.product.images, parsed.has_specifications, parsed.has_button)
    return (*values, parsed.review_count)


def seen(html: bytes, url: str, sku: str | None) -> tuple[object, ...]:
    return needed(glance(html, url, sku))


def whole(html: bytes, url: str, sku: str | None) -> tuple[object, ...]:
    """The values from the whole record."""
    return needed(parse_product_page(html, url, sku))


@pytest.mark.parametrize("generation", PAGES)
def test_a_glance_agrees_with_the_record(shop: Shop, generation: str) -> None:
    for product in shop.shop_index.products.values():
        shown = replace(product, generation=generation)
        html = PAGES[generation](shop, shown).encode()
        url = shop.site_url + shop.product_path(shown)
        for sku in (product.sku, None):
            assert seen(html, url, sku) == whole(html, url, sku)
        bare = shop.site_url + shop.card_path(shown)
        assert seen(html, bare, product.sku) == whole(html, bare, product.sku)


@pytest.mark.parametrize("generation", ["B", "C"])
def test_a_page_with_sufficient_scripts_is_not_parsed_further(
    shop: Shop, generation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the whole record was made")

    monkeypatch.setattr(glance_module, "parse_product_page", refuse)
    product = next(entry for entry in shop.shop_index.products.values() if entry.attributes and entry.images)
    shown = replace(product, generation=generation)
    html = PAGES[generation](shop, shown).encode()
    assert glance(html, shop.site_url + shop.product_path(shown), product.sku).product.images


def test_a_specification_sheet_without_script_comes_from_the_elements(shop: Shop) -> None:
    product = next(entry for entry in shop.shop_index.products.values() if entry.attributes and entry.images)
    bare = replace(product, generation="C", attributes=(), images=())
    html = generation_c.product_page(shop, bare)
    url = shop.site_url + shop.product_path(bare)
    assert not glance(html.encode(), url, product.sku).has_specifications
    sheet = clicked_sheet([("General", [("Color", "Red")])])
    shown = html.replace("</main>", f"{sheet}</main>").encode()
    assert seen(shown, url, product.sku) == whole(shown, url, product.sku)
    assert glance(shown, url, product.sku).has_specifications


@pytest.mark.parametrize("html", [b"", b"<title>Access Denied</title>", b"<html><body>nothing</body></html>", b"text"])
def test_another_page_is_not_a_product(html: bytes) -> None:
    with pytest.raises(NotAProduct):
        glance(html, "http://127.0.0.1/site/a/1.p?skuId=1", "1")
