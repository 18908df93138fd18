"""`ameli crawl --dry-run`: what a crawl would fetch, and how long that takes at the set rate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlsplit

from ameli_build.catalog.urls import listing_url
from ameli_build.crawl import journal as journals
from ameli_build.crawl.developer import PAGE_SIZE, address
from ameli_build.crawl.fetching import answers
from ameli_build.crawl.fetching.failures import FetchFailed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.journal import Journal, Selection
from ameli_build.crawl.listings import NothingFound, Target, distinct, find_targets
from ameli_build.crawl.obtain import Remark, Source
from ameli_build.crawl.products import done_mark
from ameli_build.crawl.storage.archive import Response
from ameli_build.crawl.storage.store import NOTHING, Archive
from ameli_build.crawl.view import duration
from ameli_build.settings import CrawlSettings, Settings
from ameli_build.snapshot import Snapshot
from ameli_build.text import figures

T = TypeVar("T")

REVIEWS_A_PRODUCT = 6_500_078 / 38_329
"""Section 3.1's crawl."""
IMAGES_A_PRODUCT = 180_532 / 35_598
"""Table 2."""
PHOTOS_A_REVIEW = 58 / 456
"""The paper does not say; this is what recorded review pages of the shop have. Siblings share photos."""
ENOUGH = 20
"""Product pages in an archive from which its own averages are taken."""
LISTING_CARDS = 24
"""Products on one page of a category."""


@dataclass(slots=True)
class Plan:
    """Requests that are left, by host and what they are for; `notes` say what was assumed."""

    requests: dict[str, Counter[str]] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, host: str, rate: float, what: str, number: float) -> None:
        """Count requests of a host that takes so many a second."""
        if number > 0:
            self.requests.setdefault(host, Counter())[what] += math.ceil(number)
            self.rates[host] = rate

    def __str__(self) -> str:
        rows = [("host", "requests", "a second", "time")]
        times = {host: counts.total() / self.rates[host] for host, counts in self.requests.items()}
        for host, counts in self.requests.items():
            rows.append((host, f"{counts.total():,}", f"{self.rates[host]:g}", duration(times[host])))
            rows += [(f"  {what}", f"{number:,}", "", "") for what, number in counts.items()]
        asked = sum(counts.total() for counts in self.requests.values())
        rows.append(("all hosts at a time", f"{asked:,}", "", duration(max(times.values(), default=0.0))))
        return "\n".join([*figures(rows), *self.notes])


def dry_run(
    snapshot: Snapshot,
    settings: Settings,
    *,
    categories: Sequence[str] = (),
    skus: Sequence[str] = (),
    max_products: int | None = None,
    retry_failed: bool = False,
    refresh: Snapshot | None = None,
) -> Plan:
    """What `crawl` with the same arguments would ask for; nothing is written.

    May itself ask for robots.txt, the sitemap, or the first page of each category. What is archived is not counted.
    Raises as `crawl` does.
    """
    given = Selection(tuple(categories), tuple(skus), max_products)
    journal, selections = journals.resolve(snapshot, settings.crawl, given, refresh, retry_failed)
    with ExitStack() as stack:
        archive = Archive(snapshot.raw, writable=False)
        stack.callback(archive.close)
        if retry_failed:
            return _again(archive, settings.crawl)
        fetcher = Fetcher(settings.crawl)
        stack.callback(fetcher.close)
        look = _Look(snapshot, archive, fetcher)
        targets, unlisted = _targets(look, settings.crawl, selections)
        base = archive
        if journal.refreshes:
            base = Archive(Path(journal.refreshes) / "raw", writable=False)
            stack.callback(base.close)
        return _planned(look, base, settings.crawl, targets, unlisted, journal)


class _Look(Source):
    """Takes from the archive; asks only for sitemaps and the first pages of categories, and keeps nothing."""

    def __init__(self, snapshot: Snapshot, archive: Archive, fetcher: Fetcher) -> None:
        super().__init__(snapshot, archive, fetcher)
        self.first: set[str] = set()
        self._found: dict[str, object] = {}
        self._missing: dict[tuple[str, str], str] = {}

    def take(
        self,
        kind: str,
        url: str,
        accept: Callable[[Response], T],
        sku: str | None = None,
        remark: Remark[T] = lambda _: NOTHING,
    ) -> T | None:
        """As `Source.take`, but nothing is kept."""
        if self.archive.holds(kind, url):
            return super().take(kind, url, accept, sku, remark)
        if kind == "listing" and url not in self.first:
            return None
        try:
            if url not in self._found:
                self._found[url] = self.fetcher.get(url, kind, accept)[1]
            return cast("T", self._found[url])
        except FetchFailed as failure:
            self._missing[kind, url] = failure.kind
            return None

    def failure(self, kind: str, url: str) -> str:
        """As `Source.failure`."""
        return self._missing.get((kind, url), "")


def _targets(look: _Look, settings: CrawlSettings, selections: Sequence[Selection]) -> tuple[list[Target], int]:
    """The products whose addresses are known, and how many more the shop counts in the categories."""
    found: list[Target] = []
    unlisted = 0
    for selection in selections:
        if settings.products == "api":
            found += (Target(sku, address(settings, sku), ()) for sku in selection.skus)
            continue
        firsts = [listing_url(look.fetcher.addresses.site_url, category) for category in selection.categories]
        look.first.update(firsts)
        listings = (look.take("listing", url, answers.listing_page) for url in firsts)
        total = sum((listing.total or len(listing.cards)) for listing in listings if listing is not None)
        try:
            targets = find_targets(look, settings, selection)
        except NothingFound:
            targets = []
        most = math.inf if selection.max_products is None else selection.max_products
        found += targets
        unlisted += int(max(0, min(total + len(selection.skus), most) - len(targets))) if firsts else 0
    return list(distinct(found)), unlisted


def _planned(
    look: _Look, base: Archive, settings: CrawlSettings, targets: Sequence[Target], unlisted: int, journal: Journal
) -> Plan:
    plan = Plan()
    site = urlsplit(look.fetcher.addresses.site_url).netloc
    photos = settings.image_hosts[0] if settings.image_hosts else site
    held = _held(look.archive)
    products = len(targets) + unlisted
    left = sum(look.archive.find("done", done_mark(target, settings)) is None for target in targets) + unlisted
    pages = sum(not look.archive.holds("page", target.url) for target in targets) + unlisted
    share = _shares(_held(base), settings, plan)
    plan.notes.insert(0, f"{products:,} products, {products - left:,} of them done")
    plan.add(site, settings.rate, "listing pages", math.ceil(unlisted / LISTING_CARDS))
    if settings.products == "api":
        host = urlsplit(look.fetcher.addresses.resolve(settings.api_url)).netloc
        plan.add(host, min(settings.rate, settings.api_rate), "calls", math.ceil(products / PAGE_SIZE) - held["api"])
        if not products:
            plan.notes.append("how many products there are is known only once the API is asked")
    elif left:
        plan.add(site, settings.rate, "product pages", pages)
        plan.add(site, settings.rate, "redirects", share["redirect"] * pages)
        plan.add(site, settings.rate, "pages to click in", share["clicked"] * products - held["clicked"])
    if left:
        review_pages = products if journal.refreshes else share["reviews"] * products
        plan.add(site, settings.rate, "review pages", review_pages - held["reviews"])
        images = 0.0 if journal.refreshes and settings.refresh_images == "trust" else share["image"] * products
        plan.add(photos, settings.rate, "images", images - held["image"])
    return plan


def _held(archive: Archive) -> Counter[str]:
    """Answers and failures by kind."""
    held: Counter[str] = Counter()
    for tally in archive.tallies():
        held[tally.kind] += tally.number
    return held


def _shares(held: Mapping[str, int], settings: CrawlSettings, plan: Plan) -> dict[str, float]:
    """Requests a product, by kind: those of an archive with enough in it, else by the paper's averages."""
    if held["page"] >= ENOUGH:
        plan.notes.append("requests a product: as the products that are archived")
        return {kind: held[kind] / held["page"] for kind in ("redirect", "clicked", "reviews", "image")}
    pages = REVIEWS_A_PRODUCT / settings.review_page_size
    plan.notes += [
        f"assumed: {REVIEWS_A_PRODUCT:.0f} reviews a product (section 3.1: 6,500,078 of 38,329) on {pages:.1f} pages",
        f"assumed: {IMAGES_A_PRODUCT:.2f} images a product (Table 2), {PHOTOS_A_REVIEW:.2f} photos a review (recorded)",
    ]
    if settings.specifications == "auto":
        plan.notes.append("assumed: pages that show their specifications without a click")
    return {
        "redirect": 0.0,
        "clicked": float(settings.specifications == "click"),
        "reviews": pages,
        "image": IMAGES_A_PRODUCT + REVIEWS_A_PRODUCT * PHOTOS_A_REVIEW,
    }


def _again(archive: Archive, settings: CrawlSettings) -> Plan:
    """What failed; not what may hang below it."""
    plan = Plan()
    site = urlsplit(settings.site_url).netloc
    for failure in archive.failures():
        host = urlsplit(failure.url).netloc or site
        plan.add(host, settings.rate, f"{failure.kind}: {failure.error}", 1)
    plan.notes.append("and whatever hangs below what comes now")
    return plan
