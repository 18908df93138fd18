"""A product page of any generation as a record (section 3.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ameli_build.catalog import apollo, generation_a, generation_b
from ameli_build.catalog.dom import Page
from ameli_build.catalog.parsed import (
    Draft,
    Generation,
    NotAProduct,
    ParsedProduct,
    as_parsed,
    combine,
    count_in,
    number_in,
    page_text,
    wrong_page,
)
from ameli_build.catalog.scripts import as_dict, as_list, as_text, json_ld, json_ld_breadcrumb, plain

__all__ = ["Generation", "NotAProduct", "ParsedProduct", "parse_product_page"]


def parse_product_page(html: bytes, url: str, sku: str | None = None) -> ParsedProduct:
    """The product that a page shows, as served or as it stands after the specification click.

    `url` is the page's address: it tells the SKU where the page does not, and which of several products is meant; where
    it names none, `sku` says which was asked for.
    Raises `NotAProduct` for a block page, the choice of country, an empty answer and any page without name or SKU.
    """
    text = page_text(html)
    if (other := wrong_page(text)) is not None:
        raise NotAProduct(other)
    if "<" not in text:
        raise NotAProduct("not HTML")
    if apollo.MARK in text and (product := apollo.merged(list(apollo.fragments(text)), url, sku)):
        return as_parsed(_apollo(text, product), "C", url)
    if found := generation_b.components(text):
        return as_parsed(_components(text, found), "B", url)
    page = Page(text)
    shown = generation_a.read(page)
    parsed = as_parsed(combine((shown, _schema(text))), "A", url)
    # What is shown beside the button, or told to search engines, need not be all.
    return replace(parsed, has_specifications=bool(shown.rows), has_button=generation_a.has_button(page))


def _apollo(text: str, product: dict[str, Any]) -> Draft:
    draft = apollo.read(product)
    page = Page(text)
    shown = Draft(rows=tuple(apollo.shown_rows(page)))
    first = (shown, draft) if len(shown.rows) >= len(draft.rows) else (draft, shown)  # shown ones have their groups
    return combine((*first, _schema(text), generation_a.read(page)))


def _components(text: str, found: dict[str, dict[str, Any]]) -> Draft:
    page = Page(text)
    drawer = Draft(rows=tuple(generation_b.drawer_rows(page)))
    return combine((generation_b.read(found), drawer, generation_a.read(page), _schema(text)))


def _schema(text: str) -> Draft:
    """What the page's description for search engines tells, weaker than all else."""
    schema = json_ld(text)
    if not schema:
        return Draft(categories=json_ld_breadcrumb(text))
    images = schema.get("image")
    offers = as_dict(schema.get("offers"))
    brand = schema.get("brand")
    rows = [as_dict(row) for row in as_list(schema.get("additionalProperty"))]
    return Draft(
        sku=as_text(schema.get("sku")),
        name=plain(schema.get("name")),
        categories=json_ld_breadcrumb(text),
        description=plain(schema.get("description")),
        rows=tuple(("", plain(row.get("name")), generation_b.spoken(row.get("value"))) for row in rows),
        images=tuple(as_text(image) for image in (as_list(images) or [images]) if as_text(image)),
        price=number_in(offers.get("price", offers.get("lowPrice"))),
        brand=plain(as_dict(brand).get("name")) or plain(brand),
        model=plain(schema.get("model")),
        review_count=count_in(as_dict(schema.get("aggregateRating")).get("reviewCount")),
    )
