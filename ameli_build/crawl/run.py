"""Section 3.1: the crawl of one snapshot, from listings to images, resumable at any moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from ameli_build.crawl.fetch import Fetcher
from ameli_build.crawl.keyed import api_key, use_api
from ameli_build.crawl.listings import Target, find_targets
from ameli_build.crawl.obtain import Source
from ameli_build.crawl.pool import BrowserPool
from ameli_build.crawl.products import ProductCrawler
from ameli_build.crawl.specifications import Clicker
from ameli_build.crawl.stats import CrawlStats, count, write_stats
from ameli_build.crawl.store import Archive
from ameli_build.progress import say, track
from ameli_build.provenance import write_run_record
from ameli_build.settings import CrawlSettings, Settings
from ameli_build.snapshot import RunFailed, Snapshot


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
    browsers = BrowserPool(settings.crawl, fetcher.addresses, stop)
    clicker = Clicker(browsers, fetcher.throttle, settings.crawl.click_timeout)
    try:
        targets = find_targets(source, settings.crawl, categories, skus, max_products)
        say(f"crawl: {len(targets):,} products")
        _fetch_all(ProductCrawler(source, settings.crawl, clicker), targets, settings.crawl, stop)
        stats = count(archive, fetcher)
        if not stats.counts.get("api" if key else "page"):
            worst = max(stats.failures, key=lambda kind: (stats.failures[kind], kind), default="nothing")
            raise RunFailed(f"{settings.crawl.site_url}: not one of {len(targets):,} product pages came ({worst})")
        write_run_record(snapshot, settings, "crawl")
        say(f"crawl: {_summary(stats)}")
        return stats
    finally:
        stop.set()
        browsers.close()
        fetcher.close()
        write_stats(snapshot.raw, archive, fetcher)
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
