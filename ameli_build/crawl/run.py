"""Section 3.1: the crawl of one snapshot, from listings to images, resumable at any moment."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from ameli_build.crawl.browser import Browser
from ameli_build.crawl.fetch import Fetcher
from ameli_build.crawl.keyed import api_key, use_api
from ameli_build.crawl.listings import Target, find_targets
from ameli_build.crawl.obtain import Source
from ameli_build.crawl.products import ProductCrawler
from ameli_build.crawl.specifications import Clicker
from ameli_build.crawl.store import Archive
from ameli_build.progress import say, track
from ameli_build.provenance import write_run_record
from ameli_build.settings import CrawlSettings, Settings
from ameli_build.snapshot import RunFailed, Snapshot, write_json


@dataclass(frozen=True, slots=True)
class CrawlStats:
    """What a crawl's archive holds, and what this run did.

    `counts` are archived answers by kind, `failures` addresses that could not be had by kind of failure. `requests` (by
    host) and `retried` (by kind of failure) are this run's.
    """

    products: int
    counts: Mapping[str, int]
    failures: Mapping[str, int]
    requests: Mapping[str, int]
    retried: Mapping[str, int]


def with_site(settings: Settings, site_url: str | None) -> Settings:
    """The settings with `site_url`, where one is given, in place of every host of the shop."""
    if site_url is None:
        return settings
    return settings.model_copy(update={"crawl": settings.crawl.model_copy(update={"site_url": site_url})})


def crawl(
    snapshot: Snapshot,
    settings: Settings,
    *,
    categories: Sequence[str] = (),
    skus: Sequence[str] = (),
    max_products: int | None = None,
) -> CrawlStats:
    """Fetch products with their specifications, reviews and images into `raw/`; what is there is not fetched again.

    Without `categories` and `skus`, the product sitemap says which. Raises `RunFailed` when no product can be had, or
    when the shop refuses the crawl. The caller holds the snapshot's lock.
    """
    key = api_key() if settings.crawl.products == "api" else ""
    stop = threading.Event()
    archive = Archive(snapshot.raw)
    try:
        fetcher = Fetcher(settings.crawl, stop, keep=archive.add)
    except BaseException:
        archive.close()
        raise
    if key:
        use_api(fetcher, archive, settings.crawl, key)
    source = Source(snapshot, archive, fetcher)
    clicker = Clicker(
        Browser(settings.crawl, fetcher.addresses.allowed), fetcher.throttle, settings.crawl.click_timeout
    )
    try:
        targets = find_targets(source, settings.crawl, categories, skus, max_products)
        say(f"crawl: {len(targets):,} products")
        _fetch_all(ProductCrawler(source, settings.crawl, clicker), targets, settings.crawl, stop)
        stats = _stats(snapshot, archive, fetcher, len(targets))
        if not stats.counts.get("api" if key else "page"):
            worst = max(stats.failures, key=lambda kind: (stats.failures[kind], kind), default="nothing")
            raise RunFailed(f"{settings.crawl.site_url}: not one of {len(targets):,} product pages came ({worst})")
        write_run_record(snapshot, settings, "crawl")
        say(f"crawl: {_summary(stats)}")
        return stats
    finally:
        stop.set()
        clicker.close()
        fetcher.close()
        archive.close()


def _summary(stats: CrawlStats) -> str:
    """One line: what the archive holds and what could not be had."""
    pages = {"api": "API pages"} if stats.counts.get("api") else {"page": "product pages", "clicked": "after a click"}
    names = pages | {"reviews": "review pages", "image": "images"}
    held = ", ".join(f"{stats.counts.get(kind, 0):,} {name}" for kind, name in names.items())
    failed = ", ".join(f"{count:,} {kind}" for kind, count in stats.failures.items())
    retried = sum(stats.retried.values())
    return f"{held}; {retried:,} requests repeated; not to be had: {failed or 'nothing'} (raw/crawl-stats.json)"


def _fetch_all(
    crawler: ProductCrawler, targets: Sequence[Target], settings: CrawlSettings, stop: threading.Event
) -> None:
    """Every product, a few at a time; the first error ends all."""
    with ThreadPoolExecutor(settings.threads, thread_name_prefix="crawl") as pool:
        try:
            for done in track(_finished(pool, crawler, targets, 2 * settings.threads), "crawl", len(targets)):
                done.result()
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _finished(
    pool: ThreadPoolExecutor, crawler: ProductCrawler, targets: Sequence[Target], ahead: int
) -> Iterator[Future[None]]:
    """Futures as they finish, with only so many under way at a time that memory stays flat."""
    rest = iter(targets)
    waiting = {pool.submit(crawler.fetch, target) for target in islice(rest, ahead)}
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        waiting |= {pool.submit(crawler.fetch, target) for target in islice(rest, len(done))}
        yield from done


def _stats(snapshot: Snapshot, archive: Archive, fetcher: Fetcher, products: int) -> CrawlStats:
    """Count the archive into `raw/crawl-stats.json`."""
    places = list(archive.places())
    by_status: dict[str, Counter[str]] = defaultdict(Counter)
    for place in places:
        if place.error is None:
            by_status[place.kind][str(place.status)] += 1
    failed: dict[str, list[dict[str, str]]] = defaultdict(list)
    for kind, error, url in archive.failures():
        failed[error].append({"kind": kind, "url": url})
    write_json(
        snapshot.raw / "crawl-stats.json",
        {
            "products": products,
            "archived": by_status,
            "failed": failed,
            "this_run": {"requests": dict(fetcher.requests), "retried": dict(fetcher.retried)},
        },
    )
    return CrawlStats(
        products=products,
        counts=Counter(place.kind for place in places if place.error is None),
        failures={error: len(urls) for error, urls in sorted(failed.items())},
        requests=dict(fetcher.requests),
        retried=dict(fetcher.retried),
    )
