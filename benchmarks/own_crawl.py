"""A run of this crawler for the benchmark, in a process of its own: fetch and archive, then parse the archive.

`python benchmarks/own_crawl.py '{"url": ..., "out": ..., "threads": 8}'` prints a line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from ameli_build.catalog.build import STAGE as CATALOG
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import CrawlSettings, Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.workers import process_mapper
from ameli_build.crawl.run import crawl

UNTHROTTLED = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Order:
    """The shop's `url`, the snapshot `out`, the numbers of threads that fetch and of processes that parse."""

    url: str
    out: str
    threads: int = 8
    workers: int = 2
    browsers: int = 1
    catalog: bool = True


def settings_for(order: Order) -> Settings:
    """The defaults of the crawler, without the throttle, and with the values of the order."""
    return Settings(
        crawl=CrawlSettings(
            site_url=order.url,
            sitemap_url=f"{order.url}/sitemaps_pdp.xml",
            rate=UNTHROTTLED,
            threads=order.threads,
            connections=order.threads,
            browsers=order.browsers,
        )
    )


def run(order: Order) -> dict[str, object]:
    """Crawl, then make the catalog; return seconds, peak memory (MiB) and counts."""
    settings, snapshot = settings_for(order), Snapshot(Path(order.out))
    start = time.perf_counter()
    stats = crawl(snapshot, settings)
    crawled = time.perf_counter()
    result: dict[str, object] = {
        "seconds": crawled - start,
        "crawl_mib": _peak_mib(),
        "counts": dict(stats.counts),
        "failures": dict(stats.failures),
        "archive_bytes": sum(path.stat().st_size for path in snapshot.raw.glob("*.warc.gz")),
    }
    if order.catalog:
        with process_mapper(order.workers) as mapper:
            run_stage(CATALOG, snapshot, settings, mapper)
        result["catalog_seconds"] = time.perf_counter() - crawled
        result["catalog_mib"] = max(_peak_mib(), _peak_mib(resource.RUSAGE_CHILDREN))
    return result


def _peak_mib(who: int = resource.RUSAGE_SELF) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def found(out: Path) -> tuple[dict[str, object], dict[str, object]]:
    """The products by SKU and the reviews by id in the catalog, for comparison with the peer."""
    products = pl.read_parquet(out / "catalog" / "products.parquet").to_dicts()
    reviews = pl.read_parquet(out / "catalog" / "reviews.parquet").to_dicts()
    return (
        {row["sku"]: comparable(row, row["attributes"]) for row in products},
        {
            row["review_id"]: [row["sku"], row["rating"], row["helpful"], " ".join(row["text"].split())]
            for row in reviews
        },
    )


def comparable(row: dict[str, object], attributes: list[dict[str, str]]) -> list[object]:
    """The fields of a product in which both contenders must agree."""
    switch = {"true": "Yes", "false": "No"}
    rows = sorted({(attribute["name"], switch.get(attribute["value"], attribute["value"])) for attribute in attributes})
    return [row["name"], row["categories"], row["price"], rows]


def main() -> None:
    """Run the order in the first argument."""
    order = Order(**json.loads(sys.argv[1]))
    print(json.dumps(asdict(order) | run(order)), flush=True)


if __name__ == "__main__":
    main()
