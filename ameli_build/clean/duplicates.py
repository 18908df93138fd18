"""A review seen twice: "some reviews are duplicated" (section 3.2).

The same text under another id is a copy, of which the earliest stays. Short texts ("Great product!") are written by
many people, so they are copies only when the product and the author agree too; an unknown author agrees with nobody.

Copies can stand anywhere in the table, so a narrow key of each review is compared first, and of the few reviews whose
keys agree the texts themselves, as SHA-256.
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
"""Characters that NFC leaves alone whatever stands beside them, and of those outside ASCII no white space."""

IDENTITY = pl.Schema({"review_id": pl.String, "submitted_at": pl.String, "same": pl.Binary})
"""Reviews of equal `same` are copies of each other."""


def folded_text(reviews: pl.DataFrame) -> pl.Series:
    """The text in NFC with white space folded; the title where the text is blank."""
    chosen = reviews.select(text=body_expr())["text"]
    odd = _needs_folding(chosen)
    folded = chosen.filter(odd).str.normalize("NFC").str.replace_all(r"\s{2,}|[^\S ]", " ").str.strip_chars(" ")
    return chosen.scatter(odd.arg_true(), folded) if len(folded) else chosen


def _needs_folding(texts: pl.Series) -> pl.Series:
    """Where folding could change a text; folding costs a hundred times as much as this look."""
    spaced = texts.str.contains("  ", literal=True) | texts.str.starts_with(" ") | texts.str.ends_with(" ")
    odd = spaced | texts.str.contains(_ODD_SPACE)
    wide = (texts.str.len_bytes() != texts.str.len_chars()).arg_true()
    return odd.scatter(wide, odd[wide] | texts[wide].str.contains(f"[^{_PLAIN}]"))


def duplicate_keys(reviews: pl.DataFrame) -> pl.Series:
    """For each review a number that it shares with its copies and hardly another; null where it can have none.

    Reads `sku`, `author`, `title` and `text`.
    """
    folded = folded_text(reviews)
    short = ~folded.str.contains(_ENOUGH_WORDS)
    written = folded.hash(0) ^ reviews["sku"].hash(1) ^ reviews["author"].hash(2)
    told = pl.when(~short).then(folded.hash(0)).when(pl.col("author").is_not_null()).then(written)
    return reviews.select(key=told)["key"]


def identities(reviews: pl.DataFrame) -> pl.DataFrame:
    """What tells whether reviews are copies, in the columns of `IDENTITY`; reviews that can have no copy left out.

    Reads `review_id`, `submitted_at` and what `duplicate_keys` reads.
    """
    folded = folded_text(reviews)
    short = ~folded.str.contains(_ENOUGH_WORDS)
    told = reviews.select("review_id", "submitted_at", "sku", "author", folded=folded, short=short)
    told = told.filter(pl.col("short").not_() | pl.col("author").is_not_null())
    same = [
        hashlib.sha256("\0".join(("short", text, sku, author) if short else ("long", text)).encode()).digest()
        for text, sku, author, short in told.select("folded", "sku", "author", "short").iter_rows()
    ]
    return told.select("review_id", "submitted_at", same=pl.Series(same, dtype=pl.Binary))


def copies(known: pl.DataFrame) -> pl.DataFrame:
    """The copies among `identities`: `review_id` and `duplicate_of`, the id of the one that stays.

    The smallest (`submitted_at`, `review_id`) stays; an unknown time comes last.
    """
    first = pl.col("review_id").first().over("same")
    ordered = known.sort("submitted_at", "review_id", nulls_last=True)
    return ordered.select("review_id", duplicate_of=first).filter(pl.col("duplicate_of") != pl.col("review_id"))


def shared(keys: pl.Series) -> pl.Series:
    """Where a key stands more than once."""
    return keys.is_duplicated() & keys.is_not_null()


def duplicate() -> Verdict:
    """Drop every copy but the earliest."""
    return Verdict(
        Reason.DUPLICATE,
        fails=pl.col("duplicate_of").is_not_null(),
        detail=pl.format("same text as review {}", pl.col("duplicate_of")),
        value=pl.col("duplicate_of"),
        threshold=pl.lit(""),
    )
