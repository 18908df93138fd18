"""Section 3.1: the crawl of a snapshot, from listings to images, resumable at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Unpack

from ameli_build.archive.store import Archive
from ameli_build.core.checksums import recorded
from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import repeated, say
from ameli_build.core.running import doing
from ameli_build.core.settings import CrawlSettings, Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.space import require_space
from ameli_build.crawl import journal as journals
from ameli_build.crawl.browsers.browser_transport import BrowserTransport
from ameli_build.crawl.browsers.pool import BrowserPool
from ameli_build.crawl.browsers.specifications import Clicker
from ameli_build.crawl.fetching.api_client import api_key, api_of, use_api
from ameli_build.crawl.fetching.failures import run_failed
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.images import prepare
from ameli_build.crawl.journal import CrawlOptions, Journal, Selection
from ameli_build.crawl.listings import NothingFound, Target, distinct, find_targets
from ameli_build.crawl.pages import Source, keeper
from ameli_build.crawl.parts import WHOLE, Part
from ameli_build.crawl.products import ProductCrawler
from ameli_build.crawl.progress_view import shown
from ameli_build.crawl.refresh import Earlier
from ameli_build.crawl.retry import find_failed
from ameli_build.crawl.stats import CrawlStats, count, summary, write_stats
from ameli_build.provenance import write_run_record
from ameli_build.shops import shop_named

Job = Callable[[], None]
STATS_EVERY_SECONDS = 60.0


def with_site(settings: Settings, site_url: str | None, *snapshots: Snapshot) -> Settings:
    """The settings with `site_url` in place of every host of the shop.

    If `site_url` is None and the settings name the shop itself: the URL recorded in the first snapshot with a URL.
    """
    if site_url is None and settings.crawl.site_url == CrawlSettings().site_url:
        known = (journals.read_journal(snapshot.raw).site_url for snapshot in snapshots)
        site_url = next(filter(None, known), None)
    if site_url is None:
        return settings
    return settings.model_copy(update={"crawl": settings.crawl.model_copy(update={"site_url": site_url})})


def crawl(snapshot: Snapshot, settings: Settings, **options: Unpack[CrawlOptions]) -> CrawlStats:
    """Fetch products with their specifications, reviews and images into `raw/`; archived URLs are not fetched again.

    Without `categories` and `skus`: the selections of earlier runs in this snapshot, else the product sitemap.
    `run.json` is written first, so a killed crawl knows its profile; `raw/crawl-stats.json` is written each minute.
    The caller holds the snapshot's lock.

    Args:
        snapshot: The snapshot, new or with an earlier run.
        settings: All settings.
        options: Selection, retry and refresh: see `CrawlOptions`.

    Raises:
        RunFailed: No product could be fetched.
        Refused: The shop refuses the crawl.
        Outage: The shop is down.
        UnusableInput: Malformed selectors, or an unusable snapshot to refresh.
    """
    shop = shop_named(settings.crawl.shop)
    key = api_key(api_of(shop)) if settings.crawl.products == "api" else ""
    retry_failed = options.get("retry_failed", False)
    journal, selections = journals.resolve(snapshot, settings.crawl, **options)
    require_space(snapshot.root, settings.run.least_free)
    with (
        recorded(snapshot.root, "raw"),
        doing(snapshot.root, "crawl"),
        _opened(snapshot, settings.crawl, key, journal, retry_failed) as crawler,
    ):
        write_run_record(snapshot, settings, "crawl")
        journals.note_complete(snapshot.raw, False)
        source = crawler.source
        if retry_failed:
            jobs = _failed_jobs(crawler, settings.crawl, selections, journal.part)
        else:
            jobs = _jobs(crawler, settings.crawl, selections, snapshot.raw, journal)
        with shown(source.board, source.fetcher.requests):
            _run_all(jobs, journal.part.share(settings.crawl).threads, source.fetcher.stop)
        stats = count(source.archive, source.fetcher)
        empty = journal.part != WHOLE and not jobs
        if not empty and not stats.counts.get("api" if key else "page"):
            worst = max(stats.failures, key=lambda kind: (stats.failures[kind], kind), default="nothing")
            message = f"{settings.crawl.site_url}: none of {len(jobs):,} product pages could be fetched ({worst})"
            raise run_failed(worst, message)
        write_run_record(snapshot, settings, "crawl")
        journals.note_complete(snapshot.raw, True)
        say(f"crawl: {summary(stats)}")
        return stats


@contextmanager
def _opened(
    snapshot: Snapshot, settings: CrawlSettings, key: str, journal: Journal, retry: bool
) -> Iterator[ProductCrawler]:
    """Open the archive, fetcher and browsers of a crawl; in any case, finally write the statistics and close all."""
    stop, share = threading.Event(), journal.part.share(settings)
    with ExitStack() as stack:
        archive = Archive(snapshot.raw)
        stack.callback(archive.close)
        earlier = None
        if journal.refreshes:
            earlier = Earlier(Snapshot(Path(journal.refreshes)), snapshot, archive, shop_named(settings.shop))
            stack.callback(earlier.close)
        fetcher = Fetcher(settings, stop, keep=keeper(archive), images=prepare(snapshot), part=journal.part)
        if key:
            use_api(fetcher, archive, share, key, earlier.archive.calls if earlier else ())
        stack.callback(write_stats, snapshot.raw, archive, fetcher)
        note = partial(_note_stats, snapshot.raw, archive, fetcher)
        stack.enter_context(repeated(note, STATS_EVERY_SECONDS, "crawl-stats"))
        stack.callback(fetcher.close)
        browsers = BrowserPool(share, fetcher.addresses, stop)
        stack.callback(browsers.close)
        if settings.transport == "browser":
            fetcher.transport = BrowserTransport(fetcher.transport, browsers, settings)
        stack.callback(stop.set)
        source = Source(
            snapshot, archive, fetcher, earlier=earlier, retry=retry, trust_images=settings.refresh_images == "trust"
        )
        how = fetcher.shop.click
        clicker = Clicker(browsers, fetcher.throttle, settings.click_timeout, how) if how is not None else None
        yield ProductCrawler(source, settings, clicker)


def _note_stats(raw: Path, archive: Archive, fetcher: Fetcher) -> None:
    with suppress(RunFailed, OSError):  # a full disk ends the crawl when it archives a response
        write_stats(raw, archive, fetcher)


def _jobs(
    crawler: ProductCrawler, settings: CrawlSettings, selections: Sequence[Selection], raw: Path, journal: Journal
) -> list[Job]:
    """A job for each product. The journal is written first, and restored if there are no products."""
    before = journals.read_journal(raw)
    journals.write_journal(raw, journal)
    found: list[Target] = []
    nothing: RunFailed | None = None
    for selection in selections:
        try:
            found += find_targets(crawler.source, settings, selection)
        except NothingFound as failure:
            nothing = failure
    if nothing is not None and not found:
        journals.write_journal(raw, before)
        worst = max(crawler.source.board.errors.items(), key=lambda error: (error[1], error[0]), default=("", 0))
        raise run_failed(worst[0], str(nothing)) from nothing
    every = list(distinct(found))
    targets = [target for target in every if journal.part.has(target.key)]
    several = f"; part {journal.part} has {len(targets):,} of them" if journal.part != WHOLE else ""
    say(f"crawl: {len(every):,} products{several}")
    crawler.source.board.total = len(targets)
    return [partial(crawler.fetch, target) for target in targets]


def _failed_jobs(
    crawler: ProductCrawler, settings: CrawlSettings, selections: Sequence[Selection], part: Part
) -> list[Job]:
    """A job for each product with a failure, each newly found product, and each failed image."""
    failed = find_failed(crawler.source, settings, selections)
    listed = [target for target in failed.listed if part.has(target.key)]
    products = len(failed.products) + len(listed)
    say(f"crawl: retrying failed parts of {products:,} products, and {len(failed.images):,} images")
    crawler.source.board.total = products
    jobs: list[Job] = [partial(crawler.fetch, target, again=True) for target in failed.products]
    jobs += [partial(crawler.fetch, target) for target in listed]
    return jobs + [partial(crawler.source.take_image, url) for url in failed.images]


def _run_all(jobs: Sequence[Job], threads: int, stop: threading.Event) -> None:
    """Run the jobs, a few at a time; the first error ends all."""
    with ThreadPoolExecutor(threads, thread_name_prefix="crawl") as pool:
        try:
            for done in _finished(pool, jobs, 2 * threads):
                done.result()
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _finished(pool: ThreadPoolExecutor, jobs: Sequence[Job], ahead: int) -> Iterator[Future[None]]:
    """Yield futures as they finish; at most `ahead` run or wait, which bounds memory."""
    rest = iter(jobs)
    waiting = {pool.submit(job) for job in islice(rest, ahead)}
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        waiting |= {pool.submit(job) for job in islice(rest, len(done))}
        yield from done
