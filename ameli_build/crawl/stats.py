"""`raw/crawl-stats.json`: what a crawl's archive holds, and what this run did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ameli_build.archive.records import CONTENT
from ameli_build.archive.store import Archive
from ameli_build.core.snapshot import write_json
from ameli_build.crawl.fetching.fetch import Fetcher

FILE = "crawl-stats.json"


@dataclass(frozen=True, slots=True)
class CrawlStats:
    """What a crawl's archive holds, and what this run did.

    `products` are those whose page (or record of the API) was asked for. `counts` are archived answers by kind,
    `failures` addresses that could not be had by kind of failure, `marks` answers that are out of the ordinary by
    `archive.marks_of`. `requests` (by host) and `retried` (by kind of failure) are this run's.
    """

    products: int
    counts: Mapping[str, int]
    failures: Mapping[str, int]
    marks: Mapping[str, int]
    requests: Mapping[str, int]
    retried: Mapping[str, int]


def count(archive: Archive, fetcher: Fetcher) -> CrawlStats:
    """Count an archive."""
    counts: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    marks: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for tally in archive.tallies():
        if tally.error is not None:
            failures[tally.error] += tally.number
        elif tally.kind in CONTENT:
            counts[tally.kind] += tally.number
            for word in tally.marks.split():
                marks[f"{tally.kind} {word}"] += tally.number
        asked[tally.kind] += tally.number
    products = asked["page"] or asked["done"]
    requests, retried = dict(sorted(fetcher.requests.items())), dict(sorted(fetcher.retried.items()))
    return CrawlStats(products, counts, dict(sorted(failures.items())), dict(sorted(marks.items())), requests, retried)


def write_stats(raw: Path, archive: Archive, fetcher: Fetcher) -> CrawlStats:
    """Count an archive into `raw/crawl-stats.json`; the file stays as it is when this run brought nothing new."""
    stats = count(archive, fetcher)
    if archive.appended or not (raw / FILE).is_file():
        write_json(raw / FILE, _told(archive, stats))
    return stats


def _told(archive: Archive, stats: CrawlStats) -> dict[str, Any]:
    by_status: dict[str, dict[str, int]] = defaultdict(dict)
    for tally in archive.tallies():
        if tally.error is None and tally.kind in CONTENT:
            kind = by_status[tally.kind]
            kind[str(tally.status)] = kind.get(str(tally.status), 0) + tally.number
    failed: dict[str, list[dict[str, str]]] = defaultdict(list)
    for failure in archive.failures():
        failed[failure.error].append({"kind": failure.kind, "url": failure.url})
    return {
        "products": stats.products,
        "archived": by_status,
        "failed": failed,
        "marked": dict(stats.marks),
        "this_run": {"requests": dict(stats.requests), "retried": dict(stats.retried)},
    }
