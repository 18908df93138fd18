"""Section 3.1 as a flow: the shop into `raw/`."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task

from ameli_build.crawl.run import crawl as crawl_shop
from ameli_build.crawl.run import with_site
from ameli_build.settings import load_settings
from ameli_build.snapshot import Snapshot


@task(name="3.1 crawl", retries=3, retry_delay_seconds=[60, 600, 3600])
def crawl_site(
    snapshot: Snapshot,
    profile: str | None,
    overrides: list[str],
    site_url: str | None,
    categories: list[str],
    max_products: int | None,
    earlier: Snapshot | None = None,
) -> None:
    """Crawl, going on where the last try was ended."""
    settings = with_site(load_settings(profile, overrides, snapshot), site_url, *filter(None, (snapshot, earlier)))
    with snapshot.lock():
        crawl_shop(snapshot, settings, categories=categories, max_products=max_products, refresh=earlier)


@flow(name="crawl", log_prints=True)
def crawl(
    snapshot: Path,
    profile: str = "small",
    overrides: list[str] | None = None,
    site_url: str | None = None,
    categories: list[str] | None = None,
    max_products: int | None = None,
    refresh: Path | None = None,
) -> None:
    """Crawl listings, product pages, reviews and images into SNAPSHOT/raw/, starting from the snapshot `refresh`."""
    earlier = Snapshot(refresh) if refresh is not None else None
    crawl_site(Snapshot(snapshot), profile, overrides or [], site_url, categories or [], max_products, earlier)
