"""Section 3.1: which products to fetch, from categories, from the sitemap, or from a list of SKUs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ameli_build.catalog.listings import is_product
from ameli_build.catalog.urls import listing_url, product_url, sku_of
from ameli_build.crawl import answers, developer
from ameli_build.crawl.obtain import Source
from ameli_build.settings import CrawlSettings
from ameli_build.snapshot import RunFailed, UnusableInput

MAX_SITEMAP_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Target:
    """A product to fetch; `sku` is None where only its page tells it.

    `images` are those of a product that the developer API has told; None where its page is to be fetched.
    """

    sku: str | None
    url: str
    images: tuple[str, ...] | None = None


def find_targets(
    source: Source, settings: CrawlSettings, categories: Sequence[str], skus: Sequence[str], most: int | None
) -> list[Target]:
    """The products that are asked for, each once, at most `most`: `skus` first, then `categories`, else the sitemap.

    Raises `RunFailed` when there are none, `UnusableInput` for what cannot be an id.
    """
    site = source.fetcher.addresses.site_url
    found: Iterable[Target]
    for option, pattern, values in (("sku", r"[0-9]{1,20}", skus), ("category", r"[A-Za-z0-9_-]+", categories)):
        for value in values:
            if not re.fullmatch(pattern, value):
                raise UnusableInput(f"--{option} {value!r}: not an id of the shop's")
    if settings.products == "api":
        told = developer.listed(source, settings, categories, skus)
        found = (Target(one.sku, developer.address(settings, one.sku), one.images) for one in told)
    elif skus or categories:
        named = [Target(sku, product_url(site, sku)) for sku in skus]
        found = _chain(named, *(_listed(source, site, category) for category in categories))
    else:
        found = _in_sitemap(source, source.fetcher.addresses.resolve(settings.sitemap_url))
    targets = list(islice(_distinct(found), most))
    if not targets:
        raise RunFailed(f"{site}: no product found{_why(source)}")
    return targets


def _chain(*parts: Iterable[Target]) -> Iterator[Target]:
    for part in parts:
        yield from part


def _distinct(targets: Iterable[Target]) -> Iterator[Target]:
    """Old and new URLs of one SKU are one product."""
    seen: set[str] = set()
    for target in targets:
        key = target.sku or target.url
        if key not in seen:
            seen.add(key)
            yield target


def _listed(source: Source, site: str, category: str) -> Iterator[Target]:
    """The cards of a category, page after page to the listing's own end, or until a page shows nothing new."""
    url: str | None = listing_url(site, category)
    pages: set[str] = set()
    seen: set[str] = set()
    while url is not None and url not in pages:
        pages.add(url)
        listing = source.take("listing", url, answers.listing_page)
        if listing is None:
            return
        fresh = [card for card in listing.cards if (card.sku or card.url) not in seen]
        if not fresh:
            return
        seen.update(card.sku or card.url for card in fresh)
        yield from (Target(card.sku, card.url) for card in fresh)
        more = len(seen) < (listing.total or 0)  # later listings have no link to their next page, only a count
        url = listing.next_url or (listing_url(site, category, len(pages) + 1) if more else None)


def _in_sitemap(source: Source, url: str) -> Iterator[Target]:
    """The product pages of a sitemap, and of those that it names."""
    seen: set[str] = set()
    level = [url]
    for _ in range(MAX_SITEMAP_DEPTH):
        deeper: list[str] = []
        for address in level:
            if address in seen:
                continue
            seen.add(address)
            sitemap = source.take("sitemap", address, answers.sitemap)
            if sitemap is not None:
                deeper.extend(sitemap.shards)
                yield from (Target(sku_of(page), page) for page in sitemap.pages if is_product(page))
        level = deeper


def _why(source: Source) -> str:
    """The failures so far, for an error's text."""
    shown = [f"{failure.error} for {failure.url}" for failure in source.archive.failures(most=3)]
    return f" ({'; '.join(shown)})" if shown else ""
