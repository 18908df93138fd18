"""A product page of any generation as a record (section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ameli_build.shops import markup, schema_org
from ameli_build.shops.base import NotAProduct, ParsedProduct, WrongPage
from ameli_build.shops.bestbuy import apollo, generation_a, generation_b
from ameli_build.shops.bestbuy.parsed import as_parsed, wrong_page
from ameli_build.shops.dom import Page
from ameli_build.shops.drafts import Draft, combine
from ameli_build.shops.markup import Script
from ameli_build.shops.other_pages import wording
from ameli_build.wording.charsets import page_text

_SELECTORS = (*generation_a.SELECTORS, *generation_b.SELECTORS, *apollo.SELECTORS)


def parse_product_page(html: bytes, url: str, sku: str | None = None) -> ParsedProduct:
    """The product of a page, as served or after the specification click.

    Args:
        html: The page.
        url: Its URL. It gives the SKU if the page does not, and selects the product if the page has several.
        sku: The requested SKU, which counts if `url` has none.

    Raises:
        NotAProduct: A block page, the choice of country, an empty response, a page without name or SKU, or a page
            without proof that it shows a product.
    """
    text = page_text(html)
    if (other := wrong_page(text)) is not None:
        raise NotAProduct(other)
    if "<" not in text:
        raise NotAProduct("not HTML")
    scripts = markup.scripts(text)
    try:
        page = Page(text, _SELECTORS)
    except WrongPage as error:
        raise NotAProduct(str(error)) from None
    if apollo.MARK in text and (product := apollo.merged(list(apollo.fragments(scripts)), url, sku)):
        return as_parsed(_apollo(page, scripts, product), "C", url)
    if found := generation_b.components(scripts):
        draft = _components(page, scripts, found)
        return as_parsed(replace(draft, name=draft.name or generation_a.heading(page)), "B", url)
    shown = generation_a.read(page)
    if not shown.rows:  # an open sheet of another generation, without its JSON
        rows = tuple(generation_b.drawer_rows(page)) or tuple(apollo.shown_rows(page))
        shown = replace(shown, rows=rows)
    parsed = as_parsed(_proven(page, combine((shown, schema_org.read(scripts)))), "A", url)
    # Rows beside the button, or for search engines, may be incomplete.
    return replace(parsed, has_specifications=bool(shown.rows), has_button=generation_a.has_button(page))


def _proven(page: Page, draft: Draft) -> Draft:
    """A draft with proof that the page shows a product: a SKU, the shop's product markup or a specification sheet.

    Raises `NotAProduct` without proof; a heading is none, since home pages and error pages have headings too.
    """
    name = draft.name or generation_a.heading(page)
    if name and not draft.sku and (wording(name) or not (draft.name or draft.rows)):
        raise NotAProduct(f"a page without a product's markup: {name[:80]!r}")
    return replace(draft, name=name)


def _apollo(page: Page, scripts: Sequence[Script], product: dict[str, Any]) -> Draft:
    draft = apollo.read(product)
    shown = Draft(rows=tuple(apollo.shown_rows(page)))
    first = (shown, draft) if len(shown.rows) >= len(draft.rows) else (draft, shown)  # shown rows have their groups
    return generation_a.read(page, combine((*first, schema_org.read(scripts))))  # the pieces have a name


def _components(page: Page, scripts: Sequence[Script], found: dict[str, dict[str, Any]]) -> Draft:
    drawer = Draft(rows=tuple(generation_b.drawer_rows(page)))
    shown = generation_a.read(page, combine((generation_b.read(found), drawer)))
    return combine((shown, schema_org.read(scripts)))
