"""What a record is: products, reviews, and the tables that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import polars as pl

UNREADABLE = "(unreadable)"
"""The `product_details_sku` of a review about another variant, which the shop names without a SKU.

No product has this SKU, so the link is invalid (section 3.2, filter 4) and the review cannot be relinked.
"""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A row of a product's specification sheet."""

    group: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Product:
    """An entity of the knowledge base: a variant with its own SKU (section 3.1).

    `images` are references as the source gave them: URLs, or paths below the images folder.
    `extra` holds the source's unknown fields as a JSON object; `source` says where the record stood.
    """

    sku: str
    name: str
    categories: tuple[str, ...]
    description: str = ""
    attributes: tuple[Attribute, ...] = ()
    images: tuple[str, ...] = ()
    url: str | None = None
    variants: tuple[str, ...] = ()
    price: float | None = None
    fetched_at: str | None = None
    source: str = ""
    extra: str = "{}"


@dataclass(frozen=True, slots=True)
class Review:
    """One link of a review to a product it was listed under (section 3.1).

    `sku` is the product whose page listed it; `product_details_sku` the variant that the shop says it is about:
    None when the shop says nothing, which means `sku` itself, and `UNREADABLE` when the shop's words hold no SKU.
    `conflict` is set where the shop's two keys of the variant contradict each other.
    """

    review_id: str
    sku: str
    title: str = ""
    text: str = ""
    rating: int | None = None
    helpful: int = 0
    unhelpful: int = 0
    images: tuple[str, ...] = ()
    product_details_sku: str | None = None
    author: str | None = None
    submitted_at: str | None = None
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


ATTRIBUTES: pl.DataType = pl.List(pl.Struct({"group": pl.String(), "name": pl.String(), "value": pl.String()}))

PRODUCTS = pl.Schema(
    {
        "sku": pl.String(),
        "name": pl.String(),
        "categories": pl.List(pl.String()),
        "description": pl.String(),
        "attributes": ATTRIBUTES,
        "images": pl.List(pl.String()),
        "url": pl.String(),
        "variants": pl.List(pl.String()),
        "price": pl.Float64(),
        "fetched_at": pl.String(),
        "source": pl.String(),
        "extra": pl.String(),
    }
)
"""Columns of `catalog/products.parquet`, sorted by `sku`."""

REVIEWS = pl.Schema(
    {
        "review_id": pl.String(),
        "sku": pl.String(),
        "title": pl.String(),
        "text": pl.String(),
        "rating": pl.Int64(),
        "helpful": pl.Int64(),
        "unhelpful": pl.Int64(),
        "images": pl.List(pl.String()),
        "product_details_sku": pl.String(),
        "author": pl.String(),
        "submitted_at": pl.String(),
        "conflict": pl.Boolean(),
        "source": pl.String(),
        "extra": pl.String(),
    }
)
"""Columns of `catalog/reviews.parquet`: one row a link, sorted by `review_id`, `sku`."""

PICTURES = pl.Schema({"reference": pl.String(), "path": pl.String(), "error": pl.String()})
"""Columns of `catalog/images.parquet`: one row an image reference, sorted by `reference`."""


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
