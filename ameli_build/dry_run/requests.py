"""`ameli crawl --dry-run`: the requests, the time and the disk that a crawl would need."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar, Unpack, cast
from urllib.parse import urlsplit

from ameli_build.archive.records import Response
from ameli_build.archive.store import NOTHING, Archive
from ameli_build.core.progress import duration
from ameli_build.core.settings import CrawlSettings, Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.space import free_space
from ameli_build.core.text import figures, gigabytes
from ameli_build.crawl import checks
from ameli_build.crawl import journal as journals
from ameli_build.crawl.fetching.api_client import api_of
from ameli_build.crawl.fetching.failures import FetchFailed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.journal import CrawlOptions, Journal, Selection
from ameli_build.crawl.listings import NothingFound, Target, distinct, find_targets
from ameli_build.crawl.pages import Remark, Source
from ameli_build.crawl.parts import WHOLE
from ameli_build.crawl.products import done_mark
from ameli_build.dry_run.sizes import ENOUGH, sizes_of
from ameli_build.shops.base import Estimates

T = TypeVar("T")

CALLS = "calls"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit of calls a day; `remaining` of them are available now."""

    a_day: int
    remaining: int

    def seconds(self, calls: int) -> float:
        """The least time for a number of calls."""
        return DAY * max(0, calls - self.remaining) / self.a_day


@dataclass(slots=True)
class CrawlEstimate:
    """The remaining requests of a crawl, and their cost.

    `requests` has their number by host and purpose, `rates` the requests a second by host. `sizes` has the total bytes
    of each purpose, equal on the network and on the disk; a missing purpose has an unknown size. `notes` state the
    assumptions. `products` is the number of selected products, `photographs` the expected number in the finished
    snapshot. `free` is the free space in bytes.
    """

    requests: dict[str, Counter[str]] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    quotas: dict[str, Quota] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    products: int = 0
    photographs: float = 0.0
    free: int = 0

    def add(self, host: str, rate: float, purpose: str, number: float, size: float | None = None) -> None:
        """Add requests to a host.

        Args:
            host: Host with its port.
            rate: Requests a second.
            purpose: Name of this kind of request.
            number: Number of requests.
            size: Bytes of each response, None if unknown.
        """
        if number > 0:
            self.requests.setdefault(host, Counter())[purpose] += math.ceil(number)
            self.rates[host] = rate
            if size is not None:
                self.sizes[purpose] = self.sizes.get(purpose, 0.0) + size * math.ceil(number)

    def seconds(self, host: str) -> float:
        """The time that the requests to a host take, by its rate and its quota."""
        calls, quota = self.requests[host], self.quotas.get(host)
        by_rate = calls.total() / self.rates[host]
        return by_rate if quota is None else max(by_rate, quota.seconds(calls[CALLS]))

    def __str__(self) -> str:
        rows = [("host", "requests", "a second", "time", "bytes")]
        for host, counts in self.requests.items():
            rows.append((host, f"{counts.total():,}", f"{self.rates[host]:g}", duration(self.seconds(host)), ""))
            rows += [(f"  {purpose}", f"{number:,}", "", "", self._size(purpose)) for purpose, number in counts.items()]
        number = sum(counts.total() for counts in self.requests.values())
        longest, size = max(map(self.seconds, self.requests), default=0.0), gigabytes(sum(self.sizes.values()))
        unknown = any(purpose not in self.sizes for counts in self.requests.values() for purpose in counts)
        rows.append(("all hosts at a time", f"{number:,}", "", duration(longest), f"{size} + ?" if unknown else size))
        return "\n".join([*figures(rows), *self.notes, *self._space()])

    def _size(self, purpose: str) -> str:
        return gigabytes(self.sizes[purpose]) if purpose in self.sizes else "?"

    def _space(self) -> Iterator[str]:
        if self.free:
            yield f"disk: the same bytes; {gigabytes(self.free)} are free. Memory does not grow with the crawl"
        if self.free and sum(self.sizes.values()) > self.free:
            yield "warning: the disk is too small"


def dry_run(snapshot: Snapshot, settings: Settings, **options: Unpack[CrawlOptions]) -> CrawlEstimate:
    """The requests of `crawl` with the same arguments, without archived responses. Writes nothing.

    May itself request robots.txt, the sitemap, or the first page of each category. Raises as `crawl` does.
    """
    journal, selections = journals.resolve(snapshot, settings.crawl, **options)
    share = journal.part.share(settings.crawl)
    with ExitStack() as stack:
        archive = Archive(snapshot.raw, writable=False)
        stack.callback(archive.close)
        if options.get("retry_failed"):
            return _retries(archive, share)
        fetcher = Fetcher(settings.crawl, part=journal.part)
        stack.callback(fetcher.close)
        source = _DrySource(snapshot, archive, fetcher)
        targets, unlisted = _targets(source, settings.crawl, selections)
        base, base_raw = archive, snapshot.raw
        if journal.refreshes:
            base_raw = Path(journal.refreshes) / "raw"
            base = Archive(base_raw, writable=False)
            stack.callback(base.close)
        estimate = _estimate(source, base, base_raw, share, targets, unlisted, journal)
        estimate.free = free_space(snapshot.root)
        return estimate


class _DrySource(Source):
    """Reads the archive. Fetches only sitemaps and the `first_pages` of categories, and archives nothing."""

    def __init__(self, snapshot: Snapshot, archive: Archive, fetcher: Fetcher) -> None:
        super().__init__(snapshot, archive, fetcher)
        self.first_pages: set[str] = set()
        self._found: dict[str, object] = {}
        self._missing: dict[tuple[str, str], str] = {}

    def take(
        self,
        kind: str,
        url: str,
        accept: Callable[[Response], T],
        sku: str | None = None,
        remark: Remark[T] = lambda _: NOTHING,
        anew: bool = False,
    ) -> T | None:
        """As `Source.take`; archives nothing and ignores `anew`."""
        if self.archive.holds(kind, url):
            return super().take(kind, url, accept, sku, remark)
        if kind == "listing" and url not in self.first_pages:
            return None
        try:
            if url not in self._found:
                self._found[url] = self.fetcher.get(url, kind, accept)[1]
            return cast("T", self._found[url])
        except FetchFailed as failure:
            self._missing[kind, url] = failure.kind
            return None

    def note(self, kind: str, url: str, error: str, status: int, detail: str, sku: str | None = None) -> None:
        """Do nothing."""

    def failure(self, kind: str, url: str) -> str:
        """As `Source.failure`."""
        return self._missing.get((kind, url), "")


def _targets(source: _DrySource, settings: CrawlSettings, selections: Sequence[Selection]) -> tuple[list[Target], int]:
    """The products with a known URL, and the number of other products that the shop counts in the categories."""
    shop = source.fetcher.shop
    accept = partial(checks.listing_page, shop=shop)
    found: list[Target] = []
    unlisted = 0
    for selection in selections:
        firsts = [shop.listing_url(source.fetcher.addresses.site_url, category, 1) for category in selection.categories]
        source.first_pages.update(firsts)
        listings = (source.take("listing", url, accept) for url in firsts)
        total = sum((listing.total or len(listing.cards)) for listing in listings if listing is not None)
        try:
            targets = find_targets(source, settings.model_copy(update={"products": "site"}), selection)
        except NothingFound:
            targets = []
        most = math.inf if selection.max_products is None else selection.max_products
        found += targets
        unlisted += int(max(0, min(total + len(selection.skus), most) - len(targets))) if firsts else 0
    if settings.products == "api":  # the site is asked instead: the API counts its products only in a call
        url_of = partial(api_of(shop).product_url, settings.api_url)
        named = [Target(target.sku, url_of(target.sku), ()) for target in found if target.sku is not None]
        return list(distinct(named)), unlisted + len(found) - len(named)
    return list(distinct(found)), unlisted


def _estimate(
    source: _DrySource,
    base: Archive,
    base_raw: Path,
    settings: CrawlSettings,
    targets: Sequence[Target],
    unlisted: int,
    journal: Journal,
) -> CrawlEstimate:
    estimate, known = CrawlEstimate(), source.fetcher.shop.estimates
    site = urlsplit(source.fetcher.addresses.site_url).netloc
    photos = settings.image_hosts[0] if settings.image_hosts else site
    archived = _by_kind(source.archive)
    listed, listing_pages = len(targets) + unlisted, math.ceil(unlisted / known.listing_cards)
    targets = [target for target in targets if journal.part.has(target.key)]  # each part reads all listings
    unlisted = math.ceil(unlisted / journal.part.of)
    products = len(targets) + unlisted
    todo = sum(source.archive.find("done", done_mark(target, settings)) is None for target in targets) + unlisted
    pages = sum(not source.archive.holds("page", target.url) for target in targets) + unlisted
    share = _shares(_by_kind(base), settings, known, estimate)
    size = sizes_of(base_raw, settings, estimate.notes)
    whose = f" in part {journal.part}" if journal.part != WHOLE else ""
    estimate.notes.insert(0, f"{products:,} products{whose}, {products - todo:,} of them done")
    estimate.products, estimate.photographs = products, max(0.0, share["image"] - known.images_a_product) * products
    if settings.products == "api":
        _add_calls(estimate, source, settings, listed, archived["api"], size["api"])
    else:
        estimate.add(site, settings.rate, "listing pages", listing_pages, size["listing"])
    if settings.products == "site" and todo:
        clicked = share["clicked"] * products - archived["clicked"]
        estimate.add(site, settings.rate, "product pages", pages, size["page"])
        estimate.add(site, settings.rate, "redirects", share["redirect"] * pages, 0.0)
        estimate.add(site, settings.rate, "pages to click in", clicked, size["clicked"])
    if todo:
        review_pages = products if journal.refreshes else share["reviews"] * products
        estimate.add(site, settings.rate, "review pages", review_pages - archived["reviews"], size["reviews"])
        images = 0.0 if journal.refreshes and settings.refresh_images == "trust" else share["image"] * products
        estimate.add(photos, settings.rate, "images", images - archived["image"], size["image"])
    return estimate


def _add_calls(
    estimate: CrawlEstimate,
    source: _DrySource,
    settings: CrawlSettings,
    products: int,
    archived: int,
    size: float | None,
) -> None:
    """Add the calls of the developer API, each for a page of products, within the daily quota."""
    host = urlsplit(source.fetcher.addresses.resolve(settings.api_url)).netloc
    since = datetime.now(UTC) - timedelta(seconds=DAY)
    made = sum(datetime.fromisoformat(moment) > since for moment in source.archive.calls)
    estimate.quotas[host] = Quota(settings.api_calls_per_day, max(0, settings.api_calls_per_day - made))
    calls = math.ceil(products / api_of(source.fetcher.shop).page_size) - archived
    estimate.add(host, min(settings.rate, settings.api_rate), CALLS, calls, size)
    estimate.notes.append("number of products: as the site lists them; the API may have others")


def _by_kind(archive: Archive) -> Counter[str]:
    """The number of responses and failures of each kind."""
    numbers: Counter[str] = Counter()
    for tally in archive.tallies():
        numbers[tally.kind] += tally.number
    return numbers


def _shares(
    archived: Mapping[str, int], settings: CrawlSettings, known: Estimates, estimate: CrawlEstimate
) -> dict[str, float]:
    """Requests a product by kind: as in an archive with enough pages, else by the paper's averages."""
    if archived["page"] >= ENOUGH:
        estimate.notes.append("requests a product: as for the archived products")
        return {kind: archived[kind] / archived["page"] for kind in ("redirect", "clicked", "reviews", "image")}
    reviews, images = known.reviews_a_product, known.images_a_product
    pages = reviews / settings.review_page_size
    estimate.notes += [
        f"assumed: {reviews:.0f} reviews a product (section 3.1: 6,500,078 of 38,329) on {pages:.1f} pages",
        f"assumed: {images:.2f} images a product (Table 2), {known.photos_a_review:.2f} photos a review (recorded)",
    ]
    if settings.specifications == "auto":
        estimate.notes.append("assumed: pages that show their specifications without a click")
    return {
        "redirect": 0.0,
        "clicked": float(settings.specifications == "click"),
        "reviews": pages,
        "image": images + reviews * known.photos_a_review,
    }


def _retries(archive: Archive, settings: CrawlSettings) -> CrawlEstimate:
    """The failed requests, without the pages and images that they may lead to."""
    estimate = CrawlEstimate()
    site = urlsplit(settings.site_url).netloc
    for failure in archive.failures():
        host = urlsplit(failure.url).netloc or site
        estimate.add(host, settings.rate, f"{failure.kind}: {failure.error}", 1)
    estimate.notes.append("not counted: pages and images that these lead to")
    return estimate
