"""A product gives the same record for every generation, every way to its sheet, and every URL."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from crawl.browsing import clicker_of, pool_of, settings_of
from demo.small_world import picture, small_world
from shops.page_shapes import heading, page, rehydrated, streamed

from ameli_build.catalog.warc import merged
from ameli_build.core.records import Product
from ameli_build.crawl.browsers.specifications import Clicker
from ameli_build.demo.pages import generation_a, generation_b, generation_c
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.shop_index import ShopIndex
from ameli_build.demo.storefront import Storefront
from ameli_build.demo.world import Generation, World, WorldProduct
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.drafts import attribute_rows

SOURCES = {"A": generation_a.product_page, "B": generation_b.product_page, "C": generation_c.product_page}
GENERATIONS: tuple[Generation, ...] = ("A", "B", "C")
WORLD = small_world(4)
LAPTOPS = WORLD.products[:4]


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(ShopIndex(WORLD), "http://127.0.0.1:1", "http://localhost:2")


@pytest.fixture(scope="module")
def clicker() -> Iterator[Clicker]:
    settings = settings_of()
    with pool_of(settings) as pool:
        yield clicker_of(pool, settings)


def world_of(generation: Generation) -> World:
    return replace(WORLD, products=tuple(replace(product, generation=generation) for product in WORLD.products))


def truth_of(product: WorldProduct) -> list[tuple[str, str]]:
    return pairs(attribute_rows((row.group, row.name, row.value) for row in product.attributes))


def pairs(attributes: object) -> list[tuple[str, str]]:
    return sorted((row.name, row.value) for row in attributes)  # type: ignore[attr-defined]


@pytest.mark.browser
@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_json_and_the_click_give_the_same_attributes(clicker: Clicker, generation: Generation) -> None:
    """Only group names may differ: a page of generation C may lack them in its JSON or in its sheet."""
    world = world_of(generation)
    with Storefront(world, pictures=picture) as store:
        site = Shop(ShopIndex(world), store.site_url, store.image_url)
        for product in world.products[:3]:
            url = store.site_url + site.product_path(product)
            served = parse_product_page(SOURCES[generation](site, product).encode(), url)
            clicked = parse_product_page(clicker.click(url, "shop").encode(), url)
            assert (served.generation, clicked.generation) == (generation, generation)
            assert pairs(clicked.product.attributes) == truth_of(product)
            assert pairs(merged([served.product, clicked.product]).attributes) == truth_of(product)
            assert pairs(served.product.attributes) == ([] if generation == "A" else truth_of(product))
            assert replace(clicked.product, attributes=()) == replace(served.product, attributes=())
            if generation != "C":
                groups = {row.name: row.group for row in clicked.product.attributes}
                assert all(groups[row.name] == row.group for row in served.product.attributes)


def test_a_repeated_row_of_key_specs_is_one_attribute(shop: Shop) -> None:
    product = LAPTOPS[1]
    assert sum(row.name == "System Memory (RAM)" for row in product.attributes) == 2
    parsed = parse_product_page(generation_b.product_page(shop, product).encode(), "")
    rows = [(row.group, row.name, row.value) for row in parsed.product.attributes if row.name == "System Memory (RAM)"]
    assert [group for group, _, _ in rows] == ["Key Specs"]
    switches = {row.name: row.value for row in parsed.product.attributes if row.value in ("Yes", "No")}
    assert switches == {"Touch Screen": "Yes", "Backlit Keyboard": "No"}


@pytest.mark.parametrize("generation", ["B", "C"])
def test_every_address_of_a_product_gives_the_same_record(shop: Shop, generation: Generation) -> None:
    for product in (replace(laptop, generation=generation) for laptop in LAPTOPS):
        html = SOURCES[generation](shop, product).encode()
        new = shop.site_url + shop.product_path(replace(product, generation="C"))
        addresses = [
            shop.site_url + shop.old_path(product.sku, product.name),
            f"{shop.site_url}/site/{product.sku}.p?skuId={product.sku}",
            new,
            f"{new}/openbox?condition=good",
            f"{new}?ref=1&utm_source=feed",
        ]
        records = {replace(parse_product_page(html, url).product, url=None) for url in addresses}
        by_bsin = parse_product_page(html, new.partition("/sku/")[0], product.sku)
        assert records == {replace(by_bsin.product, url=None)}
        assert {record.sku for record in records} == {product.sku}


def test_an_open_box_offer_does_not_change_the_price() -> None:
    name = {"skuId": "1001", "name": {"short": "Acme - Lamp"}}
    offer = {"price": {"customerPrice": 5.0, "skuId": "1001", "openBoxCondition": "GOOD"}, "description": "UNDEFINED"}
    new = {"price": {"customerPrice": 9.0, "skuId": "1001", "openBoxCondition": "UNDEFINED"}}
    html = page(heading("Acme - Lamp"), streamed(name | {"bsin": "UNDEFINED"}), rehydrated(a=offer, b=new))
    for url in ("/sku/1001", "/sku/1001/openbox?condition=good"):
        product = parse_product_page(html, f"https://www.bestbuy.com/product/acme-lamp/JJGCQ8WQR5{url}").product
        assert (product.sku, product.price) == ("1001", 9.0)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("seed", [1, 2])
def test_names_of_hashed_classes_do_not_matter(shop: Shop, generation: Generation, seed: int) -> None:
    for product in (replace(laptop, generation=generation) for laptop in LAPTOPS):
        html, url = SOURCES[generation](shop, product), shop.site_url + shop.product_path(product)
        other = rehashed(html, seed)
        assert parsed(other, url) == parsed(html, url)
        if generation == "C":
            assert other != html


@pytest.mark.browser
def test_names_of_hashed_classes_of_an_open_sheet_do_not_matter(clicker: Clicker) -> None:
    world = world_of("C")
    with Storefront(world, pictures=picture) as store:
        url = f"{store.site_url}/site/{LAPTOPS[0].sku}.p?skuId={LAPTOPS[0].sku}"
        html = clicker.click(url, "shop")
    sheet_only = html.replace("ApolloSSRDataTransport", "AnotherTransport")
    assert len({html, rehashed(html, 3), rehashed(html, 4)}) == 3
    for text in (html, rehashed(html, 3), sheet_only, rehashed(sheet_only, 4)):
        assert pairs(parsed(text, url).attributes) == truth_of(LAPTOPS[0])


def parsed(html: str, url: str) -> Product:
    return parse_product_page(html.encode(), url).product


def rehashed(html: str, seed: int) -> str:
    """The page with other names of hashed classes, which have mixed case and no hyphen."""
    rng = random.Random(seed)
    names: dict[str, str] = {}

    def other(name: str) -> str:
        if "-" in name or not re.search(r"[A-Z].*[a-z]|[a-z].*[A-Z]", name):
            return name
        return names.setdefault(name, "".join(rng.choices("abcXYZ123_", k=9)))

    return re.sub(
        r'class="([^"]*)"', lambda match: f'class="{" ".join(other(name) for name in match[1].split(" "))}"', html
    )
