"""Helpers of the tests of a whole crawl."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.archive.records import Archived, read_archive
from ameli_build.archive.store import Archive
from ameli_build.catalog.build import STAGE
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import CrawlSettings, Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl import checks
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.pages import Source, keeper
from ameli_build.shops.bestbuy.shop import SHOP

FAST = {"rate": 10_000.0, "backoff": 0.001, "retries": 1, "click_timeout": 2.0, "allow_loopback": True}

html_page = partial(checks.html_page, shop=SHOP)
"""The check of a page of the shop."""


def settings_for(site_url: str, **values: Any) -> Settings:
    """Settings of a fast crawl of a server on loopback, images on `localhost`."""
    return Settings(crawl=CrawlSettings(site_url=site_url, image_hosts=("localhost",), **(FAST | values)))


@contextmanager
def source_of(root: Path, settings: Settings) -> Iterator[Source]:
    """A source that fetches into `root`."""
    snapshot = Snapshot(root)
    archive = Archive(snapshot.raw)
    fetcher = Fetcher(settings.crawl, keep=keeper(archive))
    try:
        yield Source(snapshot, archive, fetcher)
    finally:
        fetcher.close()
        archive.close()


def archived(root: Path) -> dict[tuple[str, str], Archived]:
    """The last record of each kind and URL, without robots.txt, which every run reads, and without "done" records."""
    return {(page.kind, page.url): page for page in read_archive(root / "raw") if page.kind not in ("robots", "done")}


def catalog(root: Path) -> dict[str, pl.DataFrame]:
    """The tables of a crawl, without the times and places of the responses."""
    snapshot = Snapshot(root)
    run_stage(STAGE, snapshot, Settings())
    tables = {name: snapshot.read(f"catalog/{name}") for name in ("products", "reviews", "images")}
    return {name: table.drop("fetched_at", "source", strict=False) for name, table in tables.items()}


def assert_equal(root: Path, other: Path) -> None:
    first, second = catalog(root), catalog(other)
    for name, table in first.items():
        assert table.height > 5
        assert table.equals(second[name]), name
