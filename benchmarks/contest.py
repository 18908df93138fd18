"""This crawler and Scrapy crawl the same pages in turn, each run in a process of its own."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from own_crawl import comparable, found
from runs import BenchmarkFailed, Run, Shop, ceiling, fresh, run, say, serving
from shop_pages import Pages, Size

OWN, PEER, CACHED = "ameli-build", "Scrapy", "Scrapy, HTTP cache on"


def contest(given: Namespace, size: Size, root: Path) -> dict[str, Any]:
    """Measure rates, processor time and memory of each contender, and compare the records."""
    with serving(size) as shop:
        ceilings = _ceiling(size, shop)
        runs: dict[str, list[Run]] = {name: [] for name in (OWN, *_peers(given.scrapy_python))}
        for number in range(1, given.rounds + 1):
            for name, finished in runs.items():
                say(f"round {number} of {given.rounds}: {name}")
                finished.append(_contender(name, given, shop, root))
    counts = runs[OWN][-1].said["counts"]
    if counts.get("page") != size.pages:
        raise BenchmarkFailed(f"{counts.get('page')} of {size.pages} product pages came: {runs[OWN][-1].said}")
    return {
        "shop": asdict(shop) | {"product_pages": counts["page"], "review_pages": counts["reviews"]},
        "server_ceiling": ceilings,
        "contenders": {name: _summary(counts["page"] + counts["reviews"], finished) for name, finished in runs.items()},
        "archive_bytes": runs[OWN][-1].said["archive_bytes"],
        "same_records": _same_records(root) if PEER in runs else None,
    }


def _peers(python: str) -> tuple[str, ...]:
    """Scrapy without and with its cache, if the interpreter can import it."""
    able = subprocess.run([python, "-c", "import scrapy"], capture_output=True, check=False).returncode == 0
    return (PEER, CACHED) if able else ()


def _contender(name: str, given: Namespace, shop: Shop, root: Path) -> Run:
    if name == OWN:
        order = {"url": shop.url, "out": str(fresh(root / "own")), "threads": given.threads, "workers": given.workers}
        return run(sys.executable, "own_crawl.py", order)
    cache = str(fresh(root / "cache")) if name == CACHED else ""
    return run(given.scrapy_python, "scrapy_spider.py", {"url": shop.url, "out": str(root / "feed"), "cache": cache})


def _ceiling(size: Size, shop: Shop) -> dict[str, float]:
    """Answers a second that the server gives to a single bare connection."""
    pages = Pages(Size(**asdict(size) | {"pages": min(size.pages, 50), "reviews": 0}), shop.url)
    return {
        "product_pages": ceiling(shop.url, [target for _, target, _ in pages.products()]),
        "review_pages": ceiling(shop.url, [target for target, _ in pages.reviews()]),
    }


def _summary(pages: int, runs: Sequence[Run]) -> dict[str, Any]:
    """Pages a second over all rounds; for this crawler also the rate of the crawl without the catalog."""
    parsed = [run.seconds + run.said.get("catalog_seconds", 0.0) for run in runs]
    summary = {
        "pages_a_second": _spread([pages / seconds for seconds in parsed]),
        "cpu_seconds": _spread([run.cpu_seconds for run in runs]),
        "peak_mib": _spread([run.peak_mib for run in runs]),
        "version": runs[-1].said.get("scrapy"),
    }
    if "catalog_seconds" in runs[-1].said:
        summary["crawl_pages_a_second"] = _spread([pages / run.seconds for run in runs])
        summary["catalog_seconds"] = _spread([run.said["catalog_seconds"] for run in runs])
        summary["crawl_mib"] = _spread([run.said["crawl_mib"] for run in runs])
    return summary


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _same_records(root: Path) -> bool:
    """Whether catalog and feed have the same products and reviews."""
    products, reviews = found(root / "own")
    rows = [json.loads(line) for line in (root / "feed").read_text().splitlines()]
    fed = {row["sku"]: comparable(row, row["attributes"]) for row in rows if row["kind"] == "product"}
    read = {
        row["review_id"]: [row["sku"], row["rating"], row["helpful"], " ".join(row["text"].split())]
        for row in rows
        if row["kind"] == "review"
    }
    return products == fed and reviews == read
