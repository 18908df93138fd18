"""The stage `catalog`: from `raw/` to tables of products, reviews and images (section 3.1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.catalog.links import Links, LinkTable, count_out_of_range, count_unread, references_in
from ameli_build.catalog.warc import Crawled, read_crawl
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.records import PICTURES, PRODUCTS, REJECTED, Picture, to_frame
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, image_file, whole_file
from ameli_build.core.stage import Result, Stage, Tables
from ameli_build.ingest.raw_files import FORMS, read_products
from ameli_build.ingest.raw_tables import ReviewFile, earlier_wins

MAP = "images.jsonl"
"""File beside ingested files with the outcome of each image reference."""
OUTSIDE = "leads out of the snapshot"
CUT_OFF = ".ingest-cut-off"
"""Marker in `raw/` while files are copied, so that new products beside old reviews are noticed."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The content of `raw/` as tables; `pictures` has outcomes of image references, perhaps not of all."""

    products: pl.DataFrame
    links: Links
    pictures: pl.DataFrame
    rejected: pl.DataFrame
    crawled: bool = False
    unread: int = 0
    """Number of unreadable values in optional fields of ingested files."""


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """Read `raw/`, which holds a crawl's archive or ingested files; writes `catalog/rejected.jsonl` too.

    Raises `UnusableInput` if there is no usable product or no usable review, or if an ingest was cut off.
    """
    raw = work.snapshot.raw
    if (raw / CUT_OFF).exists():
        raise UnusableInput(f"{raw}: an ingest was interrupted here; run it again")
    ingested = ingested_files(work.snapshot)
    archived = any(raw.glob("*.warc.gz"))
    if archived and ingested:
        raise UnusableInput(f"{raw}: contains both a crawl and ingested files; move one of them away")
    if archived:
        found = _of_crawl(raw, read_crawl(raw, work, settings.crawl.shop))
    else:
        found = _of_files(raw, ingested, Links(work.scratch / "links"))
    return _result(work.snapshot, found)


def _of_crawl(raw: Path, crawled: Crawled) -> _Found:
    rejected = pl.concat([pl.DataFrame(schema=REJECTED), *(rows.select(REJECTED.names()) for rows in crawled.rejected)])
    some_product = any(not views.is_empty() for views in crawled.views)
    for kind, found in (("product", some_product), ("review", crawled.links.added)):
        if not found:
            first = rejected.row(0, named=True) if rejected.height else {}
            why = f"; {first['record']}: {first['error']}" if first else ""
            raise UnusableInput(f"{raw}: the archive holds no usable {kind}{why}")
    return _Found(crawled.products(), crawled.links, crawled.known_pictures(), rejected, crawled=True)


def _of_files(raw: Path, ingested: Mapping[str, Path], links: Links) -> _Found:
    for kind in ("products", "reviews"):
        if kind not in ingested:
            raise UnusableInput(f"{raw}: no {kind}, neither in an archive of a crawl nor in ingested files")
    products = read_products(ingested["products"], f"raw/{ingested['products'].name}")
    reviews = ReviewFile(ingested["reviews"], f"raw/{ingested['reviews'].name}")
    for table in reviews.tables():
        links.add(table.with_columns(seen_at=earlier_wins()).drop("line"))
    rejected = pl.DataFrame([asdict(row) for row in (*products.rejected, *reviews.rejected)], schema=REJECTED)
    pictures = to_frame(read_map(raw / MAP).values(), PICTURES)
    unread = products.use.unread.total() + reviews.use.unread.total()
    return _Found(to_frame(products.products, PRODUCTS).sort("sku"), links, pictures, rejected, unread=unread)


def ingested_files(snapshot: Snapshot) -> dict[str, Path]:
    """The ingested files in `raw/`, by "products" and "reviews"."""
    candidates = {kind: [snapshot.raw / f"{kind}.{form}" for form in FORMS] for kind in ("products", "reviews")}
    return {kind: path for kind, paths in candidates.items() for path in paths if path.is_file()}


def read_map(path: Path) -> dict[str, Picture]:
    """The outcome of each image reference, as `ingest` wrote it; {} without such a file."""
    if not path.is_file():
        return {}
    pictures = [Picture(**json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return {picture.reference: picture for picture in pictures}


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSON Lines, atomically."""
    with whole_file(path) as handle:
        for row in rows:
            handle.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _result(snapshot: Snapshot, found: _Found) -> Result:
    rejected = found.rejected.sort(REJECTED.names())
    write_lines(snapshot.root / "catalog" / "rejected.jsonl", rejected.iter_rows(named=True))
    if rejected.height:
        say(f"warning: {rejected.height:,} unusable raw records, listed in catalog/rejected.jsonl")
    reviews = LinkTable(found.links.folder / "reviews.parquet")
    reviews.write(found.links)
    wanted = pl.concat([*reviews.references, references_in(found.products)]).unique().sort().alias("reference")
    known = _inside(snapshot.root, found.pictures).with_columns(pl.lit(True).alias("known"))
    images = wanted.to_frame().join(known, on="reference", how="left", maintain_order="left")
    unknown = pl.col("known").is_null()
    images = images.with_columns(pl.when(unknown).then(pl.lit("not fetched")).otherwise("error").alias("error"))
    unread = count_unread(found.products) + reviews.unread if found.crawled else found.unread
    if found.crawled and unread:
        say(f"warning: {unread:,} unreadable values of the shop are ignored (`unread` in `extra`)")
    counts = {
        "products": found.products.height,
        "reviews": reviews.reviews,
        "links": reviews.rows,
        "conflicts": reviews.conflicts,
        "rejected": rejected.height,
        "unread_values": unread,
        "images": images.height,
        "images_missing": images["path"].null_count(),
    }
    if out_of_range := count_out_of_range(found.products) + reviews.out_of_range:
        counts["out_of_range"] = out_of_range
        say(f"warning: {out_of_range:,} records have a number out of range, which is ignored")
    if found.crawled:
        counts["repeated_links"] = found.links.added - reviews.rows
    made: dict[str, pl.DataFrame | pl.LazyFrame | Path] = {
        "catalog/products": found.products,
        "catalog/reviews": reviews.path,
        "catalog/images": images.select(PICTURES.names()),
    }
    return Result(made, counts)


def _inside(root: Path, pictures: pl.DataFrame) -> pl.DataFrame:
    """Outcomes of pictures, without files outside of the snapshot, which records of other people may name."""
    paths = pictures["path"].drop_nulls().unique()
    strays = [path for path in paths if image_file(root, path) is None]
    if strays:
        say(f"warning: {len(strays):,} images lie outside of raw/images and are ignored (first: {strays[0]!r})")
    stray = pl.col("path").is_in(strays)
    return pictures.with_columns(
        path=pl.when(~stray).then("path"), error=pl.when(stray).then(pl.lit(OUTSIDE)).otherwise("error")
    )


STAGE = Stage(
    "catalog",
    compute,
    inputs=(),
    outputs=("catalog/products", "catalog/reviews", "catalog/images"),
    values=("crawl.shop",),
    # In the folder, archives count by content, other files by name and size; ingested files count by content.
    files=("raw", f"raw/{MAP}", *(f"raw/{kind}.{form}" for kind in ("products", "reviews") for form in FORMS)),
    made=("catalog/rejected.jsonl",),
)
