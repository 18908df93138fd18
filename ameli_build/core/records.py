"""Records, products and reviews, and the tables that hold them.

The fields of `Product` and `Review` are the only list of columns. Each has its meaning, and whether the release shows
it: the tables of the catalogue and of the release, the reader of raw records, the JSON Schemas and `docs/ingest.md`
follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from types import NoneType
from typing import Annotated, Any, get_args, get_type_hints

import polars as pl

UNREADABLE = "(unreadable)"
"""The `product_details_sku` of a review about another variant, which the shop names without a SKU.

No product has this SKU, so the link is invalid (section 3.2, filter 4) and the review cannot be relinked.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """The meaning of a field, for `docs/ingest.md` and for the JSON Schemas of the release.

    Args:
        meaning: One sentence or less, without a full stop.
        released: The release has the field as a column.
    """

    meaning: str
    released: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """A row of a product's specification sheet."""

    group: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Product:
    """An entity of the knowledge base: a variant with its own SKU (section 3.1).

    `source` is the place of the record in its file. `extra` has the source's unknown fields as a JSON object.
    """

    sku: Annotated[str, Column("required", released=True)]
    name: Annotated[str, Column("required", released=True)]
    categories: Annotated[tuple[str, ...], Column("required, may be empty; root first", released=True)]
    description: Annotated[str, Column("the shop's paragraph about the product", released=True)] = ""
    attributes: Annotated[tuple[Attribute, ...], Column("the specification sheet", released=True)] = ()
    images: Annotated[
        tuple[str, ...],
        Column(
            "paths below `--images`, or URLs; a product without a usable picture is dropped",
            released=True,
        ),
    ] = ()
    url: Annotated[str | None, Column("the page of the product")] = None
    variants: Annotated[tuple[str, ...], Column("SKUs of the other variants")] = ()
    price: Annotated[float | None, Column("the price of a new product")] = None
    fetched_at: Annotated[str | None, Column("the time of the download")] = None
    source: str = ""
    extra: str = "{}"


@dataclass(frozen=True, slots=True)
class Review:
    """One link of a review to a product whose page lists it (section 3.1).

    `product_details_sku` is None if the shop names no variant, which means `sku` itself, and `UNREADABLE` if the shop
    names a variant without a SKU. `conflict` is set if the shop's two keys of the variant contradict each other.
    `source` is the place of the record in its file. `extra` has the source's unknown fields as a JSON object.
    """

    review_id: Annotated[str, Column("required", released=True)]
    sku: Annotated[str, Column("required: the product whose page lists the review", released=True)]
    title: Annotated[str, Column("the headline", released=True)] = ""
    text: Annotated[str, Column("the body", released=True)] = ""
    rating: Annotated[int | None, Column("stars")] = None
    helpful: Annotated[int, Column('votes, 0 by default; `"1,024"` is accepted, `"many"` is not')] = 0
    unhelpful: Annotated[int, Column("votes, 0 by default")] = 0
    images: Annotated[
        tuple[str, ...],
        Column("paths or URLs; a review without a usable photograph is dropped", released=True),
    ] = ()
    product_details_sku: Annotated[str | None, Column("the reviewed variant; by default `sku`")] = None
    author: Annotated[str | None, Column("the name of the author, which is never released")] = None
    submitted_at: Annotated[str | None, Column("the time of the review")] = None
    conflict: bool = False
    source: str = ""
    extra: str = "{}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A raw line or response that is not a usable record; `line` counts from 1, and is 0 for a response."""

    file: str
    line: int
    error: str
    record: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The outcome of an image reference: `path` is `raw/images/<sha256>.<ext>`, None without a body."""

    reference: str
    path: str | None
    error: str | None = None


ATTRIBUTES: pl.DataType = pl.List(pl.Struct(get_type_hints(Attribute)))

_TYPES: Mapping[Any, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    tuple[str, ...]: pl.List(pl.String()),
    tuple[Attribute, ...]: ATTRIBUTES,
}
"""The type of a column by the type of its field, which can be optional."""


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of a record: the type of its values, and None for `column` if only this package fills it."""

    name: str
    kind: Any
    optional: bool
    column: Column | None


@cache
def fields_of(record: type) -> tuple[RecordField, ...]:
    """The fields of a record, in the order of its columns."""
    return tuple(_field(name, hint) for name, hint in get_type_hints(record, include_extras=True).items())


def _field(name: str, hint: Any) -> RecordField:
    notes: tuple[Any, ...] = getattr(hint, "__metadata__", ())
    kind = get_args(hint)[0] if notes else hint
    several = get_args(kind)
    optional = NoneType in several
    return RecordField(name, several[0] if optional else kind, optional, notes[0] if notes else None)


def released(record: type) -> dict[str, Column]:
    """The fields of a record that the release has as columns."""
    columns = {field.name: field.column for field in fields_of(record)}
    return {name: column for name, column in columns.items() if column is not None and column.released}


def _schema(record: type) -> pl.Schema:
    return pl.Schema({field.name: _TYPES[field.kind] for field in fields_of(record)})


PRODUCTS = _schema(Product)
"""Columns of `catalog/products.parquet`, sorted by `sku`."""

REVIEWS = _schema(Review)
"""Columns of `catalog/reviews.parquet`: one row a link, sorted by `review_id`, `sku`."""

PICTURES = _schema(Picture)
"""Columns of `catalog/images.parquet`: one row an image reference, sorted by `reference`."""

REJECTED = _schema(Rejected)
"""Columns of unusable records."""


def to_frame(records: Iterable[Product | Review | Picture], schema: pl.Schema) -> pl.DataFrame:
    """Records as a table with the columns of `schema`."""
    return pl.DataFrame([asdict(record) for record in records], schema=schema, orient="row")


def joined_text(title: str, text: str) -> str:
    """The text for models and mention offsets: `title + ". " + text`, or `text` if the title is blank."""
    return f"{title}. {text}" if title.strip() else text


SHORT_WORDS = 8
"""Many people write the same text of fewer words ("Great product!"), so it is no copy."""


def body_expr() -> pl.Expr:
    """A review's text, or its title if the text is blank, from the columns `title` and `text`."""
    blank = pl.col("text").str.strip_chars() == ""
    return pl.when(blank).then("title").otherwise("text")


def joined_text_expr() -> pl.Expr:
    """`joined_text` of the columns `title` and `text`."""
    blank = pl.col("title").str.strip_chars() == ""
    return pl.when(blank).then(pl.col("text")).otherwise(pl.concat_str("title", pl.lit(". "), "text"))
