import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shops.page_shapes import (
    clicked_sheet,
    component,
    crumbs,
    heading,
    initialized,
    page,
    rehydrated,
    script_json,
    specifications,
    streamed,
)

from ameli_build.catalog.warc import merged
from ameli_build.core.records import Attribute
from ameli_build.shops.base import NotAProduct, ParsedProduct
from ameli_build.shops.bestbuy.pages import parse_product_page

NAME, SKU = 'Lumo - 14" Lamp & Shade < 2 kg - Red', "7000101"
OLD_URL = f"https://shop.test/site/lumo-lamp-red/{SKU}.p?skuId={SKU}"
NEW_URL = f"https://shop.test/product/lumo-lamp-red/JJGCQ8WQR5/sku/{SKU}"
TRAIL = ["Best Buy", "Home & Garden", "Lamps"]
SHEET = [
    ("Key Specs", [("Bulb Included", "true"), ("Height", "14 inches")]),
    ("General", [("Product Name", '14" Lamp'), ("Color", "Red"), ("Height", "14 inches"), ("Dimmable", "false")]),
]
SHOWN = [(group, [(name, {"true": "Yes", "false": "No"}.get(v, v)) for name, v in rows]) for group, rows in SHEET]
DESCRIPTION = "A lamp that weighs < 2 kg & shines."
FEATURES = [("Bright", "It shines far."), ("Light", "One hand lifts it.")]
IMAGES = [f"https://img.test/products/7000/{SKU}_{view}.jpg" for view in ("sd", "rd")]
SIBLINGS = ["7000102", "7000103"]

ATTRIBUTES = (
    Attribute("Key Specs", "Bulb Included", "Yes"),
    Attribute("Key Specs", "Height", "14 inches"),
    Attribute("General", "Product Name", '14" Lamp'),
    Attribute("General", "Color", "Red"),
    Attribute("General", "Dimmable", "No"),
)


def groups(key: str = "displayName") -> list[dict[str, Any]]:
    rows = [(group, [{"displayName": name, "value": value} for name, value in rows]) for group, rows in SHEET]
    return [{key: group, "specifications": listed} for group, listed in rows]


def page_a(sheet: str = '<div class="shop-specifications"><button>Specifications</button></div>') -> bytes:
    features = "".join(f'<div class="list-row"><h4>{title}</h4><p>{text}</p></div>' for title, text in FEATURES)
    gallery = "".join(f'<img src="{image};maxHeight=54;maxWidth=54">' for image in [IMAGES[0], *IMAGES])
    return page(
        crumbs(TRAIL),
        heading(NAME, "Lumo", "LU-1", SKU),
        '<a class="c-reviews" href="#">(1,234 reviews)</a>',
        f'<div class="shop-media-gallery">{gallery}</div><img src="https://img.test/products/advert.jpg">',
        '<div class="priceView-hero-price priceView-customer-price"><span>$1,299.99</span><span>Yours</span></div>',
        '<div class="embedded-component-container lv product-overview"><h2>Overview</h2><h3>Description</h3>'
        "<p>A lamp that weighs &lt; 2 kg &amp;<br>shines.</p>(function () { run(); })</div>",
        features,
        '<ul class="seo-list d-none">',
        *(f'<li><a href="/site/lamp/{sku}.p?skuId={sku}">Lamp</a></li>' for sku in reversed(SIBLINGS)),
        "</ul>",
        sheet,
    )


def page_b(sheet: str | None = None) -> bytes:
    sources = {str(n): {"src": f"{image};maxHeight=640;maxWidth=640"} for n, image in enumerate(IMAGES)}
    media = {
        "product-images": {"sources": sources},
        "customer-images": {"sources": {"0": {"src": "https://img.test/u.jpg"}}},
    }
    fragments = [{"plainText": DESCRIPTION}]
    overview = {
        "product-description": {"description": {"longDescription": {"parsedHtmlFragments": fragments}}},
        "product-features": {"features": [{"title": title, "description": text} for title, text in FEATURES]},
    }
    variations = [{"displayName": "Color", "variations": [{"variationSku": sku} for sku in [SKU, *SIBLINGS]]}]
    return page(
        crumbs(TRAIL),
        heading(NAME, "Lumo", "LU-1", SKU),
        component("shop-media-gallery", {"baseContent": {"media": media}}),
        component("shop-overview-accordion", {"app": {"componentData": overview}}),
        component("shop-product-variations", {"categories": variations}),
        component("pricing-price", {"app": {"priceDomain": {"customerPrice": 1299.99, "currentPrice": 1399}}}),
        component("user-generated-content-ratings-and-reviews", {"app": {"stats": {"totalReviewCount": 1234}}}),
        component("fulfillment-buying-options", {"skuId": "1"}),
        component("shop-specifications", specifications(groups())) if sheet is None else sheet,
    )


def page_c(*more: str, key: str = "name") -> bytes:
    lineage = [{"name": name, "sequence": n} for n, name in enumerate(reversed(TRAIL[:-1]))]
    path = {"primary": True, "categoryDetail": {"name": "Lamps", "broaderTerms": {"primaryLineage": lineage}}}
    other_path = {"primary": None, "categoryDetail": {"name": "Gifts", "broaderTerms": {"primaryLineage": []}}}
    features = [{"title": title, "description": text, "sequence": n} for n, (title, text) in enumerate(FEATURES)]
    price = {"customerPrice": 1299.99, "skuId": SKU, "openBoxCondition": None}
    openbox = {"skuId": SKU, "price": {"customerPrice": 426.99, "skuId": SKU, "openBoxCondition": 0}}
    named = {"skuId": SKU, "name": {"short": NAME}, "brand": "Lumo", "manufacturer": {"modelNumber": "LU-1"}}
    return page(
        *more,
        rehydrated(
            openbox=openbox,
            product=named | {"reviewInfo": {"reviewCount": 1234}, "primaryImage": {"piscesHref": IMAGES[0]}},
            price={"price": price},
            rival={"skuId": "7999999", "name": {"short": "Rival"}, "description": {"long": "Another product."}},
        ),
        streamed({"skuId": SKU, "hierarchy": {"bbypres": [other_path, path]}, "name": {"short": None}}),
        streamed({"skuId": SKU, "description": {"long": "<p>A lamp that weighs &lt; 2 kg</p> &amp; shines."}}),
        streamed(
            {"skuId": SKU, "features": list(reversed(features)), "images": [{"piscesHref": url} for url in IMAGES]}
        ),
        streamed(
            {"skuId": SKU, "specificationGroups": groups(key), "variations": [{"skuId": sku} for sku in SIBLINGS]}
        ),
    )


def check(parsed: ParsedProduct, generation: str) -> None:
    product = parsed.product
    assert parsed.generation == generation
    assert (product.sku, product.name, product.categories) == (SKU, NAME, tuple(TRAIL))
    assert product.description == DESCRIPTION
    assert product.images == tuple(IMAGES)
    assert (product.price, parsed.review_count) == (1299.99, 1234)
    assert parsed.variant_skus == product.variants == tuple(SIBLINGS)
    features = [{"title": title, "description": text} for title, text in FEATURES]
    assert json.loads(product.extra) == {"brand": "Lumo", "model": "LU-1", "features": features}


@pytest.mark.parametrize("css", ["shop-specifications", "shop-mp-specifications"])
def test_generation_a_has_its_sheet_after_a_click(css: str) -> None:
    before = parse_product_page(page_a(), OLD_URL)
    after = parse_product_page(page_a(clicked_sheet(SHOWN, css)), OLD_URL)
    check(before, "A")
    check(after, "A")
    assert (before.has_specifications, before.product.attributes) == (False, ())
    assert (after.has_specifications, after.product.attributes) == (True, ATTRIBUTES)
    assert merged([before.product, after.product]) == after.product


def test_generation_b_has_its_sheet_as_json() -> None:
    parsed = parse_product_page(page_b(), OLD_URL)
    check(parsed, "B")
    assert parsed.product.attributes == ATTRIBUTES


def test_generation_b_passes_its_sheet_to_an_initializer() -> None:
    parsed = parse_product_page(page_b(initialized("specifications", specifications(groups()))), OLD_URL)
    check(parsed, "B")
    assert parsed.product.attributes == ATTRIBUTES


def test_generation_b_shows_its_sheet_in_a_drawer() -> None:
    rows = "".join(
        f"<h4>{group}</h4><ul>"
        + "".join(
            f'<li class="zebra-list-item"><div class="zebra-row"><div class="drawer-modal-wrapper">'
            f'<div class="property">{name}<button>?</button></div></div>'
            f'<div class="description">{value}</div></div></li>'
            for name, value in listed
        )
        + "</ul>"
        for group, listed in SHOWN
    )
    parsed = parse_product_page(page_b(f'<div class="pdp-drawer-content">{rows}</div>'), OLD_URL)
    check(parsed, "B")
    assert parsed.product.attributes == ATTRIBUTES


def test_generation_c_is_merged_from_fragments() -> None:
    parsed = parse_product_page(page_c(), NEW_URL)
    check(parsed, "C")
    assert parsed.product.attributes == ATTRIBUTES


def test_generation_c_without_group_names_takes_them_from_the_clicked_sheet() -> None:
    nameless = parse_product_page(page_c(key="unnamed"), NEW_URL)
    rows = "".join(
        f'<h4 class="v-text-md mb-150">{group}</h4>'
        + "".join(
            f'<div class="inline-flex"><div class="grow basis-none font-weight-medium">{name}</div>'
            f'<div class="grow basis-none pl-300">{value}</div></div>'
            for name, value in listed
        )
        for group, listed in SHOWN
    )
    clicked = parse_product_page(page_c(f"<div>{rows}</div>", key="unnamed"), NEW_URL)
    assert nameless.product.attributes == tuple(replace(row, group="") for row in ATTRIBUTES)
    assert clicked.product.attributes == ATTRIBUTES
    assert merged([nameless.product, clicked.product]).attributes == ATTRIBUTES


def test_all_generations_and_urls_give_equal_records() -> None:
    clicked = page_a(clicked_sheet(SHOWN))
    found = [
        parse_product_page(html, url).product
        for html in (clicked, page_b(), page_c())
        for url in (OLD_URL, NEW_URL, f"{NEW_URL}/openbox?condition=good", f"/site/{SKU}.p")
    ]
    assert len({replace(product, url=None) for product in found}) == 1


def test_the_new_url_without_a_sku_takes_the_first_named_product() -> None:
    assert parse_product_page(page_c(), "https://shop.test/product/lumo-lamp-red/JJGCQ8WQR5").product.sku == SKU


def test_a_page_without_description_is_described_by_its_features() -> None:
    product = {"skuId": SKU, "name": {"short": NAME}, "features": [{"title": None, "description": "It shines."}]}
    parsed = parse_product_page(page(streamed(product)), NEW_URL)
    assert parsed.product.description == "It shines."
    assert (parsed.has_specifications, parsed.product.categories, parsed.review_count) == (False, (), None)


def test_structured_data_fills_missing_fields_of_a_page() -> None:
    schema = {"@type": "Product", "name": NAME, "sku": SKU, "brand": {"name": "Lumo"}, "offers": {"price": "19.90"}}
    schema |= {"image": IMAGES[0], "additionalProperty": [{"name": "Color", "value": "Red"}]}
    html = page(f'<script type="application/ld+json" id="product-schema">{script_json(schema)}</script>')
    product = parse_product_page(html, "https://shop.test/").product
    assert (product.sku, product.name, product.price, product.images) == (SKU, NAME, 19.9, (IMAGES[0],))
    assert product.attributes == (Attribute("", "Color", "Red"),)


@pytest.mark.parametrize(
    "html",
    [
        b"",
        b"   ",
        b'{"topics": []}',
        b"\x1f\x8b\x00\xff",
        page("<h1>Access Denied</h1>", title="Access Denied"),
        page("<h1>Choose a country.</h1>", title="Best Buy International: Select your Country - Best Buy"),
        page("<p>no heading here</p>"),
        page(streamed({"skuId": "7999999", "name": {"short": "Rival"}})),
        b"<html>" + b"<div>" * 5000,
    ],
)
def test_another_page_is_not_a_product(html: bytes) -> None:
    with pytest.raises(NotAProduct):
        parse_product_page(html, OLD_URL)


def test_hostile_and_broken_parts_do_not_affect_the_rest_of_a_page() -> None:
    broken = '<script>(window[Symbol.for("ApolloSSRDataTransport")] ??= []).push({"rehydrate": {oops</script>'
    odd = streamed({"skuId": SKU, "specificationGroups": [None, 3, {"specifications": [None, {"displayName": 5}]}]})
    odd += streamed({"skuId": SKU, "images": [{"piscesHref": "http://["}, {"piscesHref": "javascript:alert(1)"}, 7]})
    half = broken + odd + streamed({"skuId": SKU, "name": {"short": "Lamp \\ud83d"}}).replace("\\\\ud83d", "\\ud83d")
    product = parse_product_page(page(half), OLD_URL).product
    assert (product.name, product.attributes, product.images) == ("Lamp \ufffd", (), ())
    with pytest.raises(NotAProduct, match="odd SKU"):
        parse_product_page(page(streamed({"skuId": "../x", "name": {"short": "Lamp"}})), "https://shop.test/")


def spoken(value: str) -> str:
    return " ".join({"true": "Yes", "false": "No"}.get(value, value).split())


def test_recorded_products_lose_no_specification_row(captures: Path) -> None:
    folder = captures / "product-pages"
    pages: list[tuple[bytes, list[dict[str, Any]], str]] = []
    for capture in json.loads((folder / "2024-03-component-json.json").read_text()):
        sheet = component("shop-specifications", specifications(capture["specifications"]))
        fallback = initialized("specifications", specifications(capture["specifications"]))
        pages += [(page(heading("A name"), html), capture["specifications"], "B") for html in (sheet, fallback)]
    for capture in json.loads((folder / "2025-06-graphql-fragments.json").read_text()):
        whole = capture["product-info"]
        parts = [{"skuId": whole["skuId"], key: value} for key, value in whole.items() if key != "skuId"]
        html = page(*map(streamed, parts), rehydrated(extra={"features": capture["product-features"]}))
        pages.append((html, whole["specificationGroups"], "C"))
    for html, expected, generation in pages:
        parsed = parse_product_page(html, "https://www.bestbuy.com/site/x/6000001.p" if generation == "B" else "/")
        rows = {(row["displayName"], spoken(row["value"])) for group in expected for row in group["specifications"]}
        found = [(row.name, row.value) for row in parsed.product.attributes]
        assert parsed.generation == generation
        assert len(found) == len(set(found)) == len(rows) >= 38
        assert set(found) == rows


def test_the_recorded_category_path_begins_at_the_root(captures: Path) -> None:
    for capture in json.loads((captures / "product-pages" / "2025-06-graphql-fragments.json").read_text()):
        product = parse_product_page(page(streamed(capture["product-info"])), "/").product
        assert product.categories[0] == "Best Buy"
        assert product.categories[-1] == "MacBooks"
        assert len(product.categories) == 5


def test_a_recorded_apollo_push_is_read(captures: Path) -> None:
    html = (captures / "product-pages" / "apollo-ssr-snippet.html").read_bytes()
    parsed = parse_product_page(html, "https://www.bestbuy.com/product/x/J7645SG674")
    assert parsed.generation == "C"
    assert (parsed.product.sku, parsed.product.price, parsed.review_count) == ("6549423", 568.99, 512)
    assert len(parsed.product.images) == 1
