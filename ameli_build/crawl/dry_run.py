"""`ameli crawl --dry-run`: what a crawl would fetch, how long that takes at the set rate, and how much disk."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlsplit

from ameli_build.archive.records import Response
from ameli_build.archive.store import NOTHING, Archive
from ameli_build.core.settings import CrawlSettings, Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.space import free_space
from ameli_build.core.text import figures, gigabytes
from ameli_build.crawl import checks as answers
from ameli_build.crawl import journal as journals
from ameli_build.crawl.fetching.api_client import api_of
from ameli_build.crawl.fetching.failures import FetchFailed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.journal import Journal, Selection
from ameli_build.crawl.listings import NothingFound, Target, distinct, find_targets
from ameli_build.crawl.pages import Remark, Source
from ameli_build.crawl.products import done_mark
from ameli_build.crawl.progress_view import duration
from ameli_build.crawl.sizes import ENOUGH, sizes_of
from ameli_build.shops.base import Estimates

T = TypeVar("T")

CALLS = "calls"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Quota:
    """So many calls a day that a service allows, of which `left` can be made now."""

    a_day: int
    left: int

    def seconds(self, calls: int) -> float:
        """How long the quota makes so many calls take."""
        return DAY * max(0, calls - self.left) / self.a_day


@dataclass(slots=True)
class Plan:
    """Requests that are left, by host and what they are for; `notes` say what was assumed.

    `sizes` are bytes of all requests of a kind, on the line and on the disk alike; a kind that is not in it has an
    unknown size. `products` are all that are asked for, `photographs` about how many the snapshot has in the end.
    """

    requests: dict[str, Counter[str]] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    quotas: dict[str, Quota] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    products: int = 0
    photographs: float = 0.0
    free: int = 0

    def add(self, host: str, rate: float, what: str, number: float, each: float | None = None) -> None:
        """Count requests of a host that takes so many a second; `each` are bytes, None where nobody knows them."""
        if number > 0:
            self.requests.setdefault(host, Counter())[what] += math.ceil(number)
            self.rates[host] = rate
            if each is not None:
                self.sizes[what] = self.sizes.get(what, 0.0) + each * math.ceil(number)

    def seconds(self, host: str) -> float:
        """How long a host takes: by the rate, and by the quota where it has one."""
        calls, quota = self.requests[host], self.quotas.get(host)
        by_rate = calls.total() / self.rates[host]
        return by_rate if quota is None else max(by_rate, quota.seconds(calls[CALLS]))

    def __str__(self) -> str:
        rows = [("host", "requests", "a second", "time", "bytes")]
        for host, counts in self.requests.items():
            rows.append((host, f"{counts.total():,}", f"{self.rates[host]:g}", duration(self.seconds(host)), ""))
            rows += [(f"  {what}", f"{number:,}", "", "", self._size(what)) for what, number in counts.items()]
        asked = sum(counts.total() for counts in self.requests.values())
        longest, size = max(map(self.seconds, self.requests), default=0.0), gigabytes(sum(self.sizes.values()))
        unknown = any(what not in self.sizes for counts in self.requests.values() for what in counts)
        rows.append(("all hosts at a time", f"{asked:,}", "", duration(longest), f"{size} + ?" if unknown else size))
        return "\n".join([*figures(rows), *self.notes, *self._space()])

    def _size(self, what: str) -> str:
        return gigabytes(self.sizes[what]) if what in self.sizes else "?"

    def _space(self) -> Iterator[str]:
        if self.free:
            yield f"disk: the same bytes again; {gigabytes(self.free)} are free. Memory does not grow with the crawl"
        if self.free and sum(self.sizes.values()) > self.free:
            yield "warning: the disk is too small for that"


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
        base, base_raw = archive, snapshot.raw
        if journal.refreshes:
            base_raw = Path(journal.refreshes) / "raw"
            base = Archive(base_raw, writable=False)
            stack.callback(base.close)
        plan = _planned(look, base, base_raw, settings.crawl, targets, unlisted, journal)
        plan.free = free_space(snapshot.root)
        return plan


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
        anew: bool = False,
    ) -> T | None:
        """As `Source.take`, but nothing is kept, nor asked for `anew`."""
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

    def note(self, kind: str, url: str, error: str, status: int, detail: str, sku: str | None = None) -> None:
        """Nothing is kept."""

    def failure(self, kind: str, url: str) -> str:
        """As `Source.failure`."""
        return self._missing.get((kind, url), "")


def _targets(look: _Look, settings: CrawlSettings, selections: Sequence[Selection]) -> tuple[list[Target], int]:
    """The products whose addresses are known, and how many more the shop counts in the categories."""
    shop = look.fetcher.shop
    accept = partial(answers.listing_page, shop=shop)
    found: list[Target] = []
    unlisted = 0
    for selection in selections:
        firsts = [shop.listing_url(look.fetcher.addresses.site_url, category, 1) for category in selection.categories]
        look.first.update(firsts)
        listings = (look.take("listing", url, accept) for url in firsts)
        total = sum((listing.total or len(listing.cards)) for listing in listings if listing is not None)
        try:
            targets = find_targets(look, settings.model_copy(update={"products": "site"}), selection)
        except NothingFound:
            targets = []
        most = math.inf if selection.max_products is None else selection.max_products
        found += targets
        unlisted += int(max(0, min(total + len(selection.skus), most) - len(targets))) if firsts else 0
    if settings.products == "api":  # which says how many products it has only when it is called
        url_of = partial(api_of(shop).product_url, settings.api_url)
        named = [Target(one.sku, url_of(one.sku), ()) for one in found if one.sku is not None]
        return list(distinct(named)), unlisted + len(found) - len(named)
    return list(distinct(found)), unlisted


def _planned(
    look: _Look,
    base: Archive,
    base_raw: Path,
    settings: CrawlSettings,
    targets: Sequence[Target],
    unlisted: int,
    journal: Journal,
) -> Plan:
    plan, known = Plan(), look.fetcher.shop.estimates
    site = urlsplit(look.fetcher.addresses.site_url).netloc
    photos = settings.image_hosts[0] if settings.image_hosts else site
    held = _held(look.archive)
    products = len(targets) + unlisted
    left = sum(look.archive.find("done", done_mark(target, settings)) is None for target in targets) + unlisted
    pages = sum(not look.archive.holds("page", target.url) for target in targets) + unlisted
    share = _shares(_held(base), settings, known, plan)
    each = sizes_of(base_raw, settings, plan.notes)
    plan.notes.insert(0, f"{products:,} products, {products - left:,} of them done")
    plan.products, plan.photographs = products, max(0.0, share["image"] - known.images_a_product) * products
    if settings.products == "api":
        _add_calls(plan, look, settings, products, held["api"], each["api"])
    else:
        plan.add(site, settings.rate, "listing pages", math.ceil(unlisted / known.listing_cards), each["listing"])
    if settings.products == "site" and left:
        clicked = share["clicked"] * products - held["clicked"]
        plan.add(site, settings.rate, "product pages", pages, each["page"])
        plan.add(site, settings.rate, "redirects", share["redirect"] * pages, 0.0)
        plan.add(site, settings.rate, "pages to click in", clicked, each["clicked"])
    if left:
        review_pages = products if journal.refreshes else share["reviews"] * products
        plan.add(site, settings.rate, "review pages", review_pages - held["reviews"], each["reviews"])
        images = 0.0 if journal.refreshes and settings.refresh_images == "trust" else share["image"] * products
        plan.add(photos, settings.rate, "images", images - held["image"], each["image"])
    return plan


def _add_calls(plan: Plan, look: _Look, settings: CrawlSettings, products: int, held: int, each: float | None) -> None:
    """Calls of the developer API, a page of products each, within what it allows a day."""
    host = urlsplit(look.fetcher.addresses.resolve(settings.api_url)).netloc
    since = datetime.now(UTC) - timedelta(seconds=DAY)
    made = sum(datetime.fromisoformat(moment) > since for moment in look.archive.calls)
    plan.quotas[host] = Quota(settings.api_calls_per_day, max(0, settings.api_calls_per_day - made))
    plan.add(
        host,
        min(settings.rate, settings.api_rate),
        CALLS,
        math.ceil(products / api_of(look.fetcher.shop).page_size) - held,
        each,
    )
    plan.notes.append("how many products: as the site lists them; the API may have others")


def _held(archive: Archive) -> Counter[str]:
    """Answers and failures by kind."""
    held: Counter[str] = Counter()
    for tally in archive.tallies():
        held[tally.kind] += tally.number
    return held


def _shares(held: Mapping[str, int], settings: CrawlSettings, known: Estimates, plan: Plan) -> dict[str, float]:
    """Requests a product, by kind: those of an archive with enough in it, else by the paper's averages."""
    if held["page"] >= ENOUGH:
        plan.notes.append("requests a product: as the products that are archived")
        return {kind: held[kind] / held["page"] for kind in ("redirect", "clicked", "reviews", "image")}
    reviews, images = known.reviews_a_product, known.images_a_product
    pages = reviews / settings.review_page_size
    plan.notes += [
        f"assumed: {reviews:.0f} reviews a product (section 3.1: 6,500,078 of 38,329) on {pages:.1f} pages",
        f"assumed: {images:.2f} images a product (Table 2), {known.photos_a_review:.2f} photos a review (recorded)",
    ]
    if settings.specifications == "auto":
        plan.notes.append("assumed: pages that show their specifications without a click")
    return {
        "redirect": 0.0,
        "clicked": float(settings.specifications == "click"),
        "reviews": pages,
        "image": images + reviews * known.photos_a_review,
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
