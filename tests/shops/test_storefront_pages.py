"""The parsers read the pages of the storefront, which generate the same facts independently."""

from dataclasses import replace

import pytest
from shops.page_shapes import clicked_sheet

from ameli_build.catalog.warc import merged
from ameli_build.core.records import Product
from ameli_build.demo.answers import as_json
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.pages import generation_a, generation_b, generation_c, listing
from ameli_build.demo.pages.review_json import best_copy, review_page
from ameli_build.demo.pages.shop import Shop, grouped, shown
from ameli_build.demo.shop_index import ShopIndex
from ameli_build.demo.world import WorldProduct
from ameli_build.shops.bestbuy.listings import parse_listing
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.reviews import parse_review_page
from ameli_build.shops.drafts import attribute_rows


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(ShopIndex(make_world(products=24)), "http://127.0.0.1:1", "http://localhost:2")


def parsed_a(shop: Shop, product: WorldProduct) -> Product:
    """The merged records of the page before and after a simulated click."""
    html = generation_a.product_page(shop, product)
    sheet = clicked_sheet(
        [(g, [(row.name, shown(row.value)) for row in rows]) for g, rows in grouped(product.attributes)]
    )
    url = shop.site_url + shop.product_path(product)
    before = parse_product_page(html.encode(), url)
    after = parse_product_page(html.replace('<div class="panel"></div>', sheet).encode(), url)
    assert (before.generation, before.has_specifications) == ("A", False)
    assert after.has_specifications == bool(product.attributes)
    return merged([before.product, after.product])


def test_every_product_gives_its_true_record_in_every_generation(shop: Shop) -> None:
    for product in shop.shop_index.products.values():
        a, b, c = (replace(product, generation=generation) for generation in ("A", "B", "C"))
        url = shop.site_url + shop.product_path(b)
        from_b = parse_product_page(generation_b.product_page(shop, b).encode(), url)
        from_c = parse_product_page(generation_c.product_page(shop, c).encode(), shop.site_url + shop.product_path(c))
        assert (from_b.generation, from_c.generation) == ("B", "C")
        assert from_b.review_count == from_c.review_count == len(shop.shop_index.reviews_of(product))
        record = replace(from_b.product, url=None)
        assert record == replace(parsed_a(shop, a), url=None)
        nameless = generation_c.is_nameless(c)
        truth = attribute_rows((row.group, row.name, row.value) for row in product.attributes)
        assert record.attributes == truth
        expected = tuple(replace(row, group="") for row in truth) if nameless else truth
        assert replace(from_c.product, url=None) == replace(record, attributes=expected)
        assert (record.sku, record.name, record.price) == (product.sku, product.name, product.price)
        assert record.categories == tuple(name for _, name in product.category_path)
        assert record.description == " ".join(product.description.split())
        assert record.images == tuple(dict.fromkeys(shop.image(image) for image in product.images))
        assert set(record.variants) == {sibling.sku for sibling in shop.shop_index.siblings(product)} - {product.sku}


def test_every_listed_product_is_found(shop: Shop) -> None:
    forms = set()
    for category in shop.shop_index.categories.values():
        found, number, url = [], 1, shop.site_url + shop.listing_path(category)
        while True:
            page = parse_listing(listing.listing(shop, category, number).encode(), url)
            found += [card.sku for card in page.cards]
            assert page.total == len(category.products)
            if page.next_url is None:
                break
            number, url = number + 1, page.next_url
            assert f"cp={number}" in url
        assert found == [product.sku for product in category.products]
        forms.add(listing.is_new_form(category))
    assert forms == {True, False}


def test_every_listed_review_has_its_true_variant(shop: Shop) -> None:
    named = 0
    for product in shop.shop_index.products.values():
        about = {review.review_id: review for review in shop.shop_index.reviews_of(product)}
        answer = as_json(review_page(shop, product, {"page": "1", "pageSize": "100"}))
        page = parse_review_page(answer.body, product.sku)
        assert page.total_results == len(about)
        for review in page.reviews:
            truth = about[review.review_id]
            assert (review.product_details_sku or review.sku) == truth.sku
            assert not review.conflict
            assert (review.title, review.text) == (truth.title, truth.text)
            assert (review.helpful, review.unhelpful) == (truth.helpful, truth.unhelpful)
            assert review.images == tuple(dict.fromkeys(best_copy(shop, truth, photo) for photo in truth.photos))
            named += review.product_details_sku is not None
    assert named > 0
