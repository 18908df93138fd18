"""Section 3.1: the products to fetch, from categories, the sitemap, or a list of SKUs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

from ameli_build.archive.records import Response
from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import say
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl import checks, developer
from ameli_build.crawl.fetching.api_client import api_of
from ameli_build.crawl.fetching.failures import TOO_MANY_PAGES, TOO_MANY_SITEMAPS, Unwanted
from ameli_build.crawl.journal import Selection, check_ids
from ameli_build.crawl.pages import Source
from ameli_build.shops.base import Listing

MAX_SITEMAP_DEPTH = 3
MAX_SITEMAPS = 10_000
MAX_PAGES = 10_000
"""Largest number of pages of a category, for listings that bring new products forever."""
MAX_MISSED = 3
"""Pages in a row without new products after which a listing ends."""
GONE = ("http_404", "http_410")
SHORT = "listing_short"
"""Kind of failure of a listing with fewer products than the shop counts."""


@dataclass(frozen=True, slots=True)
class Target:
    """A product to fetch; `sku` is None if only its page has it.

    `images` are the image URLs from the developer API, None if the product page is to be fetched.
    """

    sku: str | None
    url: str
    images: tuple[str, ...] | None = None

    @property
    def key(self) -> str:
        """The SKU, or the URL if the SKU is unknown."""
        return self.sku or self.url


class NothingFound(RunFailed):
    """None of the selected products exists."""


def find_targets(source: Source, settings: CrawlSettings, selection: Selection) -> list[Target]:
    """The selected products, each once: SKUs first, then categories; without either, the sitemap.

    Raises:
        NothingFound: There are none.
        UnusableInput: A malformed id.
    """
    shop, site = source.fetcher.shop, source.fetcher.addresses.site_url
    check_ids(selection, shop)
    found: Iterable[Target]
    if settings.products == "api":
        api = api_of(shop)
        products = developer.list_products(source, settings, api, selection.categories, selection.skus)
        found = (
            Target(product.sku, api.product_url(settings.api_url, product.sku), product.images) for product in products
        )
    elif selection.skus or selection.categories:
        named = [Target(sku, shop.product_url(site, sku)) for sku in selection.skus]
        found = chain(named, *(_in_category(source, category) for category in selection.categories))
    else:
        found = from_sitemap(source, source.fetcher.addresses.resolve(settings.sitemap_url))
    targets = list(islice(distinct(found), selection.max_products))
    if not targets:
        raise NothingFound(f"{site}: no product found{_failures_text(source)}")
    return targets


def distinct(targets: Iterable[Target]) -> Iterator[Target]:
    """Yield each product once; old and new URLs of a SKU are the same product."""
    seen: set[str] = set()
    for target in targets:
        if target.key not in seen:
            seen.add(target.key)
            yield target


def _in_category(source: Source, category: str) -> Iterator[Target]:
    """The products of a category, with a warning if the shop does not have it."""
    url = source.fetcher.shop.listing_url(source.fetcher.addresses.site_url, category, 1)
    yield from _listed(source, category, url, anew=source.failure("done", url) == SHORT)
    error = source.failure("listing", url)
    if error:
        problem = "the shop has no such category" if error in GONE else "its first page could not be fetched"
        say(f"warning: category {category}: {problem} ({error} for {url})")


def from_listing(source: Source, url: str) -> Iterator[Target]:
    """The products on pages of a category that are not archived yet; all products if the category was incomplete."""
    shop = source.fetcher.shop
    category = shop.category_of(url)
    if category is not None:
        start = shop.listing_url(source.fetcher.addresses.site_url, category, 1)
        short = source.failure("done", start) == SHORT
        yield from _listed(source, category, start, anew=short, only_new=not short)


def _listed(source: Source, category: str, start: str, anew: bool = False, only_new: bool = False) -> Iterator[Target]:
    """The cards of a category, page after page, until the shop's count is reached or a page has nothing new.

    Pages that fail or are empty are skipped while the shop counts more products. A listing with fewer products than
    the shop counts, and no failed page, is recorded as `SHORT`; the next run requests its pages `anew`. `only_new`
    skips the cards of archived pages.
    """
    walk = _Walk(source, category, start)
    yield from walk.cards(anew, only_new)
    if len(walk.seen) < walk.total and not walk.holes:
        detail = f"{len(walk.seen):,} of {walk.total:,} products"
        say(f"warning: category {category}: {detail} that the shop counts; the next run tries again")
        source.note("done", start, SHORT, 200, detail)
    elif source.failure("done", start) and not walk.holes:
        source.archive.add_done(start, None)


class _Walk:
    """A pass over a listing: products `seen`, `total` by the shop's count, number of missing pages (`holes`)."""

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
                say(f"warning: category {self._category}: stopped after {MAX_PAGES:,} pages")
                source.note("listing", url, TOO_MANY_PAGES, 0, f"{MAX_PAGES:,} pages")
                self.holes += 1
                return
            pages.add(url)
            skipped = only_new and source.archive.holds("listing", url)
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
            yield from (Target(card.sku, card.url) for card in fresh if not skipped)
            number += 1
            # Recent listings have no link to the next page, only a count.
            more = len(self.seen) + self.holes * self._size < self.total
            url = (listing.next_url if listing is not None else None) or (
                source.fetcher.shop.listing_url(site, self._category, number) if more else None
            )

    def _whole(self, response: Response) -> Listing:
        """The listing in a page; an empty page is a failure while the shop counts more products than were seen."""
        listing = checks.listing_page(response, self._source.fetcher.shop)
        if not listing.cards and len(self.seen) < max(self.total, listing.total or 0):
            raise Unwanted("not_a_listing", f"no products, but the shop counts {max(self.total, listing.total or 0):,}")
        return listing


def from_sitemap(source: Source, url: str) -> Iterator[Target]:
    """The product pages of a sitemap and of the sitemaps below it, each once; skipped sitemaps are recorded."""
    shop = source.fetcher.shop
    waiting = deque([(url, 1)])
    known = {url}
    while waiting:
        address, depth = waiting.popleft()
        sitemap = source.take("sitemap", address, partial(checks.sitemap, shop=shop))
        if sitemap is None:
            continue
        yield from (Target(shop.sku_of(page), page) for page in sitemap.pages if shop.is_product(page))
        fresh = [shard for shard in sitemap.shards if shard not in known]
        taken = fresh[: MAX_SITEMAPS - len(known)] if depth < MAX_SITEMAP_DEPTH else []
        if len(taken) < len(fresh):
            skipped = f"{len(fresh) - len(taken):,} sitemaps below it skipped"
            say(f"warning: {address}: {skipped}; the limits are {MAX_SITEMAPS:,} sitemaps, {MAX_SITEMAP_DEPTH} levels")
            source.note("done", address, TOO_MANY_SITEMAPS, 0, skipped)
        known.update(taken)
        waiting.extend((shard, depth + 1) for shard in taken)


def _failures_text(source: Source) -> str:
    """The first failures of listings, for an error message."""
    failures = [failure for failure in source.archive.failures() if failure.kind in ("listing", "sitemap", "api")]
    shown = [f"{failure.error} for {failure.url}" for failure in failures[:3]]
    return f" ({'; '.join(shown)})" if shown else ""
