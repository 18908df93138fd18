"""Section 3.1: the crawl of one snapshot, from listings to images, resumable at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path

from ameli_build.archive.store import Archive
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
from ameli_build.crawl.journal import Journal, Selection
from ameli_build.crawl.listings import NothingFound, Target, distinct, find_targets
from ameli_build.crawl.pages import Source, keeper
from ameli_build.crawl.products import ProductCrawler
from ameli_build.crawl.progress_view import shown
from ameli_build.crawl.refresh import Earlier
from ameli_build.crawl.retry import find_failed
from ameli_build.crawl.stats import CrawlStats, count, write_stats
from ameli_build.provenance import write_run_record
from ameli_build.shops import shop_named

Job = Callable[[], None]
STATS_EVERY_SECONDS = 60.0


def with_site(settings: Settings, site_url: str | None, *snapshots: Snapshot) -> Settings:
    """The settings with `site_url` in place of every host of the shop.

    Where none is given and the settings name the shop itself, the address that the first of `snapshots` was crawled
    from that has one.
    """
    if site_url is None and settings.crawl.site_url == CrawlSettings().site_url:
        known = (journals.read_journal(snapshot.raw).site_url for snapshot in snapshots)
        site_url = next(filter(None, known), None)
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
    retry_failed: bool = False,
    refresh: Snapshot | None = None,
) -> CrawlStats:
    """Fetch products with their specifications, reviews and images into `raw/`; what is there is not fetched again.

    Without `categories` and `skus`: what earlier runs in this snapshot were asked for, else the product sitemap.
    `retry_failed` asks for what failed, also for good, and for nothing else. `refresh` starts from an earlier snapshot
    (see `refresh`); a refresh that was cut short goes on as one without being told.

    `run.json` is there from the start, so that a crawl that is killed knows its profile; `raw/crawl-stats.json` is
    written each minute.

    Raises `RunFailed` when no product can be had, `Refused` when the shop refuses the crawl, `Outage` when it is out of
    order, `UnusableInput` for selectors that cannot be and for a refresh of nothing. The caller holds the snapshot's
    lock.
    """
    shop = shop_named(settings.crawl.shop)
    key = api_key(api_of(shop)) if settings.crawl.products == "api" else ""
    given = Selection(tuple(categories), tuple(skus), max_products)
    journal, selections = journals.resolve(snapshot, settings.crawl, given, refresh, retry_failed)
    require_space(snapshot.root, settings.run.least_free)
    with doing(snapshot.root, "crawl"), _opened(snapshot, settings.crawl, key, journal, retry_failed) as crawler:
        write_run_record(snapshot, settings, "crawl")
        source = crawler.source
        if retry_failed:
            jobs = _failed_jobs(crawler, settings.crawl, selections)
        else:
            jobs = _jobs(crawler, settings.crawl, selections, snapshot.raw, journal)
        with shown(source.board, source.fetcher.requests):
            _run_all(jobs, settings.crawl, source.fetcher.stop)
        stats = count(source.archive, source.fetcher)
        if not stats.counts.get("api" if key else "page"):
            worst = max(stats.failures, key=lambda kind: (stats.failures[kind], kind), default="nothing")
            told = f"{settings.crawl.site_url}: not one of {len(jobs):,} product pages came ({worst})"
            raise run_failed(worst, told)
        write_run_record(snapshot, settings, "crawl")
        say(f"crawl: {_summary(stats)}")
        return stats


@contextmanager
def _opened(
    snapshot: Snapshot, settings: CrawlSettings, key: str, journal: Journal, retry: bool
) -> Iterator[ProductCrawler]:
    """All that a crawl needs; at the end, however it comes, the stats are written and everything is closed."""
    stop = threading.Event()
    with ExitStack() as stack:
        archive = Archive(snapshot.raw)
        stack.callback(archive.close)
        earlier = None
        if journal.refreshes:
            earlier = Earlier(Snapshot(Path(journal.refreshes)), snapshot, archive, shop_named(settings.shop))
            stack.callback(earlier.close)
        fetcher = Fetcher(settings, stop, keep=keeper(archive), images=prepare(snapshot))
        if key:
            use_api(fetcher, archive, settings, key, earlier.archive.calls if earlier else ())
        stack.callback(write_stats, snapshot.raw, archive, fetcher)
        note = partial(_note_stats, snapshot.raw, archive, fetcher)
        stack.enter_context(repeated(note, STATS_EVERY_SECONDS, "crawl-stats"))
        stack.callback(fetcher.close)
        browsers = BrowserPool(settings, fetcher.addresses, stop)
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
    with suppress(RunFailed, OSError):  # a full disk ends the crawl where an answer is kept
        write_stats(raw, archive, fetcher)


def _jobs(
    crawler: ProductCrawler, settings: CrawlSettings, selections: Sequence[Selection], raw: Path, journal: Journal
) -> list[Job]:
    """One job a product. What was asked for is remembered from the start, unless it turns out to be nothing."""
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
    targets = list(distinct(found))
    say(f"crawl: {len(targets):,} products")
    crawler.source.board.total = len(targets)
    return [partial(crawler.fetch, target) for target in targets]


def _failed_jobs(crawler: ProductCrawler, settings: CrawlSettings, selections: Sequence[Selection]) -> list[Job]:
    """One job a product of which something failed, a product that came to light, and an image."""
    failed = find_failed(crawler.source, settings, selections)
    products = len(failed.products) + len(failed.listed)
    say(f"crawl: trying again what failed: something of {products:,} products, and {len(failed.images):,} images")
    crawler.source.board.total = products
    jobs: list[Job] = [partial(crawler.fetch, target, again=True) for target in failed.products]
    jobs += [partial(crawler.fetch, target) for target in failed.listed]
    return jobs + [partial(crawler.source.take_image, url) for url in failed.images]


def _summary(stats: CrawlStats) -> str:
    """One line: what the archive holds and what could not be had."""
    pages = {"api": "API pages"} if stats.counts.get("api") else {"page": "product pages", "clicked": "after a click"}
    names = pages | {"reviews": "review pages", "image": "images"}
    held = ", ".join(f"{stats.counts.get(kind, 0):,} {name}" for kind, name in names.items())
    failed = ", ".join(f"{count:,} {kind}" for kind, count in stats.failures.items())
    retried = sum(stats.retried.values())
    return f"{held}; {retried:,} requests repeated; not to be had: {failed or 'nothing'} (raw/crawl-stats.json)"


def _run_all(jobs: Sequence[Job], settings: CrawlSettings, stop: threading.Event) -> None:
    """Every job, a few at a time; the first error ends all."""
    with ThreadPoolExecutor(settings.threads, thread_name_prefix="crawl") as pool:
        try:
            for done in _finished(pool, jobs, 2 * settings.threads):
                done.result()
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _finished(pool: ThreadPoolExecutor, jobs: Sequence[Job], ahead: int) -> Iterator[Future[None]]:
    """Futures as they finish, with only so many under way at a time that memory stays flat."""
    rest = iter(jobs)
    waiting = {pool.submit(job) for job in islice(rest, ahead)}
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        waiting |= {pool.submit(job) for job in islice(rest, len(done))}
        yield from done
