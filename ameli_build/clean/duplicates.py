"""Copies of reviews: "some reviews are duplicated" (section 3.2).

Reviews with the same text under different ids are copies, and the earliest stays. Many people write short texts such as
"Great product!", so short texts are copies only if product and author are the same too. Unknown authors differ from
each other.

Copies can be anywhere in the table. So a key of 64 bits is compared first, and then the SHA-256 of the texts of the few
reviews with equal keys.
"""

from __future__ import annotations

import hashlib

import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.reasons import Reason
from ameli_build.core.records import SHORT_WORDS, body_expr

_ENOUGH_WORDS = rf"^(?:[^ ]* ){{{SHORT_WORDS - 1}}}"
_ODD_SPACE = r"[\t-\r]"
_PLAIN = r"\x00-\x{84}\x{86}-\x{9f}\x{a1}-\x{2ff}\x{2010}-\x{2027}\x{1f000}-\x{1faff}"
"""Characters that NFC does not change next to any other character; outside ASCII, without white space."""

IDENTITY = pl.Schema({"review_id": pl.String, "submitted_at": pl.String, "same": pl.Binary})
"""Columns of `identities`. Reviews with equal `same` are copies of each other."""


def folded_text(reviews: pl.DataFrame) -> pl.Series:
    """The texts in NFC with white space folded; titles for blank texts."""
    chosen = reviews.select(text=body_expr())["text"]
    odd = _needs_folding(chosen)
    folded = chosen.filter(odd).str.normalize("NFC").str.replace_all(r"\s{2,}|[^\S ]", " ").str.strip_chars(" ")
    return chosen.scatter(odd.arg_true(), folded) if len(folded) else chosen


def _needs_folding(texts: pl.Series) -> pl.Series:
    """Mask of the texts that folding can change. Folding takes a hundred times as long as this test."""
    spaced = texts.str.contains("  ", literal=True) | texts.str.starts_with(" ") | texts.str.ends_with(" ")
    odd = spaced | texts.str.contains(_ODD_SPACE)
    wide = (texts.str.len_bytes() != texts.str.len_chars()).arg_true()
    return odd.scatter(wide, odd[wide] | texts[wide].str.contains(f"[^{_PLAIN}]"))


def duplicate_keys(reviews: pl.DataFrame) -> pl.Series:
    """A number for each review that is equal for copies and different for almost all other reviews.

    Args:
        reviews: Table with the columns `sku`, `author`, `title` and `text`.

    Returns:
        The numbers, null for a review that can have no copies.
    """
    folded = folded_text(reviews)
    short = ~folded.str.contains(_ENOUGH_WORDS)
    written = folded.hash(0) ^ reviews["sku"].hash(1) ^ reviews["author"].hash(2)
    keys = pl.when(~short).then(folded.hash(0)).when(pl.col("author").is_not_null()).then(written)
    return reviews.select(key=keys)["key"]


def identities(reviews: pl.DataFrame) -> pl.DataFrame:
    """Digests that are equal for copies only.

    Args:
        reviews: Table with the columns `review_id` and `submitted_at` and those of `duplicate_keys`.

    Returns:
        The columns of `IDENTITY`, without reviews that can have no copies.
    """
    folded = folded_text(reviews)
    short = ~folded.str.contains(_ENOUGH_WORDS)
    rows = reviews.select("review_id", "submitted_at", "sku", "author", folded=folded, short=short)
    rows = rows.filter(pl.col("short").not_() | pl.col("author").is_not_null())
    same = [
        hashlib.sha256("\0".join(("short", text, sku, author) if short else ("long", text)).encode()).digest()
        for text, sku, author, short in rows.select("folded", "sku", "author", "short").iter_rows()
    ]
    return rows.select("review_id", "submitted_at", same=pl.Series(same, dtype=pl.Binary))


def copies(known: pl.DataFrame) -> pl.DataFrame:
    """The copies among reviews, except the earliest of each group, which stays.

    Args:
        known: Result of `identities`. Reviews are sorted by `submitted_at`, unknown times last, and `review_id`.

    Returns:
        `review_id` of each copy, and `duplicate_of`, the id of the review that stays.
    """
    first = pl.col("review_id").first().over("same")
    ordered = known.sort("submitted_at", "review_id", nulls_last=True)
    return ordered.select("review_id", duplicate_of=first).filter(pl.col("duplicate_of") != pl.col("review_id"))


def shared(keys: pl.Series) -> pl.Series:
    """Mask of the keys that occur more than once."""
    return keys.is_duplicated() & keys.is_not_null()


def duplicate() -> Verdict:
    """Drop all copies except the earliest."""
    return Verdict(
        Reason.DUPLICATE,
        fails=pl.col("duplicate_of").is_not_null(),
        detail=pl.format("same text as review {}", pl.col("duplicate_of")),
        value=pl.col("duplicate_of"),
        threshold=pl.lit(""),
    )
