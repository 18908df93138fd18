"""The price is the price of the new product, and schema.org is read in all its forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from shops.page_shapes import heading, page

from ameli_build.core.records import Product
from ameli_build.shops.bestbuy.developer_api import parse_api_page
from ameli_build.shops.bestbuy.pages import parse_product_page

URL = "https://shop.test/site/x/31.p?skuId=31"
NEW = {"@type": "Offer", "price": "50.00", "itemCondition": "https://schema.org/NewCondition"}
USED = {"@type": "Offer", "price": "20.00", "itemCondition": "UsedCondition"}
OPENED = {"@type": "Offer", "price": 30, "name": "Open-Box Excellent"}
BARE = {"@type": "Offer", "price": 50}


def described(**fields: Any) -> Product:
    schema = {"@context": "https://schema.org", "@type": "Product", "name": "Fan", "sku": 31} | fields
    return parse_product_page(page(f"<script type='application/ld+json'>{json.dumps(schema)}</script>"), URL).product


@pytest.mark.parametrize(
    ("offers", "price"),
    [
        ([USED, NEW], 50.0),
        ([OPENED, BARE], 50.0),
        ([NEW, USED], 50.0),
        ({"@type": "AggregateOffer", "lowPrice": "20", "offers": [USED, OPENED, NEW]}, 50.0),
        ({"@type": "AggregateOffer", "lowPrice": "45"}, 45.0),
        ({"@list": [USED, BARE]}, 50.0),
        ([{"@type": "Offer", "priceSpecification": {"price": "50"}}], 50.0),
        ([{"@type": "Offer", "priceSpecification": [{"price": "$1,050"}]}], 1050.0),
        ([BARE | {"price": 20, "itemCondition": {"@id": "https://schema.org/RefurbishedCondition"}}, NEW], 50.0),
        ([BARE | {"price": 20, "itemCondition": {"@type": "OfferItemCondition", "name": "Used - Good"}}, BARE], 50.0),
        ([BARE | {"price": 20, "category": "Open Box"}, BARE], 50.0),
        ([BARE | {"price": 20, "name": "Like new"}, BARE], 50.0),
        ({"@type": "Offer", "price": {"@value": "50.00", "@type": "xsd:decimal"}}, 50.0),
        ({"@type": "Offer", "price": ["1.299,50"]}, 1299.5),
        ({"priceSpecification": [{"priceType": "https://schema.org/ListPrice", "price": 90}, {"price": 50}]}, 50.0),
        ([USED], None),
        ("soon", None),
        ([None, 3, NEW], 50.0),
    ],
)
def test_the_price_is_the_price_of_the_new_offer(offers: Any, price: float | None) -> None:
    assert described(offers=offers).price == price


@pytest.mark.parametrize(
    "image",
    [
        "https://img.test/a.jpg",
        ["https://img.test/a.jpg"],
        {"@type": "ImageObject", "url": "https://img.test/a.jpg"},
        [{"@type": "ImageObject", "contentUrl": "https://img.test/a.jpg", "url": "https://shop.test/about"}],
        {"@list": [{"@id": "https://img.test/a.jpg"}]},
        {"@type": "ImageObject", "contentUrl": ["https://img.test/a.jpg"]},
        {"@type": "ImageObject", "url": {"@id": "https://img.test/a.jpg"}},
    ],
)
def test_an_image_is_read_in_every_form(image: Any) -> None:
    assert described(image=image).images == ("https://img.test/a.jpg",)


@pytest.mark.parametrize("kind", ["http://schema.org/Product", ["Thing", "schema:Product"], "Product"])
def test_a_type_is_read_under_its_full_name(kind: Any) -> None:
    product = described(**{"@type": kind}, brand=[{"@type": "Brand", "name": "Brisk"}])
    assert (product.name, json.loads(product.extra)["brand"]) == ("Fan", "Brisk")


@pytest.mark.parametrize(
    "around",
    [
        lambda product: {"@graph": [{"@type": "BreadcrumbList"}, product]},
        lambda product: [{"@type": "WebSite"}, product],
        lambda product: {"@type": "ItemPage", "mainEntity": product},
        lambda product: {"@graph": [{"@type": "WebPage", "mainEntity": product}]},
    ],
)
def test_a_product_is_found_at_every_place_of_the_schema(around: Callable[[Any], Any]) -> None:
    schema = around({"@type": "Product", "name": "Fan", "sku": 31, "offers": NEW})
    html = page(f"<script type='application/ld+json'>{json.dumps(schema)}</script>")
    product = parse_product_page(html, URL).product
    assert (product.name, product.price) == ("Fan", 50.0)


@pytest.mark.parametrize("sku", [" 31", "31 ", "\u00a031\n", 31])
def test_blanks_around_a_sku_are_removed(sku: Any) -> None:
    assert described(sku=sku).sku == "31"
    row = {"sku": sku, "name": "Fan", "productVariations": [{"sku": " 32 "}]}
    (product,) = parse_api_page(json.dumps({"products": [row]}).encode()).products
    assert (product.sku, product.variants) == ("31", ("32",))


def price(text: str, css: str = "") -> str:
    return f'<div class="priceView-hero-price priceView-customer-price {css}"><span>{text}</span></div>'


@pytest.mark.parametrize(
    "shown",
    [
        price("$12.00", "open-box") + price("$20.00"),
        price("Used: $12.00") + price("$20.00"),
        f'<div id="refurbished-offer"><div>{price("$12.00")}</div></div>{price("$20.00")}',
        price("") + price("$20.00") + price("from $12.00", "openbox"),
        price("Like new: $12.00") + price("$20.00"),
        f"<p>Open-Box from</p>{price('$12.00')}<p>New</p>{price('$20.00')}",
        f"<div><span>Refurbished</span>{price('$12.00')}</div><div>{price('$20.00')}</div>",
        price("Scratch &amp; Dent $12.00") + price("$20.00"),
    ],
)
def test_the_price_of_an_opened_product_is_ignored(shown: str) -> None:
    assert parse_product_page(page(heading("Fan", sku="31"), f"<div>{shown}</div>"), URL).product.price == 20.0


@pytest.mark.parametrize(
    ("fields", "details", "expected"),
    [
        ({"color": "Red", "height": None, "depth": ""}, {"Color": "Crimson"}, {"Color": "Crimson"}),
        (
            {"weight": "2.1 pounds", "width": 12.5},
            {"Product Width": "12 in"},
            {"Product Width": "12 in", "Weight": "2.1 pounds"},
        ),
        ({"color": "Slate", "width": "9 inches"}, {}, {"Color": "Slate", "Width": "9 inches"}),
        ({"depth": 4, "height": "1 foot"}, {"Height": "12 in"}, {"Depth": "4", "Height": "12 in"}),
    ],
)
def test_some_fields_of_the_api_are_attributes_in_addition_to_its_sheet(
    fields: dict[str, Any], details: dict[str, str], expected: dict[str, str]
) -> None:
    sheet = [{"name": name, "value": value} for name, value in details.items()]
    row = {"sku": 31, "name": "Fan", **fields, "details": sheet}
    (product,) = parse_api_page(json.dumps({"products": [row]}).encode()).products
    assert {attribute.name: attribute.value for attribute in product.attributes} == expected


@pytest.mark.parametrize("label", ["Focused light", "Unused", "In stock", "Was $12.00", "Refurbished " * 9])
def test_other_labels_before_a_price_do_not_exclude_it(label: str) -> None:
    shown = f"<div><p>{label}</p>{price('$20.00')}</div>"
    assert parse_product_page(page(heading("Fan", sku="31"), shown), URL).product.price == 20.0
