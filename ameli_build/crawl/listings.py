"""Section 3.1: which products to fetch, from categories, from the sitemap, or from a list of SKUs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qs, urlsplit

from ameli_build.catalog.urls import is_product, listing_url, product_url, sku_of
from ameli_build.crawl import developer
from ameli_build.crawl.fetching import answers
from ameli_build.crawl.journal import Selection, check_ids
from ameli_build.crawl.obtain import Source
from ameli_build.progress import say
from ameli_build.settings import CrawlSettings
from ameli_build.snapshot import RunFailed

MAX_SITEMAP_DEPTH = 3
MAX_MISSED = 3
"""Pages in a row that cannot be had after which a listing is left."""
GONE = ("http_404", "http_410")
_LISTING = re.compile(r"/([A-Za-z0-9_-]+)\.c$")


@dataclass(frozen=True, slots=True)
class Target:
    """A product to fetch; `sku` is None where only its page tells it.

    `images` are those of a product that the developer API has told; None where its page is to be fetched.
    """

    sku: str | None
    url: str
    images: tuple[str, ...] | None = None


class NothingFound(RunFailed):
    """There is not one product of those that were asked for."""


def find_targets(source: Source, settings: CrawlSettings, selection: Selection) -> list[Target]:
    """The products that are asked for, each once: SKUs first, then categories, else the sitemap.

    Raises `NothingFound` when there are none, `UnusableInput` for what cannot be an id.
    """
    check_ids(selection)
    site = source.fetcher.addresses.site_url
    found: Iterable[Target]
    if settings.products == "api":
        told = developer.listed(source, settings, selection.categories, selection.skus)
        found = (Target(one.sku, developer.address(settings, one.sku), one.images) for one in told)
    elif selection.skus or selection.categories:
        named = [Target(sku, product_url(site, sku)) for sku in selection.skus]
        found = _chain(named, *(_in_category(source, category) for category in selection.categories))
    else:
        found = from_sitemap(source, source.fetcher.addresses.resolve(settings.sitemap_url))
    targets = list(islice(distinct(found), selection.max_products))
    if not targets:
        raise NothingFound(f"{site}: no product found{_why(source)}")
    return targets


def _chain(*parts: Iterable[Target]) -> Iterator[Target]:
    for part in parts:
        yield from part


def distinct(targets: Iterable[Target]) -> Iterator[Target]:
    """Old and new URLs of one SKU are one product."""
    seen: set[str] = set()
    for target in targets:
        key = target.sku or target.url
        if key not in seen:
            seen.add(key)
            yield target


def _in_category(source: Source, category: str) -> Iterator[Target]:
    """The products of a category; one that the shop does not have is told."""
    url = listing_url(source.fetcher.addresses.site_url, category)
    yield from _listed(source, category, url)
    error = source.failure("listing", url)
    if error:
        what = "the shop has no such category" if error in GONE else "its first page could not be had"
        say(f"warning: category {category}: {what} ({error} for {url})")


def from_listing(source: Source, url: str) -> Iterator[Target]:
    """The products of a category from one of its pages on, up to a page that is archived."""
    match = _LISTING.search(urlsplit(url).path)
    if match is not None:
        yield from _listed(source, match[1], url, anew=True)


def _listed(source: Source, category: str, start: str, anew: bool = False) -> Iterator[Target]:
    """The cards of a category, page after page to the listing's own end, or until a page shows nothing new.

    Pages that cannot be had are passed over while the shop's count says that there is more. `anew` ends at the first
    page that is archived.
    """
    site = source.fetcher.addresses.site_url
    url: str | None = start
    pages: set[str] = set()
    seen: set[str] = set()
    number, total, missed = _number(start), 0, 0
    while url is not None and url not in pages and missed < MAX_MISSED:
        if anew and source.archive.holds("listing", url):
            return
        pages.add(url)
        listing = source.take("listing", url, answers.listing_page)
        fresh = [card for card in listing.cards if (card.sku or card.url) not in seen] if listing is not None else []
        if listing is not None and not fresh:
            return
        missed = 0 if fresh else missed + 1
        seen.update(card.sku or card.url for card in fresh)
        yield from (Target(card.sku, card.url) for card in fresh)
        total = max(total, (listing.total or 0) if listing is not None else 0)
        number += 1
        more = len(seen) < total  # later listings have no link to their next page, only a count
        url = (listing.next_url if listing is not None else None) or (
            listing_url(site, category, number) if more else None
        )


def _number(url: str) -> int:
    """Which page of its listing a URL is."""
    given = parse_qs(urlsplit(url).query).get("cp", ["1"])[0]
    return int(given) if given.isdecimal() else 1


def from_sitemap(source: Source, url: str) -> Iterator[Target]:
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
    """The failures of listings so far, for an error's text."""
    failures = [failure for failure in source.archive.failures() if failure.kind in ("listing", "sitemap", "api")]
    shown = [f"{failure.error} for {failure.url}" for failure in failures[:3]]
    return f" ({'; '.join(shown)})" if shown else ""
