"""Section 3.1: which products to fetch, from categories, from the sitemap, or from a list of SKUs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from ameli_build.archive.records import Response
from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import say
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl import checks as answers
from ameli_build.crawl import developer
from ameli_build.crawl.fetching.api_client import api_of
from ameli_build.crawl.fetching.failures import TOO_MANY_PAGES, TOO_MANY_SITEMAPS, Unwanted
from ameli_build.crawl.journal import Selection, check_ids
from ameli_build.crawl.pages import Source
from ameli_build.shops.base import Listing

MAX_SITEMAP_DEPTH = 3
MAX_SITEMAPS = 10_000
MAX_PAGES = 10_000
"""Of one category; a listing that brings new products for ever is left there."""
MAX_MISSED = 3
"""Pages in a row that cannot be had after which a listing is left."""
GONE = ("http_404", "http_410")
SHORT = "listing_short"
"""The failure of a listing with fewer products than the shop counts."""


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
    shop, site = source.fetcher.shop, source.fetcher.addresses.site_url
    check_ids(selection, shop)
    found: Iterable[Target]
    if settings.products == "api":
        api = api_of(shop)
        told = developer.listed(source, settings, api, selection.categories, selection.skus)
        found = (Target(one.sku, api.product_url(settings.api_url, one.sku), one.images) for one in told)
    elif selection.skus or selection.categories:
        named = [Target(sku, shop.product_url(site, sku)) for sku in selection.skus]
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
    url = source.fetcher.shop.listing_url(source.fetcher.addresses.site_url, category, 1)
    yield from _listed(source, category, url, anew=source.failure("done", url) == SHORT)
    error = source.failure("listing", url)
    if error:
        what = "the shop has no such category" if error in GONE else "its first page could not be had"
        say(f"warning: category {category}: {what} ({error} for {url})")


def from_listing(source: Source, url: str) -> Iterator[Target]:
    """The products on those pages of a category that are not archived yet; all of a category that fell short."""
    shop = source.fetcher.shop
    category = shop.category_of(url)
    if category is not None:
        start = shop.listing_url(source.fetcher.addresses.site_url, category, 1)
        short = source.failure("done", start) == SHORT
        yield from _listed(source, category, start, anew=short, only_new=not short)


def _listed(source: Source, category: str, start: str, anew: bool = False, only_new: bool = False) -> Iterator[Target]:
    """The cards of a category, page after page until the shop's count is reached, or to a page that only repeats.

    Pages that cannot be had, or are empty, are passed over while that count says that there is more. A listing that
    falls short of it without such pages stays open: that is noted, and the next run asks for its pages `anew`.
    `only_new` passes over the cards of pages that are archived.
    """
    walk = _Walk(source, category, start)
    yield from walk.cards(anew, only_new)
    if len(walk.seen) < walk.total and not walk.holes:
        detail = f"{len(walk.seen):,} of {walk.total:,} products"
        say(f"warning: category {category}: {detail} that the shop counts; the next run asks again")
        source.note("done", start, SHORT, 200, detail)
    elif source.failure("done", start) and not walk.holes:
        source.archive.add_done(start, None)


class _Walk:
    """One reading of a listing.

    What was `seen`, the `total` that the shop counts, and how many pages are left for the next run (`holes`).
    """

    def __init__(self, source: Source, category: str, start: str) -> None:
        self.seen: set[str] = set()
        self.total = 0
        self.holes = 0
        self._size = 0
        self._source = source
        self._category = category
        self._start = start

    def cards(self, anew: bool, only_new: bool) -> Iterator[Target]:
        source, site = self._source, self._source.fetcher.addresses.site_url
        url: str | None = self._start
        pages: set[str] = set()
        number, missed = 1, 0
        while url is not None and url not in pages and missed < MAX_MISSED:
            if len(pages) == MAX_PAGES:
                say(f"warning: category {self._category}: left after {MAX_PAGES:,} pages")
                source.note("listing", url, TOO_MANY_PAGES, 0, f"{MAX_PAGES:,} pages")
                self.holes += 1
                return
            pages.add(url)
            passed_over = only_new and source.archive.holds("listing", url)
            listing = source.take("listing", url, self._whole, anew=anew)
            self.total = max(self.total, (listing.total or 0) if listing is not None else 0)
            cards = listing.cards if listing is not None else ()
            fresh = [card for card in cards if (card.sku or card.url) not in self.seen]
            if listing is not None and not fresh:
                break
            missed = 0 if fresh else missed + 1
            self.holes += not source.settled("listing", url)
            self._size = max(self._size, len(fresh))
            self.seen.update(card.sku or card.url for card in fresh)
            yield from (Target(card.sku, card.url) for card in fresh if not passed_over)
            number += 1
            # Later listings have no link to their next page, only a count.
            more = len(self.seen) + self.holes * self._size < self.total
            url = (listing.next_url if listing is not None else None) or (
                source.fetcher.shop.listing_url(site, self._category, number) if more else None
            )

    def _whole(self, response: Response) -> Listing:
        """The listing in a page; an empty one is none while the shop counts more than what was seen."""
        listing = answers.listing_page(response, self._source.fetcher.shop)
        if not listing.cards and len(self.seen) < max(self.total, listing.total or 0):
            raise Unwanted(
                "not_a_listing", f"no products, where the shop counts {max(self.total, listing.total or 0):,}"
            )
        return listing


def from_sitemap(source: Source, url: str) -> Iterator[Target]:
    """The product pages of a sitemap, and of those that it names, each once; what lies behind a ceiling is noted."""
    shop = source.fetcher.shop
    waiting = deque([(url, 1)])
    known = {url}
    while waiting:
        address, depth = waiting.popleft()
        sitemap = source.take("sitemap", address, partial(answers.sitemap, shop=shop))
        if sitemap is None:
            continue
        yield from (Target(shop.sku_of(page), page) for page in sitemap.pages if shop.is_product(page))
        fresh = [shard for shard in sitemap.shards if shard not in known]
        taken = fresh[: MAX_SITEMAPS - len(known)] if depth < MAX_SITEMAP_DEPTH else []
        if len(taken) < len(fresh):
            left = f"{len(fresh) - len(taken):,} of the sitemaps that it names"
            say(f"warning: {address}: {left} are left, beyond {MAX_SITEMAPS:,} in all or {MAX_SITEMAP_DEPTH} deep")
            source.note("done", address, TOO_MANY_SITEMAPS, 0, left)
        known.update(taken)
        waiting.extend((shard, depth + 1) for shard in taken)


def _why(source: Source) -> str:
    """The failures of listings so far, for an error's text."""
    failures = [failure for failure in source.archive.failures() if failure.kind in ("listing", "sitemap", "api")]
    shown = [f"{failure.error} for {failure.url}" for failure in failures[:3]]
    return f" ({'; '.join(shown)})" if shown else ""
