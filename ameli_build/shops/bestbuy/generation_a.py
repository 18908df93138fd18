"""Product pages of about 2018 to 2022, whose specifications appear after a click (section 3.1, appendix).

Later pages still have the elements for name, price and breadcrumb, so this module is also their last resort.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bs4 import Tag

from ameli_build.shops.bestbuy.urls import sku_of
from ameli_build.shops.dom import Page, first_text, first_with_class, text_of, values_of
from ameli_build.shops.drafts import Draft, first_price
from ameli_build.shops.schema_org import NOT_NEW
from ameli_build.wording.cleaning import count_in, price_in

_NAME = (".sku-title h1", "div[id^=shop-product-title] h1", ".shop-product-title h1")
_SKU = (".sku.product-data .product-data-value", ".product-data-sku .product-data-value")
_PRICE = (".priceView-hero-price.priceView-customer-price span", "[data-testid=price-block-customer-price]")
_OFFER_DEPTH = 3
"""Number of ancestors of a price whose names may say which offer it belongs to."""
_LABELLED = "* + .priceView-hero-price.priceView-customer-price"
"""A price directly after an element that may say which offer it belongs to."""
_LABEL = 40
"""Longest text of such an element, in characters; a longer text is not a label."""
_CRUMBS = (".shop-breadcrumb li a", "nav[aria-label*=readcrumb i] li a", ".c-breadcrumbs li a")
_GALLERY = (
    ".shop-media-gallery img",
    "div[id^=shop-media-gallery] img",
    ".media-gallery img",
    ".primary-image img",
    "img.primary-image",
)
_VARIATIONS = (
    ".shop-product-variations a[href]",
    "div[id^=shop-product-variations] a[href]",
    ".seo-list li a[href]",
)
_REVIEWS = (".c-reviews .c-total-reviews", ".c-total-reviews", ".c-reviews", ".ugc-c-review-average + span")
_OVERVIEW = "div[class^='embedded-component-container lv product-']"
_ROWS = ".specifications-list .list-item"
_NOTHING = Draft()
_SPECIFICATION_BUTTONS = (".shop-specifications button", ".shop-mp-specifications button")
_BRAND = (".shop-product-title a", ".sku-title .brand-link", "a.brand-link")
_MODEL = (".model.product-data .product-data-value",)
_LONG = (".long-description", ".product-description .description")
_SHORT = (".shop-product-description", ".product-description")
_FEATURES = "div.list-row"
_SECTION = "category-wrapper"
_HEADING = "h1"
SELECTORS = (
    *_NAME, *_SKU, *_PRICE, _LABELLED, *_CRUMBS, *_GALLERY, *_VARIATIONS, *_REVIEWS, _OVERVIEW, _ROWS,
    *_SPECIFICATION_BUTTONS, *_BRAND, *_MODEL, *_LONG, *_SHORT, _FEATURES, f".{_SECTION}", _HEADING,
)  # fmt: skip
"""All selectors of this module, including the sections around rows."""


def read(page: Page, known: Draft = _NOTHING) -> Draft:
    """The fields in `known`, completed from the page's elements; variants from both."""
    shown = tuple(sku for href in values_of(page.select(*_VARIATIONS), "href") if (sku := sku_of(href)))
    return Draft(
        sku=known.sku or _digits(first_text(page, _SKU)),
        name=known.name or first_text(page, _NAME),
        categories=known.categories or _breadcrumb(page),
        description=known.description or _description(page),
        features=known.features or _features(page),
        rows=known.rows or tuple(_rows(page)),
        images=known.images or tuple(values_of(page.select(*_GALLERY), "data-src", "src")),
        variants=known.variants + shown,
        price=first_price((known.price, _price(page))),
        brand=known.brand or first_text(page, _BRAND),
        model=known.model or first_text(page, _MODEL),
        review_count=count_in(first_text(page, _REVIEWS)) if known.review_count is None else known.review_count,
        more=known.more,
    )


def _price(page: Page) -> float | None:
    """The price of the new product; offers of opened or used products may precede it."""
    for selector in _PRICE:
        for node in page.select(selector):
            around = [node, *islice(node.parents, _OFFER_DEPTH)]
            named = " ".join(
                str(value)
                for tag in around
                for name in ("class", "id", "data-testid")
                for value in _listed(tag.get(name))
            )
            if NOT_NEW.search(named) or NOT_NEW.search(f"{_label(node)} {text_of(node)}"):
                continue
            if text := text_of(node):
                return price_in(text)
    return None


def _label(price: Tag) -> str:
    """The text directly before a price in its box; "" if that is another price."""
    label = price.parent.find_previous_sibling() if price.parent is not None else None
    text = text_of(label) if isinstance(label, Tag) else ""
    return "" if len(text) > _LABEL or any(map(str.isdigit, text)) else text


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value or ""]


def heading(page: Page) -> str:
    """The page's first heading; pages of every kind have headings."""
    return first_text(page, (_HEADING,))


def has_button(page: Page) -> bool:
    """Whether the page has a button for its specifications; it may show some of them without a click."""
    return any("specification" in node.get_text().lower() for node in page.select(*_SPECIFICATION_BUTTONS))


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdigit() else ""


def _breadcrumb(page: Page) -> tuple[str, ...]:
    for selector in _CRUMBS:
        if names := tuple(text for link in page.select(selector) if (text := text_of(link))):
            return names
    return ()


def _description(page: Page) -> str:
    """The text below the heading "Description" of the overview."""
    if text := first_text(page, _LONG):
        return text
    for container in page.select(_OVERVIEW):
        before, heading, text = text_of(container).partition("Description")
        if heading and len(before.split()) < 4:
            return text.split("(function", 1)[0].strip()  # a script as text
    return first_text(page, _SHORT)


def _features(page: Page) -> tuple[tuple[str, str], ...]:
    return tuple(
        (text_of(row.select_one("h4")), text_of(row.select_one("p")))
        for row in page.select(_FEATURES)
        if row.select_one("p") is not None
    )


def _rows(page: Page) -> Iterator[tuple[str, str, str]]:
    """(group, name, value) of each row of the sheet; the group is "" in a sheet without sections."""
    groups: dict[int, str] = {}
    for item in page.select(_ROWS):
        section = item.find_parent(class_=_SECTION)
        if section is not None and id(section) not in groups:
            title = first_with_class(section, "section-title-container") or first_with_class(section, "section-title")
            groups[id(section)] = text_of(title)
        group = groups[id(section)] if section is not None else ""
        yield group, text_of(first_with_class(item, "row-title")), text_of(first_with_class(item, "row-value"))
