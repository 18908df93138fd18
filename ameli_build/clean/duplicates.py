"""A review seen twice: "some reviews are duplicated" (section 3.2).

The same text under another id is a copy, of which the earliest stays. Short texts ("Great product!") are written by
many people, so they are copies only when the product and the author agree too; an unknown author agrees with nobody.
"""

from __future__ import annotations

import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.reasons import Reason

SHORT_WORDS = 8
"""Texts of fewer words than this are short."""


def folded_text() -> pl.Expr:
    """The text in NFC with white space folded; the title where the text is blank."""
    blank = pl.col("text").str.strip_chars() == ""
    chosen = pl.when(blank).then(pl.col("title")).otherwise(pl.col("text"))
    return chosen.str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars(" ")


def find_duplicates(reviews: pl.DataFrame) -> pl.DataFrame:
    """`reviews` with `duplicate_of`: the id of the copy that stays, null for that one itself.

    Reads `review_id`, `sku`, `author`, `submitted_at`, `title` and `text`. The smallest (`submitted_at`, `review_id`)
    stays; an unknown time comes last.
    """
    keyed = reviews.select("review_id", "sku", "author", "submitted_at", folded=folded_text())
    short = keyed["folded"].str.count_matches(" ") < SHORT_WORDS - 1
    keyed = keyed.select(
        "review_id",
        "submitted_at",
        "folded",
        product=pl.when(short).then(pl.col("sku")),
        writer=pl.when(short).then(pl.col("author")),
        alone=pl.when(short & pl.col("author").is_null()).then(pl.col("review_id")),
    ).sort("submitted_at", "review_id", nulls_last=True)
    group = ("folded", "product", "writer", "alone")
    firsts = keyed.select("review_id", first=pl.col("review_id").first().over(group))
    copies = firsts.filter(pl.col("first") != pl.col("review_id")).rename({"first": "duplicate_of"})
    return reviews.join(copies, on="review_id", how="left", maintain_order="left")


def duplicate() -> Verdict:
    """Drop every copy but the earliest."""
    return Verdict(
        Reason.DUPLICATE,
        fails=pl.col("duplicate_of").is_not_null(),
        detail=pl.format("same text as review {}", pl.col("duplicate_of")),
        value=pl.col("duplicate_of"),
        threshold=pl.lit(""),
    )
