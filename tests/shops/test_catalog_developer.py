"""Answers of the developer API as records: recorded answers, if available, and generated answers of the same shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ameli_build.catalog.warc import merged
from ameli_build.core.records import Attribute, Product
from ameli_build.shops.bestbuy.developer_api import NotApiPage, parse_api_page

IMAGES = "https://pisces.bbystatic.com/image2/BestBuy_US/images/products/6509/"


def parsed(**fields: Any) -> Product:
    """The record of a product with these fields and the required fields."""
    row = {"sku": 6509654, "name": "Lumo - Lamp - Red", **fields}
    return parse_api_page(json.dumps({"products": [row]}).encode(), "pages-1:7").products[0]


def test_recorded_pages_of_a_listing_have_the_cursor_of_the_next_page(captures: Path) -> None:
    bodies = [(captures / "developer-api" / f"Products_as_stream__{number}.json").read_bytes() for number in range(4)]
    pages = [parse_api_page(body) for body in bodies]
    assert [len(page.products) for page in pages] == [100, 100, 94, 0]
    assert [page.rows for page in pages] == [100, 100, 94, 0]
    assert len({product.sku for page in pages for product in page.products}) == json.loads(bodies[0])["total"]
    for page, following in zip(pages, bodies[1:], strict=False):
        assert f"cursorMark={page.next_cursor}&" in json.loads(following)["canonicalUrl"]
    assert pages[3].next_cursor == pages[2].next_cursor


def test_a_recorded_product(captures: Path) -> None:
    body = (captures / "developer-api" / "stream_a_single_product_by_sku__0.json").read_bytes()
    (product,) = parse_api_page(body).products
    answer = json.loads(body)
    assert (product.sku, product.name, product.price) == (str(answer["sku"]), answer["name"], answer["salePrice"])
    assert product.categories == tuple(node["name"] for node in answer["categoryPath"])
    assert product.categories[0] == "Best Buy"
    assert product.description == answer["longDescription"]
    dimensions = {
        name.capitalize(): answer[name] for name in ("color", "height", "width", "depth", "weight") if answer.get(name)
    }
    assert {row.name: row.value for row in product.attributes} == dimensions
    assert product.images == tuple(
        answer[name]
        for name in ("largeFrontImage", "angleImage", "leftViewImage", "backViewImage", "alternateViewsImage")
    )
    assert json.loads(product.extra) == {"brand": answer["manufacturer"], "model": answer["modelNumber"]}


@pytest.mark.parametrize("name", ["Is_a_garbage_search__0.json", "Fetch_categories_as_stream__0.json"])
def test_recorded_answers_without_products_are_refused(captures: Path, name: str) -> None:
    with pytest.raises(NotApiPage, match="without a list of products"):
        parse_api_page((captures / "developer-api" / name).read_bytes())


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"[]", b"{", b'{"products": null}', b'{"products": {}}', b"7"])
def test_a_body_without_products_is_no_page(body: bytes) -> None:
    with pytest.raises(NotApiPage):
        parse_api_page(body)


@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_or_null_field_is_absent(empty: Any) -> None:
    names = ("categoryPath", "longDescription", "details", "images", "image", "productVariations", "salePrice", "url")
    more = ("regularPrice", "features", "manufacturer", "shortDescription", "description", "customerReviewCount")
    product = parsed(**dict.fromkeys(names + more, empty))
    bare = Product("6509654", "Lumo - Lamp - Red", (), source="pages-1:7", extra="{}")
    assert product == bare


def test_the_sheet_has_names_and_values_without_groups() -> None:
    product = parsed(
        details=[
            {"name": "Ports", "values": ["HDMI", "USB"]},
            {"name": "Energy Star&#174; Certified", "value": "Yes"},
            {"name": "Dimmable", "value": True},
            {"name": "Dimmable", "value": "Yes"},
            {"name": "Sockets", "value": 2, "values": ["3"]},
            {"name": "", "value": "nameless"},
            {"name": "Valueless", "value": None, "values": [None]},
            "odd",
        ],
        color="Red",
        screenSizeIn=7,
    )
    assert product.attributes == (
        Attribute("", "Ports", "HDMI, USB"),
        Attribute("", "Energy Star® Certified", "Yes"),
        Attribute("", "Dimmable", "Yes"),
        Attribute("", "Sockets", "2"),
        Attribute("", "Color", "Red"),
    )


def test_texts_lose_markup_and_descriptions_have_fallbacks() -> None:
    long = {"longDescription": "<p>Bright&trade; &amp; <b>warm</b>.</p>", "shortDescription": "Bright"}
    features = [{"feature": "Wi-Fi\nNo hub"}, {"feature": None}, {"feature": "Warm"}]
    assert parsed(**long, features=features).description == "Bright™ & warm."
    assert parsed(longDescriptionHtml="<ul><li>One<li>Two</ul>").description == "One Two"
    assert parsed(features=features, shortDescription="Wi-Fi No hubWarm").description == "Wi-Fi No hub\nWarm"
    assert parsed(shortDescription="Warm <br>light").description == "Warm light"
    assert parsed(name="Lumo&#8482; - 7&quot; Lamp").name == 'Lumo™ - 7" Lamp'


def test_each_view_gives_one_full_size_picture_with_the_front_first() -> None:
    def picture(rel: str, name: str, side: int | str, **more: Any) -> dict[str, Any]:
        return {"rel": rel, "href": IMAGES + name, "width": side, "height": str(side), **more}

    images = [
        picture("Angle_Standard", "a_ra.jpg", 500),
        picture("Angle_Zoom", "a_rd.jpg", 1000),
        picture("Front_Thumbnail", "a_s.gif", "54"),
        picture("Front_Zoom", "a_sd.jpg;maxHeight=1000;maxWidth=1000?format=webp", "1000", primary=True),
        picture("Energy_Guide", "a_eg.jpg", 1000),
        {"rel": "Alt_View_Standard_11", "href": IMAGES + "acv11a.jpg"},
        {"rel": "Alt_View_Zoom_11", "href": IMAGES + "acv11d.jpg"},
        {"rel": "Alt_View_Zoom_12", "href": IMAGES + "acv12d.jpg"},
        {"rel": None, "href": IMAGES + "x.jpg"},
        {"rel": "Back_Zoom", "href": ""},
    ]
    product = parsed(images=images, largeFrontImage=IMAGES + "other.jpg")
    names = ("a_sd.jpg", "a_rd.jpg", "acv11d.jpg", "acv12d.jpg", "x.jpg")
    assert product.images == tuple(IMAGES + name for name in names)


def test_variants_price_and_address() -> None:
    variations = [{"sku": 6509655, "variations": []}, {"sku": "6509654"}, {"sku": None}, {"sku": "x"}, 3]
    product = parsed(productVariations=variations, salePrice=None, regularPrice="29.99", url="https://api.example/c")
    assert product.variants == ("6509655",)
    assert product.price == 29.99
    assert product.url == "https://api.example/c"


def test_rows_without_a_product_are_rejected_with_a_reason() -> None:
    rows = [None, {"name": "no number"}, {"sku": 1}, {"sku": "../1", "name": "odd"}, {"sku": 43900, "name": "good"}]
    page = parse_api_page(json.dumps({"products": rows, "nextCursorMark": "c"}).encode(), "pages-1:7")
    assert [product.sku for product in page.products] == ["43900"]
    assert [rejected.error.partition(": ")[2] for rejected in page.rejected] == [
        "not an object",
        "no SKU",
        "no name",
        "a page with an odd SKU: '../1'",
    ]
    assert {rejected.file for rejected in page.rejected} == {"pages-1:7"}
    assert (page.rows, page.next_cursor) == (5, "c")


def test_a_page_takes_precedence_over_the_api() -> None:
    page = Product("1", "Lamp", ("Best Buy", "Lamps"), "", (Attribute("Key Specs", "Color", "Red"),), ("p.jpg",), "u")
    answer = Product("1", "Lamp (API)", ("Lamps",), "It shines.", (Attribute("", "Color", "Red"),), ("a.jpg",), "v")
    both = merged([page, answer])
    assert (both.name, both.categories, both.description) == ("Lamp", ("Best Buy", "Lamps"), "It shines.")
    assert (both.attributes, both.images, both.url) == (page.attributes, ("p.jpg",), "u")
