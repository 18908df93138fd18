"""`raw/crawl-stats.json`: counts of a crawl's archive and of this run."""

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
    """Counts of a crawl's archive and of this run.

    `products` is the number of products whose page (or API record) was requested. `counts` has archived responses by
    kind, `failures` failed URLs by kind of failure, `marks` unusual responses by the words of `archive.marks_of`.
    `requests` (by host) and `retried` (by kind of failure) are of this run alone.
    """

    products: int
    counts: Mapping[str, int]
    failures: Mapping[str, int]
    marks: Mapping[str, int]
    requests: Mapping[str, int]
    retried: Mapping[str, int]


def summary(stats: CrawlStats) -> str:
    """The contents of the archive and the failures, as a line."""
    pages = {"api": "API pages"} if stats.counts.get("api") else {"page": "product pages", "clicked": "after a click"}
    names = pages | {"reviews": "review pages", "image": "images"}
    held = ", ".join(f"{stats.counts.get(kind, 0):,} {name}" for kind, name in names.items())
    failed = ", ".join(f"{count:,} {kind}" for kind, count in stats.failures.items())
    retried = sum(stats.retried.values())
    return f"{held}; {retried:,} requests repeated; failed: {failed or 'nothing'} (raw/crawl-stats.json)"


def count(archive: Archive, fetcher: Fetcher | None = None) -> CrawlStats:
    """Count an archive, and the requests of a run."""
    counts: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    marks: Counter[str] = Counter()
    requested: Counter[str] = Counter()
    for tally in archive.tallies():
        if tally.error is not None:
            failures[tally.error] += tally.number
        elif tally.kind in CONTENT:
            counts[tally.kind] += tally.number
            for word in tally.marks.split():
                marks[f"{tally.kind} {word}"] += tally.number
        requested[tally.kind] += tally.number
    products = requested["page"] or requested["done"]
    requests = dict(sorted(fetcher.requests.items())) if fetcher is not None else {}
    retried = dict(sorted(fetcher.retried.items())) if fetcher is not None else {}
    return CrawlStats(products, counts, dict(sorted(failures.items())), dict(sorted(marks.items())), requests, retried)


def write_stats(raw: Path, archive: Archive, fetcher: Fetcher | None = None) -> CrawlStats:
    """Count an archive into `raw/crawl-stats.json`, unless this run archived nothing and the file exists."""
    stats = count(archive, fetcher)
    if archive.appended or not (raw / FILE).is_file():
        write_json(raw / FILE, _as_json(archive, stats))
    return stats


def _as_json(archive: Archive, stats: CrawlStats) -> dict[str, Any]:
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
