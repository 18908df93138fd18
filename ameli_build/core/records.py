"""What a record is: products, reviews, and the tables that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import get_type_hints

import polars as pl

UNREADABLE = "(unreadable)"
"""The `product_details_sku` of a review that is about another variant which the shop names without a SKU.

No product has this SKU, so the link is invalid (section 3.2, filter 4) and the review cannot be linked anew.
"""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row of a product's specification sheet."""

    group: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Product:
    """One entity of the knowledge base: a variant with its own SKU (section 3.1).

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
    """A raw line or response that is not a usable record; `line` counts from 1, 0 where there are no lines."""

    file: str
    line: int
    error: str
    record: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What became of one image reference: `path` is `raw/images/<sha256>.<ext>`, None where no body came."""

    reference: str
    path: str | None
    error: str | None = None


ATTRIBUTES: pl.DataType = pl.List(pl.Struct(get_type_hints(Attribute)))

PRODUCTS = pl.Schema({**get_type_hints(Product), "attributes": ATTRIBUTES})
"""Columns of `catalog/products.parquet`, sorted by `sku`."""

REVIEWS = pl.Schema(get_type_hints(Review))
"""Columns of `catalog/reviews.parquet`: one row a link, sorted by `review_id`, `sku`."""

PICTURES = pl.Schema(get_type_hints(Picture))
"""Columns of `catalog/images.parquet`: one row an image reference, sorted by `reference`."""

REJECTED = pl.Schema(get_type_hints(Rejected))
"""Columns of unusable records."""


def to_frame(records: Iterable[Product | Review | Picture], schema: pl.Schema) -> pl.DataFrame:
    """Records as a table with the columns of `schema`."""
    return pl.DataFrame([asdict(record) for record in records], schema=schema, orient="row")


def joined_text(title: str, text: str) -> str:
    """The text that models see and that mention offsets count in: `title + ". " + text`, `text` for a blank title."""
    return f"{title}. {text}" if title.strip() else text


SHORT_WORDS = 8
"""Texts of fewer words ("Great product!") are written by many people: equal or alike, they are no copies."""


def body_expr() -> pl.Expr:
    """A review's text, its title where that is blank, over the columns `title` and `text` of a table."""
    blank = pl.col("text").str.strip_chars() == ""
    return pl.when(blank).then("title").otherwise("text")


def joined_text_expr() -> pl.Expr:
    """`joined_text` over the columns `title` and `text` of a table."""
    blank = pl.col("title").str.strip_chars() == ""
    return pl.when(blank).then(pl.col("text")).otherwise(pl.concat_str("title", pl.lit(". "), "text"))
