"""How many bytes an answer of each kind takes: of an archive with enough in it its own, else what was recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from ameli_build.archive.records import members, parse
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.developer import PAGE_SIZE

ENOUGH = 20
"""Product pages in an archive from which its own averages are taken."""
LISTING_CARDS = 24
"""Products on one page of a category."""
RECORDS = 2_000
"""Records of an archive that are looked at, the first ones."""
FILES = 10_000
"""Images that are looked at."""
REVIEWS = 4_018 / 20
"""A review in a page of 20, packed: three recorded pages of the shop."""
PAGE = 13_796
"""The JSON of a product page, packed: four recorded products. No whole page of the shop was recorded."""
CARD = 66
"""A product on a page of a listing, packed: two recorded searches."""
API_PRODUCT = 2_585
"""A product of the developer API, packed by itself: one recorded answer."""


def sizes_of(raw: Path, settings: CrawlSettings, notes: list[str]) -> dict[str, float | None]:
    """Bytes of an answer by kind, None where nobody knows; `notes` get a line that says where they are from."""
    found = archived_sizes(raw)
    if len(found["page"]) >= ENOUGH:
        notes.append("bytes an answer: as those that are archived")
        return {kind: _mean(found[kind]) for kind in ("listing", "page", "clicked", "reviews", "image", "api")}
    notes.append("assumed: bytes of review pages, and of the JSON in product pages, as recorded; pages take more")
    notes.append(f"not known: bytes of images, none was recorded; after --max-products {ENOUGH} this tells them")
    return {
        "listing": float(CARD * LISTING_CARDS),
        "page": PAGE,
        "clicked": PAGE,
        "reviews": REVIEWS * settings.review_page_size,
        "image": None,
        "api": API_PRODUCT * PAGE_SIZE,
    }


def archived_sizes(raw: Path) -> Mapping[str, list[int]]:
    """Bytes of some records of an archive by kind, and of some of its images."""
    found: dict[str, list[int]] = defaultdict(list)
    for path in sorted(raw.glob("pages-*.warc.gz"))[:1]:
        for start, end, data in islice(members(path), RECORDS):
            record = parse(data, path.name, start, with_body=False)
            if record is not None and record.kind != "image":
                found[record.kind].append(end - start)
    found["image"] += [one.stat().st_size for one in islice((raw / "images").glob("*.*"), FILES)]
    return found


def _mean(sizes: list[int]) -> float | None:
    return sum(sizes) / len(sizes) if sizes else None
