"""Pages in shapes that the storefront lacks; each shape once lost rows."""

from __future__ import annotations

import json

import pytest
from shops.page_shapes import clicked_sheet, heading, page, push, specifications

from ameli_build.catalog.warc import merged
from ameli_build.shops import markup
from ameli_build.shops.base import ParsedProduct
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.reviews import parse_review_page
from ameli_build.shops.scripts import json_in, json_ld
from ameli_build.wording.cleaning import clean_text

URL = "https://www.bestbuy.com/site/a-red-lamp/1001.p?skuId=1001"
HEAD = heading("Acme - Lamp - Red")
SHEET = specifications([{"displayName": "General", "specifications": [{"displayName": "Watts", "value": "9"}]}])
BLOB = json.dumps(SHEET)


def rows_of(*parts: str, url: str = URL) -> list[tuple[str, str, str]]:
    parsed = parse_product_page(page(*parts), url)
    return [(row.group, row.name, row.value) for row in parsed.product.attributes]


@pytest.mark.parametrize(
    "script",
    [
        f'<script data-id="7" data-type="x" type="application/json" id=shop-specifications-1-json>{BLOB}</script>',
        f'<script id="shop-specifications-1-json" type="application/json; charset=utf-8">{BLOB}</script>',
        f'<script id="shop-specifications-1-json" type="application/json">{BLOB};</script>',
        f'<script id="shop-specifications-1-json" type="application/json"><!-- {BLOB} --></script>',
        f'<script id="shop-specifications-1-json" type="application/json">{BLOB[:-1]},"x":undefined}}</script>',
    ],
)
def test_a_component_is_found_in_every_form_of_its_script(script: str) -> None:
    assert rows_of(HEAD, script) == [("General", "Watts", "9")]


def test_rows_without_sections_have_no_group() -> None:
    item = '<li class="x list-item"><div class="row-value">9</div><div class="row-title">Watts</div></li>'
    assert rows_of(HEAD, f'<div><ul class="specifications-list">{item}</ul></div>') == [("", "Watts", "9")]


def lamp(*groups: tuple[str, list[tuple[str, str]]]) -> ParsedProduct:
    return parse_product_page(page(HEAD, clicked_sheet(list(groups))), URL)


def test_rows_next_to_the_button_are_not_the_whole_sheet() -> None:
    before = lamp(("Key Specs", [("Watts", "9")]))
    after = lamp(("Key Specs", [("Watts", "9")]), ("Other", [("UPC", "1")]))
    assert before.has_specifications
    assert before.has_button
    assert merged([before.product, after.product]).attributes == after.product.attributes
    assert merged([after.product, before.product]).attributes == after.product.attributes


def test_structured_data_is_no_specification_sheet() -> None:
    schema = {"@type": "Product", "additionalProperty": [{"name": "Watts", "value": "9"}]}
    script = f'<script type="application/ld+json">//<![CDATA[\n{json.dumps(schema)}\n//]]></script>'
    parsed = parse_product_page(page(HEAD, script), URL)
    assert [row.name for row in parsed.product.attributes] == ["Watts"]
    assert not parsed.has_specifications


def test_the_script_with_the_id_of_the_product_schema_takes_precedence() -> None:
    other, own = (json.dumps({"@type": "Product", "name": name}) for name in ("Other", "Own"))
    scripts = f'<script type="application/ld+json">{other}</script>'
    scripts += f'<script type="application/ld+json" id="product-schema">{own}</script>'
    assert json_ld(markup.scripts(scripts))["name"] == "Own"


@pytest.mark.parametrize(("bsin", "known"), [("JJGCQ8WQR5", None), ("", "1001")])
def test_a_page_without_sku_in_its_url_is_not_the_sponsored_product(bsin: str, known: str | None) -> None:
    pieces = [
        {"skuId": "7", "bsin": "JJ00000000", "name": {"short": "Sponsored"}},
        {"skuId": "1001", "bsin": bsin, "name": {"short": "Acme - Lamp"}},
    ]
    events = [{"type": "next", "value": {"data": {"productBySkuId": piece}}} for piece in pieces]
    html = page(push({"rehydrate": {}, "events": events}))
    parsed = parse_product_page(html, "https://www.bestbuy.com/product/acme-lamp/JJGCQ8WQR5", known)
    assert (parsed.product.sku, parsed.product.name) == ("1001", "Acme - Lamp")


def test_the_title_of_the_drawer_is_not_a_group() -> None:
    row = '<li class="zebra-list-item"><div class="property">Watts</div><div class="description">9</div></li>'
    drawer = f'<div class="pdp-drawer-content"><h2>Specifications</h2><ul>{row}</ul></div>'
    media = '<script id="shop-media-gallery-1-json" type="application/json">{"baseContent": {}}</script>'
    assert rows_of(HEAD, media, drawer) == [("", "Watts", "9")]


def test_inline_markup_adds_no_space() -> None:
    assert clean_text("a <b>red</b>, <i>warm</i> lamp<br>for two") == "a red, warm lamp for two"


def test_json_is_read_with_the_tolerance_of_a_browser() -> None:
    assert json_in('{"a": NaN, "b": undefined} // served') == {"a": None, "b": None}
    assert json_in('{"a": [1, 2') is None
    assert json_in("<html>") is None


def test_text_after_review_json_is_ignored() -> None:
    found = parse_review_page(b'{"topics": [{"id": "r", "title": "t", "rating": NaN}]}\n<!-- cached -->', "1001")
    assert [(review.review_id, review.rating) for review in found.reviews] == [("r", None)]
