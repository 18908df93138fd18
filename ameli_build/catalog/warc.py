"""From the archive of a crawl to records: the pages of a product become one product, the latest answer counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from bs4.builder import ParserRejectedMarkup

from ameli_build.catalog.developer import parse_api_page
from ameli_build.catalog.pages import parse_product_page
from ameli_build.catalog.parsed import WrongPage
from ameli_build.catalog.reviews import parse_review_page
from ameli_build.catalog.urls import sku_of
from ameli_build.crawl.archive import Archived, read_archive
from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.records import Attribute, Picture, Product, Rejected, Review
from ameli_build.stages import Shard, Work

PARSED = "parse pages"
"""The label under which parsed shards are cached."""

SHARD_PAGES = 32
BATCH_SHARDS = 16
"""So many shards are held in memory at a time."""

_KINDS = ("page", "clicked", "reviews", "api")
_ROW = {"kind": pl.String, "fetched_at": pl.String, "record": pl.String}


@dataclass(slots=True)
class Crawled:
    """What the archive holds, gathered record by record."""

    pages: dict[str, tuple[str, Product]] = field(default_factory=dict)
    clicked: dict[str, tuple[str, Product]] = field(default_factory=dict)
    api: dict[str, tuple[str, Product]] = field(default_factory=dict)
    links: dict[tuple[str, str], tuple[str, Review]] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    repeated: int = 0
    """Rows of reviews that came again, since pages shift while they are fetched."""

    def products(self) -> list[Product]:
        """One product a SKU, from its latest page, its latest page after the click, and the developer API's latest."""
        views = (self.pages, self.clicked, self.api)
        skus = sorted({sku for found in views for sku in found})
        return [merged([found[sku][1] for found in views if sku in found]) for sku in skus]

    def reviews(self) -> list[Review]:
        """One review a link."""
        return [review for _, review in self.links.values()]


def read_crawl(raw: Path, work: Work) -> Crawled:
    """All records of the archive. Parsing is sharded, cached by content."""
    crawled = Crawled()
    for shards in _batches(_shards(_noting_pictures(raw, crawled))):
        for table in work.map(PARSED, parse_shard, shards):
            for kind, fetched_at, record in table.iter_rows():
                _gather(crawled, kind, fetched_at, json.loads(record))
    return crawled


def merged(pages: list[Product]) -> Product:
    """One record from the views of one product, the first of which is the page as served.

    Each field comes from the first view that has it; the specification rows from the view with most of them, and of
    views with equally many from the first with named groups.
    """
    first = pages[0]
    for other in pages[1:]:
        changes: dict[str, Any] = {
            name: getattr(other, name)
            for name in ("categories", "description", "images", "variants", "price")
            if not getattr(first, name)
        }
        mine, others = ((len(one.attributes), any(row.group for row in one.attributes)) for one in (first, other))
        if others > mine:
            changes["attributes"] = other.attributes
        extra = json.loads(other.extra) | json.loads(first.extra)
        changes["extra"] = json.dumps(extra, sort_keys=True, ensure_ascii=False)
        first = replace(first, **changes)
    return first


def parse_shard(pages: list[Archived]) -> pl.DataFrame:
    """The records in some answers, as rows of (kind, fetched_at, record as JSON)."""
    rows = [(kind, page.fetched_at, json.dumps(asdict(record))) for page in pages for kind, record in _parse(page)]
    return pl.DataFrame(rows, schema=_ROW, orient="row")


def _parse(page: Archived) -> Iterator[tuple[str, Product | Review | Rejected]]:
    source = f"{page.file}:{page.offset}"
    body = page.body or b""
    try:
        if page.kind == "reviews":
            sku = sku_of(page.url) or page.sku or ""
            found = parse_review_page(body, sku, source)
            yield from (("review", review) for review in found.reviews)
            yield from (("rejected", replace(rejected, file=page.file)) for rejected in found.rejected)
        elif page.kind == "api":
            told = parse_api_page(body, source)
            yield from (("api", replace(product, fetched_at=page.fetched_at)) for product in told.products)
            yield from (("rejected", replace(rejected, file=page.file)) for rejected in told.rejected)
        else:
            address = page.final_url if sku_of(page.final_url) else page.url
            product = parse_product_page(body, address, page.sku).product
            yield page.kind, replace(product, url=page.final_url, fetched_at=page.fetched_at, source=source)
    except (WrongPage, RecursionError, ParserRejectedMarkup) as error:
        yield "rejected", Rejected(page.file, 0, f"{page.kind}: {error}", page.url)


def _noting_pictures(raw: Path, crawled: Crawled) -> Iterator[Archived]:
    """The answers that are to be parsed; what came of images is noted on the way."""
    for page in read_archive(raw):
        if page.kind in _KINDS:
            yield page
        elif page.kind == "image":
            crawled.pictures[page.url] = Picture(page.url, page.path)
        elif page.kind == "failed" and page.wanted == "image":
            crawled.pictures.setdefault(page.url, Picture(page.url, None, page.error or "failed"))


def _shards(pages: Iterator[Archived]) -> Iterator[Shard]:
    code = module_fingerprint("ameli_build.catalog", "ameli_build.crawl.archive", "ameli_build.records")
    while some := list(islice(pages, SHARD_PAGES)):
        content = [[p.file, p.offset, p.kind, p.url, p.final_url, p.sku, p.digest, p.fetched_at] for p in some]
        yield Shard(fingerprint(content, code), some)


def _batches(shards: Iterable[Shard]) -> Iterator[list[Shard]]:
    iterator = iter(shards)
    while batch := list(islice(iterator, BATCH_SHARDS)):
        yield batch


def _gather(crawled: Crawled, kind: str, fetched_at: str, record: dict[str, Any]) -> None:
    if kind == "rejected":
        crawled.rejected.append(Rejected(**record))
    elif kind == "review":
        review = Review(**record | {"images": tuple(record["images"])})
        key = (review.review_id, review.sku)
        crawled.repeated += key in crawled.links
        if fetched_at >= crawled.links.get(key, ("", None))[0]:
            crawled.links[key] = (fetched_at, review)
    else:
        found = {"page": crawled.pages, "clicked": crawled.clicked, "api": crawled.api}[kind]
        product = _product(record)
        if fetched_at >= found.get(product.sku, ("", None))[0]:
            found[product.sku] = (fetched_at, product)


def _product(record: dict[str, Any]) -> Product:
    lists = {name: tuple(record[name]) for name in ("categories", "images", "variants")}
    return Product(**record | lists | {"attributes": tuple(Attribute(**row) for row in record["attributes"])})
