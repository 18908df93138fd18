"""The part of a product page that a crawl needs, read without building the page's tree (section 3.1)."""

from __future__ import annotations

from dataclasses import replace

from ameli_build.shops import markup
from ameli_build.shops.base import NotAProduct, ParsedProduct
from ameli_build.shops.bestbuy import apollo, generation_b
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.parsed import as_parsed, wrong_page
from ameli_build.shops.drafts import Draft
from ameli_build.shops.scripts import json_ld, plain
from ameli_build.wording.charsets import page_text


def glance(html: bytes, url: str, sku: str | None = None) -> ParsedProduct:
    """SKU, images, need of a click and number of reviews; other fields may be missing.

    Reads only the page's scripts if they have all of these. Raises as `parse_product_page`.
    """
    return _by_scripts(html, url, sku) or parse_product_page(html, url, sku)


def _by_scripts(html: bytes, url: str, sku: str | None) -> ParsedProduct | None:
    """The product by the scripts alone; None if they lack a field that `glance` promises."""
    text = page_text(html)
    draft = _draft(text, url, sku) if wrong_page(text) is None else None
    if draft is None or not (draft.sku and draft.name and draft.rows and draft.review_count is not None):
        return None
    try:
        parsed = as_parsed(draft, "C", url)
    except NotAProduct:
        return None
    return parsed if parsed.has_specifications and parsed.product.images else None


def _draft(text: str, url: str, sku: str | None) -> Draft | None:
    scripts = markup.scripts(text)
    if apollo.MARK in text and (product := apollo.merged(list(apollo.fragments(scripts)), url, sku)):
        return apollo.read(product)
    if sku is not None and (found := generation_b.components(scripts)):  # without SKU and name
        return replace(generation_b.read(found), sku=sku, name=plain(json_ld(scripts).get("name")))
    return None
