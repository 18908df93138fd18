"""Bytes of a response of each kind: measured in an archive with enough pages, else the shop's estimates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from ameli_build.archive.records import members, parse
from ameli_build.core.settings import CrawlSettings
from ameli_build.shops import shop_named

ENOUGH = 20
"""Product pages that an archive needs to have averages of its own."""
RECORDS = 2_000
"""Number of records to measure, from the start of the archive."""
FILES = 10_000
"""Number of images to measure."""


def sizes_of(raw: Path, settings: CrawlSettings, notes: list[str]) -> dict[str, float | None]:
    """Average bytes of a response by kind, None if unknown; appends their origin to `notes`."""
    found = archived_sizes(raw)
    if len(found["page"]) >= ENOUGH:
        notes.append("bytes a response: as archived")
        return {kind: _mean(found[kind]) for kind in ("listing", "page", "clicked", "reviews", "image", "api")}
    notes.append("assumed: bytes of recorded review pages and of the JSON in product pages; whole pages take more")
    notes.append(f"unknown: bytes of images; known after a crawl with --max-products {ENOUGH}")
    shop = shop_named(settings.shop)
    known = shop.estimates
    return {
        "listing": _times(known.card_bytes, known.listing_cards),
        "page": known.page_bytes,
        "clicked": known.page_bytes,
        "reviews": _times(known.review_bytes, settings.review_page_size),
        "image": None,
        "api": _times(known.api_product_bytes, shop.api.page_size if shop.api is not None else 0),
    }


def _times(size: float | None, number: int) -> float | None:
    return None if size is None else size * number


def archived_sizes(raw: Path) -> Mapping[str, list[int]]:
    """Bytes of some records and images of an archive, by kind."""
    found: dict[str, list[int]] = defaultdict(list)
    for path in sorted(raw.glob("pages-*.warc.gz"))[:1]:
        for start, end, data in islice(members(path), RECORDS):
            record = parse(data, path.name, start, with_body=False)
            if record is not None and record.kind != "image":
                found[record.kind].append(end - start)
    found["image"] += [path.stat().st_size for path in islice((raw / "images").glob("*.*"), FILES)]
    return found


def _mean(sizes: list[int]) -> float | None:
    return sum(sizes) / len(sizes) if sizes else None
