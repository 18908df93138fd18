"""How many bytes an answer of each kind takes: of an archive with enough in it its own, else what was recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from ameli_build.archive.records import members, parse
from ameli_build.core.settings import CrawlSettings
from ameli_build.shops import shop_named

ENOUGH = 20
"""Product pages in an archive from which its own averages are taken."""
RECORDS = 2_000
"""Records of an archive that are looked at, the first ones."""
FILES = 10_000
"""Images that are looked at."""


def sizes_of(raw: Path, settings: CrawlSettings, notes: list[str]) -> dict[str, float | None]:
    """Bytes of an answer by kind, None where nobody knows; `notes` get a line that says where they are from."""
    found = archived_sizes(raw)
    if len(found["page"]) >= ENOUGH:
        notes.append("bytes an answer: as those that are archived")
        return {kind: _mean(found[kind]) for kind in ("listing", "page", "clicked", "reviews", "image", "api")}
    notes.append("assumed: bytes of review pages, and of the JSON in product pages, as recorded; pages take more")
    notes.append(f"not known: bytes of images, none was recorded; after --max-products {ENOUGH} this tells them")
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


def _times(each: float | None, number: int) -> float | None:
    return None if each is None else each * number


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
