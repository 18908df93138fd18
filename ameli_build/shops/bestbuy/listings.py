"""Listings: the products of a category (section 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import urljoin

from bs4 import Tag

from ameli_build.shops.base import Listing, ListingCard, NotAListing
from ameli_build.shops.bestbuy.parsed import wrong_page
from ameli_build.shops.bestbuy.urls import is_product, sku_of
from ameli_build.shops.dom import Page, first_text, values_of
from ameli_build.wording.charsets import page_text
from ameli_build.wording.cleaning import count_in

_CARDS = ("li.sku-item[data-sku-id]", ".product-grid-view-container li[data-testid]", "li.product-list-item")
_LINKS = (".sku-title a[href]", ".sku-header a[href]", "a.product-list-item-link[href]", "a[href]")
_NEXT = tuple(
    f"{link}:not(.disabled, [aria-disabled=true])"
    for link in ("a.sku-list-page-next[href]", ".pagination a[rel=next][href]", "a[aria-label*='next page' i][href]")
)
_COUNT = re.compile(r"(?<![\w.,])[0-9][0-9,]*+(?!e[0-9+-]|\.[0-9])", re.I)
_TOTAL = (".pagination-num-found", ".item-count", ".left-side .item-count")


def parse_listing(html: bytes, url: str) -> Listing:
    """The cards of a page of a category or a search, each product once; links are resolved against the page's `url`.

    A listing without products has no cards. Raises `NotAListing` for a block page, the choice of country and a
    response without HTML.
    """
    text = page_text(html)
    if (other := wrong_page(text)) is not None:
        raise NotAListing(other)
    if "<" not in text:
        raise NotAListing("not HTML")
    page = Page(text)
    cards = {card.sku or card.url: card for card in reversed(list(_cards(page, url)))}
    following = next((link for link in _links(page.select(*_NEXT), url) if link != url), None)
    return Listing(tuple(reversed(cards.values())), following, _total(first_text(page, _TOTAL)))


def _total(text: str) -> int | None:
    """The number of all products in a text such as "1-24 of 1,060 items"; None without one."""
    counts = (count_in(digits) for digits in _COUNT.findall(text))
    return max((count for count in counts if count is not None), default=None)


def _cards(page: Page, url: str) -> Iterator[ListingCard]:
    nested: set[int] = set()
    for card in page.select(*_CARDS):
        if id(card) in nested:  # inside of an unclosed card, which has its links
            continue
        nested.update(map(id, card.select(", ".join(_CARDS))))
        products = [link for selector in _LINKS for link in _links(card.select(selector), url) if is_product(link)]
        sku = str(card.get("data-sku-id") or card.get("data-testid") or "")
        known = sku if sku.isascii() and sku.isdigit() else None
        if products:
            yield ListingCard(known or sku_of(products[0]), products[0])


def _links(nodes: Iterable[Tag], url: str) -> Iterator[str]:
    for link in values_of(nodes, "href"):
        with suppress(ValueError):  # not a URL
            yield urljoin(url, link)
