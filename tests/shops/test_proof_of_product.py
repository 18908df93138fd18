"""A page is a product page only with markup of a product."""

from __future__ import annotations

import json

import pytest
from shops.page_shapes import heading, page

from ameli_build.shops.base import NotAProduct
from ameli_build.shops.bestbuy.pages import parse_product_page

URL = "https://shop.test/site/x/4001.p?skuId=4001"
SCHEMA = json.dumps({"@type": "Product", "name": "A chair"})


@pytest.mark.parametrize(
    "body",
    [
        "<h1>Deals of the day</h1>",
        "<h1>Deals of the day</h1><div class='sku-title'><h4>A chair</h4></div><div class='priceView-hero-price "
        "priceView-customer-price'><span>$3</span></div>",
        "<div class='sku-title'><h1>Verify you are human</h1></div>",
        '<h1>Ooops</h1><script type=\'application/ld+json\'>{"@type": "WebSite", "name": "Shop"}</script>',
        "<h1>Search results for 4001</h1><ol><li class='sku-item'><a href='/site/a/1.p'>A chair</a></li></ol>",
        "<h1>Sign in to your account</h1><form><input name='email'></form>",
        "<h1>Access to this shop has been restricted</h1><div class='specifications-list'><div class='list-item'>"
        "<div class='row-title'>Reference</div><div class='row-value'>18.9f</div></div></div>",
        "<div class='sku-title'><h1>Down for maintenance</h1></div>",
        "<div class='sku-title'><h1>We will be back shortly</h1></div>",
        '<h1>Best sellers</h1><script type=\'application/ld+json\'>{"@type": "ItemList", "itemListElement": ['
        '{"@type": "ListItem", "item": {"@type": "Product", "name": "A chair", "sku": "9"}}]}</script>',
    ],
)
def test_a_page_with_only_a_heading_is_not_a_product(body: str) -> None:
    with pytest.raises(NotAProduct, match="without a product's markup"):
        parse_product_page(page(body), URL, "4001")


@pytest.mark.parametrize(
    "body",
    [
        heading("A chair"),
        "<h1>A chair</h1><div class='sku product-data'><span class='product-data-value'>4001</span></div>",
        f"<h1>Chairs, chairs, chairs</h1><script type='application/ld+json'>{SCHEMA}</script>",
        "<h1>A chair</h1><div class='specifications-list'><div class='list-item'><div class='row-title'>Legs</div>"
        "<div class='row-value'>4</div></div></div>",
    ],
)
def test_the_markup_of_a_product_is_proof(body: str) -> None:
    product = parse_product_page(page(body), URL, "4001").product
    assert (product.sku, product.name) == ("4001", "A chair")
