"""From the archive of a crawl to records: the pages of a product are merged, and the latest response counts."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.archive.framing import record_members, tell_damage
from ameli_build.archive.records import Archived, parse
from ameli_build.catalog.links import Links
from ameli_build.core.cache import Shard, Work
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.records import (
    PICTURES,
    PRODUCTS,
    REJECTED,
    REVIEWS,
    Attribute,
    Product,
    Rejected,
    Review,
    to_frame,
)
from ameli_build.shops import shop_named
from ameli_build.shops.base import Shop, error_text
from ameli_build.wording.charsets import in_utf8

PARSED = "parse pages"
"""Label of parsed shards in the cache."""

SHARD_PAGES = 32

_VIEWS = ("page", "clicked", "api")
"""Kinds of responses that show a product, in the order in which `merged` uses them."""
_KINDS = (*_VIEWS, "reviews")
_PRODUCTS_AT_A_TIME = 1 << 11
_PICTURES_AT_A_TIME = 1 << 16

_PARSED = pl.Schema(
    {
        "kind": pl.String(),
        "seen_at": pl.String(),
        "product": pl.Struct(PRODUCTS),
        "review": pl.Struct(REVIEWS),
        "rejected": pl.Struct(REJECTED),
    }
)
"""Columns of a parsed shard: a row for each record, in the column of its type."""

Place = tuple[str, int, int]
"""A record of the archive: its file in `raw/`, its first byte and the byte after its last."""


@dataclass(slots=True)
class Crawled:
    """The content of the archive as tables, collected shard by shard."""

    links: Links
    views: list[pl.DataFrame] = field(default_factory=list)
    pictures: list[pl.DataFrame] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)

    def add(self, parsed: pl.DataFrame) -> None:
        """Add the records of the next shard."""
        self.links.add(_of_kind(parsed, ["review"], "review"))
        self.views.append(_of_kind(parsed, _VIEWS, "product", "kind"))
        self.rejected.append(_of_kind(parsed, ["rejected"], "rejected"))

    def products(self) -> pl.DataFrame:
        """A product for each SKU, from the latest page, the latest page after the click and the latest API response."""
        rank = pl.col("kind").replace_strict({kind: rank for rank, kind in enumerate(_VIEWS)}, return_dtype=pl.Int8)
        views = pl.concat(self.views).with_columns(rank.alias("rank"))
        views = views.sort("sku", "rank", "seen_at", maintain_order=True).unique(
            ["sku", "rank"], keep="last", maintain_order=True
        )
        alone = pl.len().over("sku") == 1
        several = views.filter(~alone).select(PRODUCTS.names())
        made = [views.filter(alone).select(PRODUCTS.names()), *_merged_views(several)]
        return pl.concat(made).sort("sku")

    def known_pictures(self) -> pl.DataFrame:
        """The outcome of each picture: its last success, else its first failure."""
        pictures = pl.concat([pl.DataFrame(schema=_PICTURE_ROW), *self.pictures])
        came = pictures.filter("came").unique("reference", keep="last", maintain_order=True)
        failed = pictures.filter(~pl.col("came")).unique("reference", keep="first", maintain_order=True)
        return pl.concat([came, failed.join(came, on="reference", how="anti")]).select(PICTURES.names())


_PICTURE_ROW = pl.Schema({**PICTURES, "came": pl.Boolean()})


def read_crawl(raw: Path, work: Work, shop: str) -> Crawled:
    """All records of the archive of a crawl of `shop`. Parsing is sharded, and cached by content."""
    crawled = Crawled(Links(work.scratch / "links"))
    shards = list(_shards(raw, shop, _noting_pictures(raw, crawled, work.scratch / "archive")))
    for table in work.stream(PARSED, parse_shard, shards, unit="pages"):
        crawled.add(table)
    return crawled


def _of_kind(parsed: pl.DataFrame, kinds: Sequence[str], column: str, *more: str) -> pl.DataFrame:
    return parsed.filter(pl.col("kind").is_in(kinds)).select("seen_at", *more, pl.col(column).struct.unnest())


def _merged_views(views: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """A row for each product, from two or more views each; the views of a product are adjacent."""
    groups = views.partition_by("sku", maintain_order=True)
    for start in range(0, len(groups), _PRODUCTS_AT_A_TIME):
        part = groups[start : start + _PRODUCTS_AT_A_TIME]
        yield to_frame((merged([_product(row) for row in group.iter_rows(named=True)]) for group in part), PRODUCTS)


_OF_ONE_VIEW = ("sku", "name", "attributes", "url", "fetched_at", "source", "extra")
_OF_ANY_VIEW = tuple(name for name in PRODUCTS if name not in _OF_ONE_VIEW)
"""Fields of a product that any view can fill."""


def merged(pages: list[Product]) -> Product:
    """A record from the views of a product, of which the first is the page as served.

    Each field comes from the first view that has it. The specification rows come from the view with most rows, and at
    equal numbers from the first with named groups.
    """
    first = pages[0]
    for other in pages[1:]:
        changes: dict[str, Any] = {name: getattr(other, name) for name in _OF_ANY_VIEW if not getattr(first, name)}
        mine, others = ((len(view.attributes), any(row.group for row in view.attributes)) for view in (first, other))
        if others > mine:
            changes["attributes"] = other.attributes
        extra = json.loads(other.extra) | json.loads(first.extra)
        changes["extra"] = json.dumps(extra, sort_keys=True, ensure_ascii=False)
        first = replace(first, **changes)
    return first


def parse_shard(payload: tuple[Path, str, list[Place]]) -> pl.DataFrame:
    """The records in some responses of the archive.

    Args:
        payload: The folder `raw/`, the name of the shop, and the places of the responses.
    """
    raw, name, places = payload
    shop = shop_named(name)
    columns: dict[str, list[Any]] = {name: [] for name in _PARSED}
    for page in _answers(raw, places):
        found = [("rejected", page)] if isinstance(page, Rejected) else _parse(page, shop)
        for kind, record in found:
            columns["kind"].append(kind)
            columns["seen_at"].append("" if isinstance(page, Rejected) else page.fetched_at)
            for name, wanted in (("product", Product), ("review", Review), ("rejected", Rejected)):
                columns[name].append(_as_row(record) if isinstance(record, wanted) else None)
    return pl.DataFrame(columns, schema=_PARSED)


def _as_row(record: Product | Review | Rejected) -> dict[str, Any]:
    """A record as a dictionary. Unlike `asdict`, which would take longer than parsing a review, it copies nothing."""
    row = {name: getattr(record, name) for name in record.__dataclass_fields__}
    if isinstance(record, Product):
        row["attributes"] = [
            {"group": attribute.group, "name": attribute.name, "value": attribute.value}
            for attribute in record.attributes
        ]
    return row


def _answers(raw: Path, places: Iterable[Place]) -> Iterator[Archived | Rejected]:
    for file, start, end in places:
        with (raw / file).open("rb") as handle:
            handle.seek(start)
            page = parse(zlib.decompress(handle.read(end - start), 31), Path(file).name, start)
        yield page or Rejected(Path(file).name, 0, f"the record at byte {start} cannot be read", "")


def _parse(page: Archived, shop: Shop) -> Iterator[tuple[str, Product | Review | Rejected]]:
    source = f"{page.file}:{page.offset}"
    body = in_utf8(page.body or b"", page.headers.get("content-type", ""))
    try:
        if page.kind == "reviews":
            found = shop.review_page(body, shop.sku_of(page.url) or page.sku or "", source)
            yield from (("review", review) for review in found.reviews)
            yield from (("rejected", replace(rejected, file=page.file)) for rejected in found.rejected)
        elif page.kind == "api" and shop.api is not None:
            parsed = shop.api.parse(body, source)
            yield from (("api", replace(product, fetched_at=page.fetched_at)) for product in parsed.products)
            yield from (("rejected", replace(rejected, file=page.file)) for rejected in parsed.rejected)
        else:
            address, sku = shop.page_named(page.url, page.final_url, page.sku)
            product = shop.product_page(body, address, sku).product
            yield page.kind, replace(product, url=page.final_url, fetched_at=page.fetched_at, source=source)
    except Exception as error:  # a page that breaks its parser must not stop the others
        yield "rejected", Rejected(page.file, 0, f"{page.kind}: {error_text(error)}", page.url)


def _noting_pictures(raw: Path, crawled: Crawled, copies: Path) -> Iterator[tuple[Place, Archived]]:
    """The responses to parse, without their bodies; adds the outcomes of images to `crawled`."""
    noted: list[tuple[str, str | None, str | None, bool]] = []
    copies.mkdir(parents=True, exist_ok=True)
    for path in sorted(raw.glob("*.warc.gz")):
        for file, (start, end, data) in record_members(path, copies, partial(_note_damage, crawled)):
            page = parse(data, path.name, start, with_body=False)
            if page is None:
                continue
            if page.kind in _KINDS:
                yield (path.name if file == path else str(file.resolve()), start, end), page
            elif page.kind == "image":
                noted.append((page.url, page.path, None, True))
            elif page.kind == "failed" and page.wanted == "image":
                noted.append((page.url, None, page.error or "failed", False))
            if len(noted) == _PICTURES_AT_A_TIME:
                crawled.pictures.append(pl.DataFrame(noted, schema=_PICTURE_ROW, orient="row"))
                noted = []
    crawled.pictures.append(pl.DataFrame(noted, schema=_PICTURE_ROW, orient="row"))


def _note_damage(crawled: Crawled, path: Path, start: int, why: str) -> None:
    tell_damage(path, start, why)
    crawled.rejected.append(
        pl.DataFrame([(path.name, 0, f"the record at byte {start} is damaged ({why})", "")], REJECTED, orient="row")
    )


def _shards(raw: Path, shop: str, pages: Iterator[tuple[Place, Archived]]) -> Iterator[Shard]:
    while part := list(islice(pages, SHARD_PAGES)):
        content = [[p.file, p.offset, p.kind, p.url, p.final_url, p.sku, p.digest, p.fetched_at] for _, p in part]
        yield Shard(fingerprint(shop, content), (raw, shop, [place for place, _ in part]), len(part))


def _product(record: dict[str, Any]) -> Product:
    lists = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
    return Product(**record | lists | {"attributes": tuple(Attribute(**row) for row in record["attributes"])})
