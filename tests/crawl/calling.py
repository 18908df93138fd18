"""Helpers of the tests of a crawl by the developer API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crawl.crawling import archived, settings_for
from demo.small_world import small_world

from ameli_build.archive.records import read_archive
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import CrawlStats, crawl
from ameli_build.demo.server import LoopbackServer
from ameli_build.demo.storefront import Storefront
from ameli_build.shops.base import Shop
from ameli_build.shops.bestbuy.shop import SHOP

WORLD = small_world(6)
SKUS = {product.sku for product in WORLD.products}


def run(root: Path, site_url: str, skus: tuple[str, ...] = (), categories: tuple[str, ...] = (), **values: Any) -> Any:
    more = {name: values.pop(name) for name in ("max_products", "retry_failed", "refresh") if name in values}
    settings = settings_for(site_url, **{"products": "api", "specifications": "json"} | values)
    stats: CrawlStats = crawl(Snapshot(root), settings, skus=skus, categories=categories, **more)
    return stats


def with_pages_of(size: int) -> Shop:
    """The shop, with `size` products on a page of its API."""
    assert SHOP.api is not None
    return replace(SHOP, api=replace(SHOP.api, page_size=size))


def calls(shop: Storefront | LoopbackServer) -> list[str]:
    """The requests to the API."""
    return [seen.target for seen in shop.seen if seen.target.startswith("/v1/")]


def cursors(shop: Storefront | LoopbackServer) -> list[str]:
    return [parse_qs(urlsplit(target).query)["cursorMark"][0] for target in calls(shop)]


def api(root: Path) -> dict[str, str]:
    """Archived API pages by address: digest, or error."""
    pages = (page for page in read_archive(root / "raw") if "api" in (page.kind, page.wanted))
    return {page.url: page.error or page.digest for page in pages}


def noted(root: Path) -> int:
    return sum(page.kind == "call" for page in read_archive(root / "raw"))


def skus_in(root: Path) -> set[str]:
    """The SKUs whose reviews were fetched."""
    return {page.sku or "" for (kind, _), page in archived(root).items() if kind == "reviews"}
