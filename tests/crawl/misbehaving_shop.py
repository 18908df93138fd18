"""A shop with changeable faults, and readers of the snapshot of its crawl."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from crawl.crawling import archived, settings_for
from demo.small_world import picture, small_world
from faults.kinds import SETTINGS

from ameli_build.catalog.build import STAGE as CATALOG
from ameli_build.core.cache import in_process
from ameli_build.core.execution import run_stage
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl
from ameli_build.demo.faults import FaultPlan, Rule
from ameli_build.demo.storefront import Storefront
from ameli_build.demo.world import World, WorldProduct

PAGE_SIZE = 10
"""Reviews on a page of these crawls: the 24 reviews of a family take three pages."""

Contents = dict[tuple[str, str], str]
Options = dict[str, Any]


def world_of(laptops: int) -> World:
    """`laptops` variants that share 24 reviews, and three refrigerators without specifications."""
    world = small_world(laptops)
    return replace(world, reviews=world.reviews[:24])


def page_of(product: WorldProduct) -> str:
    """A pattern of the page of a product, without redirects to it."""
    return rf"^(?:/site/[^/]+/{product.sku}\.p|/product/[^/]+/[^/]+/sku/{product.sku}$)"


def reviews_of(product: WorldProduct, pages: str = r"\d+") -> str:
    """A pattern of review pages; `pages` is a pattern of their numbers."""
    return rf"^/ugc/v2/reviews\?page={pages}&.*sku={product.sku}&"


def opened(world: World) -> Storefront:
    return Storefront(world, pictures=picture)


def options(values: Options) -> Options:
    return {"specifications": "json", "review_page_size": PAGE_SIZE, **SETTINGS, **values}


def run(root: Path, shop: Storefront, *rules: Rule, skus: tuple[str, ...] = (), **values: Any) -> dict[str, Any]:
    """Crawl the shop under these rules; the statistics that the crawl wrote."""
    shop.inject(FaultPlan(rules))
    crawl(Snapshot(root), settings_for(shop.site_url, **options(values)), skus=skus)
    return statistics(root)


def statistics(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "raw" / "crawl-stats.json").read_text())
    return found


def failures(root: Path) -> dict[tuple[str, str], str]:
    """The error of each kind and address that failed, from the statistics."""
    failed = statistics(root)["failed"].items()
    return {(address["kind"], address["url"]): word for word, addresses in failed for address in addresses}


def contents(root: Path) -> Contents:
    """Archived contents: the digest of a page, the file of an image."""
    pages = archived(root).items()
    return {key: page.path or page.digest for key, page in pages if page.error is None and page.kind != "redirect"}


def images_on(root: Path, host: str) -> set[str]:
    """The addresses of all images that a crawl requested from a host."""
    records = archived(root).values()
    return {record.url for record in records if "image" in (record.kind, record.wanted) and record.url.startswith(host)}


def table(root: Path, shop: Storefront, name: str) -> pl.DataFrame:
    """A table of the catalog built from the archive."""
    snapshot = Snapshot(root)
    run_stage(CATALOG, snapshot, settings_for(shop.site_url), in_process)
    return snapshot.read(f"catalog/{name}")
