"""The stage `catalog`: from `raw/` to tables of products, reviews and images (section 3.1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ameli_build.catalog.raw_files import FORMS, read_products, read_reviews
from ameli_build.catalog.warc import read_crawl
from ameli_build.progress import say
from ameli_build.records import PICTURES, PRODUCTS, REVIEWS, Picture, Product, Rejected, Review, to_frame
from ameli_build.settings import Settings
from ameli_build.snapshot import Snapshot, UnusableInput, whole_file
from ameli_build.stages import Result, Stage, Tables, Work

MAP = "images.jsonl"
"""Beside ingested files: what became of each image reference."""


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """Read what lies in `raw/`, a crawl's archive or ingested files; writes `catalog/rejected.jsonl` too.

    Raises `UnusableInput` when there is no usable product or no usable review.
    """
    raw = work.snapshot.raw
    ingested = ingested_files(work.snapshot)
    archived = any(raw.glob("*.warc.gz"))
    if archived and ingested:
        raise UnusableInput(f"{raw}: holds both a crawl and ingested files; which one is meant?")
    if archived:
        crawled = read_crawl(raw, work)
        _check_any(raw, crawled.products(), crawled.reviews(), crawled.rejected)
        counts = {"repeated_links": crawled.repeated}
        return _result(work.snapshot, crawled.products(), crawled.reviews(), crawled.pictures, crawled.rejected, counts)
    for kind in ("products", "reviews"):
        if kind not in ingested:
            raise UnusableInput(f"{raw}: no {kind} here, neither a crawl's archive nor ingested files")
    products, bad = read_products(ingested["products"], f"raw/{ingested['products'].name}")
    reviews, more = read_reviews(ingested["reviews"], f"raw/{ingested['reviews'].name}")
    return _result(work.snapshot, products, reviews, read_map(raw / MAP), [*bad, *more], {})


def ingested_files(snapshot: Snapshot) -> dict[str, Path]:
    """The ingested files in `raw/`, by "products" and "reviews"."""
    paths = {kind: [snapshot.raw / f"{kind}.{form}" for form in FORMS] for kind in ("products", "reviews")}
    return {kind: path for kind, several in paths.items() for path in several if path.is_file()}


def read_map(path: Path) -> dict[str, Picture]:
    """What became of each image reference, as `ingest` wrote it; {} where there is no such file."""
    if not path.is_file():
        return {}
    pictures = [Picture(**json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return {picture.reference: picture for picture in pictures}


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSON Lines, whole or not at all."""
    with whole_file(path) as handle:
        for row in rows:
            handle.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def references_of(products: Iterable[Product], reviews: Iterable[Review]) -> list[str]:
    """Every image reference of the records, each once, sorted."""
    lists = [*(product.images for product in products), *(review.images for review in reviews)]
    return sorted({reference for images in lists for reference in images})


def _check_any(raw: Path, products: Sequence[Product], reviews: Sequence[Review], bad: Sequence[Rejected]) -> None:
    for kind, found in (("product", products), ("review", reviews)):
        if not found:
            why = f"; {bad[0].record}: {bad[0].error}" if bad else ""
            raise UnusableInput(f"{raw}: the archive holds no usable {kind}{why}")


def _result(
    snapshot: Snapshot,
    products: Sequence[Product],
    reviews: Sequence[Review],
    pictures: Mapping[str, Picture],
    rejected: Sequence[Rejected],
    counts: dict[str, int],
) -> Result:
    rejected = sorted(rejected, key=lambda row: (row.file, row.line, row.error, row.record))
    write_lines(snapshot.root / "catalog" / "rejected.jsonl", map(asdict, rejected))
    if rejected:
        say(f"warning: {len(rejected):,} unusable raw records, listed in catalog/rejected.jsonl")
    wanted = references_of(products, reviews)
    images = [pictures.get(reference, Picture(reference, None, "not fetched")) for reference in wanted]
    counts |= {
        "products": len(products),
        "reviews": len({review.review_id for review in reviews}),
        "links": len(reviews),
        "conflicts": sum(review.conflict for review in reviews),
        "rejected": len(rejected),
        "images": len(images),
        "images_missing": sum(picture.path is None for picture in images),
    }
    by_sku = sorted(products, key=lambda product: product.sku)
    by_id = sorted(reviews, key=lambda review: (review.review_id, review.sku))
    made = {
        "catalog/products": to_frame(by_sku, PRODUCTS),
        "catalog/reviews": to_frame(by_id, REVIEWS),
        "catalog/images": to_frame(images, PICTURES),
    }
    return Result(made, counts)


STAGE = Stage(
    "catalog",
    compute,
    inputs=(),
    outputs=("catalog/products", "catalog/reviews", "catalog/images"),
    # A folder counts by names and sizes, which tells apart what only grows; ingested files count by content.
    files=("raw", f"raw/{MAP}", *(f"raw/{kind}.{form}" for kind in ("products", "reviews") for form in FORMS)),
    modules=("ameli_build.catalog", "ameli_build.crawl.archive", "ameli_build.crawl.bodies", "ameli_build.records"),
    made=("catalog/rejected.jsonl",),
)
